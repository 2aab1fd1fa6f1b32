/** What a call's state means to the person looking at it: pure functions over a CallSession. */

import { t } from "../frame/lib/text.js";

/** @typedef {{title: string, text: string, quiet?: boolean, action?: string}} Banner */

/**
 * What of a CallSession its banner depends on.
 * @typedef {{call: Pick<Call, "state" | "resume_asked">, side: Side, peerName: string, link: {state: string},
 *   meter: Meter | null, offline: boolean}} Lived
 */

/**
 * For the banner over the picture, or null when the call simply runs.
 * @param {Lived} session
 * @returns {Banner | null}
 */
export function bannerOf({ call, side, peerName: name, link, meter, offline }) {
  if (link.state === "closed") {
    return { title: t("You left the call"), text: t("The server is told as soon as it can be reached. Nothing more is charged.") };
  }
  if (offline && link.state === "connected") {
    return { quiet: true, title: t("No line to the server"), text: t("Talk on. The figures stand still until it is back.") };
  }
  switch (call.state) {
    case "connecting":
      return { title: t("Connecting…"), text: t("Nothing is charged before both of you are connected.") };
    case "interrupted":
      return link.state === "connected"
        ? { title: t("Waiting for {name}", { name }), text: t("{name} lost the connection. Nothing is charged while you wait.", { name }) }
        : { title: t("Your connection was lost"), text: t("Reconnecting by itself. Nothing is charged meanwhile.") };
    case "on_hold":
      return side === "client"
        ? { title: t("Your balance is used up"), text: t("The call is on hold and nothing is charged. Add money to go on.") }
        : { title: t("{name}’s balance is used up", { name }), text: t("The call is on hold while {name} can add money.", { name }) };
    case "paused":
      return pausedBanner(call, side, name);
    default:
      if (link.state === "reconnecting") {
        return { title: t("Your connection was lost"), text: t("Reconnecting by itself. Nothing is charged meanwhile.") };
      }
      return link.state === "connecting" && !meter?.seconds
        ? { title: t("Connecting…"), text: t("Nothing is charged before both of you are connected.") }
        : null;
  }
}

/**
 * Talk goes on, so it stays out of the picture (`quiet`); `action` is what this side can press.
 * @param {Pick<Call, "resume_asked">} call
 * @param {Side} side
 * @param {string} name
 * @returns {Banner}
 */
function pausedBanner(call, side, name) {
  const free = t("Talk on: this time is not charged.");
  if (side === "provider") {
    return call.resume_asked
      ? { quiet: true, title: t("The clock is paused"), text: t("Waiting for {name} to agree that it runs again.", { name }) }
      : { quiet: true, title: t("The clock is paused"), text: free, action: t("Let it run again") };
  }
  return call.resume_asked
    ? {
        quiet: true,
        title: t("Let the clock run again?"),
        text: t("{name} asks for it. Until you agree, nothing is charged.", { name }),
        action: t("Agree, charge again"),
      }
    : { quiet: true, title: t("{name} paused the clock", { name }), text: free };
}

/**
 * Why a call is over, from the point of view of `side`.
 * @param {string | null} reason
 * @param {Side} side
 * @param {string} name of the other person
 */
export function reasonText(reason, side, name) {
  const mine = side === "client" ? "client" : "provider";
  if (reason === `${mine}_hung_up`) return t("You hung up.");
  /** @type {Record<string, string>} */
  const words = {
    client_hung_up: t("{name} hung up.", { name }),
    provider_hung_up: t("{name} hung up.", { name }),
    balance_exhausted: t("The balance was used up."),
    media_lost: t("The connection was lost and did not come back in time."),
    spend_cap: t("The spending limit of this call was reached."),
    operator_ended: t("The operator ended the call."),
    server_lost: t("A server failed. Nothing after its last proven second is charged."),
    answered: t("Answered in another window."),
    declined: t("{name} declined the call.", { name }),
    no_answer: side === "client" ? t("{name} did not answer.", { name }) : t("You did not answer in time."),
    cancelled: side === "client" ? t("You cancelled the call.") : t("{name} stopped calling.", { name }),
    failed: t("The call could not be connected."),
  };
  return words[reason ?? ""] ?? t("The call is over.");
}

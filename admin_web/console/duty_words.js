/** What a provider's duty is called, with since when and why it is over: pure. */

import { t } from "../frame/lib/text.js";

/** @param {Duty} duty */
export function dutyWord(duty) {
  return { on_duty: t("On duty"), busy: t("In a call"), off_duty: t("Off duty") }[duty];
}

/**
 * Why nobody can call.
 * @param {string | null | undefined} reason
 * @param {string | null} since the time in words, or null when duty never was on
 */
export function offDutyText(reason, since) {
  const hint = t("Nobody can call you. Switch it on when you are ready.");
  if (since === null) return hint;
  return reason === "pages_closed"
    ? t("Off duty since {time}: every page of this site was closed. {hint}", { time: since, hint })
    : t("Off duty since {time}. {hint}", { time: since, hint });
}

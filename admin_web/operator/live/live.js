/**
 * The operator's live sessions: a snapshot every second over the WebSocket.
 *
 * Only what changed is touched, and screen readers hear of calls that begin and end, not of every second.
 */
import { get } from "../../frame/lib/api.js";
import { charge, money } from "../../frame/lib/money.js";
import { messageOf } from "../../frame/lib/problem.js";
import { Socket } from "../../frame/lib/socket.js";
import { clock, formatTime } from "../../frame/lib/time.js";
import { $, copyOf, el, pageData, setText } from "../../frame/lib/elements.js";
import { t, tn } from "../../frame/lib/text.js";
import { announce, confirmDialog, setBusy, toast } from "../../frame/lib/ui.js";

/** @type {Record<string, [text: string, tone: string]>} */
const STATES = {
  opening: [t("Opening"), "badge-info"],
  ringing: [t("Ringing"), "badge-info"],
  connecting: [t("Connecting"), "badge-info"],
  live: [t("Live"), "badge-ok"],
  interrupted: [t("Interrupted"), "badge-warn"],
  paused: [t("Clock paused"), "badge-warn"],
  on_hold: [t("On hold"), "badge-warn"],
};
const SOME_LOSS = 0.01;
const BAD_LOSS = 0.05;
const STALE_MS = 5_000;

const table = $("#live");
const body = $("tbody", table);
/** @type {Map<string, HTMLElement>} */
const rows = new Map();
const socket = new Socket();
let heardAt = 0;

/** @param {number} bps */
function bitrate(bps) {
  return bps >= 1_000_000 ? `${(bps / 1_000_000).toFixed(1)} Mbit/s` : `${Math.round(bps / 1000)} kbit/s`;
}

/** What a side sends and how much of it is lost on the way in and out. @param {HTMLElement} cell @param {Media | null | undefined} media */
function showMedia(cell, media) {
  if (!media) {
    setText(cell, "–");
    delete cell.dataset.shown;
    return;
  }
  /** @param {number | undefined} loss */
  const percent = (loss) => `${((loss ?? 0) * 100).toFixed(1)}\u202f%`;
  const texts = [
    `↑ ${bitrate(media.bitrate_in_bps ?? 0)} · ${t("loss {percent}", { percent: percent(media.loss_in) })}`,
    `↓ ${bitrate(media.bitrate_out_bps ?? 0)} · ${t("loss {percent}", { percent: percent(media.loss_out) })}`,
    media.state === "flowing" ? t("round trip {ms} ms", { ms: Math.round(media.rtt_ms ?? 0) }) : mediaState(media.state),
  ];
  const shown = texts.join("\n");
  if (cell.dataset.shown === shown) return;
  cell.dataset.shown = shown;
  const tone = (loss = 0) => (loss >= BAD_LOSS ? "loss-bad" : loss >= SOME_LOSS ? "loss-some" : "");
  cell.replaceChildren(el("div", {},
    el("div", { class: tone(media.loss_in) }, texts[0]),
    el("div", { class: tone(media.loss_out) }, texts[1]),
    el("div", { class: "small muted" }, texts[2])));
}

/** @param {string} state */
function mediaState(state) {
  /** @type {Record<string, string>} */
  const words = {
    connecting: t("connecting"), connected: t("connected, no media yet"), interrupted: t("interrupted"), gone: t("gone"),
  };
  return words[state] ?? state;
}

/** @param {LiveCall} call */
function makeRow(call) {
  const row = copyOf("live-row");
  const link = $("[data-service]", row, HTMLAnchorElement);
  link.href = `/calls/${call.id}`;
  link.textContent = call.service.title;
  setText($("[data-client]", row), call.client.name);
  setText($("[data-provider]", row), call.provider.name);
  const end = $("[data-end]", row);
  end.setAttribute("aria-label", t("End the call of {client} with {provider}", { client: call.client.name, provider: call.provider.name }));
  end.addEventListener("click", () => endCall(call, end));
  return row;
}

/** @param {HTMLElement} row @param {LiveCall} call */
function showCall(row, call) {
  const badge = $("[data-state]", row);
  const [text, tone] = STATES[call.state] ?? [call.state, ""];
  setText(badge, text);
  badge.className = `badge ${tone}`;
  const meter = call.meter;
  setText($("[data-elapsed]", row), meter ? clock(meter.seconds) : "–");
  setText($("[data-charged]", row), meter ? charge(meter.charged_micros, meter.balance_micros) : "–");
  setText($("[data-balance]", row), meter && call.tariff.price_micros ? money(meter.balance_micros ?? 0) : "–");
  showMedia($("[data-media-client]", row), call.media?.client);
  showMedia($("[data-media-provider]", row), call.media?.provider);
}

/** @param {Relay[]} relays */
function showRelays(relays) {
  const strip = $("#relays");
  const shown = JSON.stringify(relays);
  if (strip.dataset.shown === shown) return;
  strip.dataset.shown = shown;
  $("#no-relay").hidden = relays.some((relay) => relay.alive && !relay.draining);
  strip.replaceChildren(...relays.map((relay) => {
    const [text, tone] = !relay.alive ? [t("Silent"), "badge-danger"] : relay.draining ? [t("Draining"), "badge-warn"] : [t("Alive"), "badge-ok"];
    return el("li", { class: "relay" },
      el("div", { class: "row-between" }, el("strong", {}, relay.id), el("span", { class: `badge ${tone}` }, text)),
      el("span", { class: "small muted num" },
        `${tn(relay.calls, "{n} call", "{n} calls")} · ${tn(relay.participants, "{n} participant", "{n} participants")}`));
  }));
}

/** @param {LiveSnapshot} snapshot */
function show({ at_ms: atMs, relays, calls }) {
  showRelays(relays);
  const present = new Set(calls.map((call) => call.id));
  for (const [id, row] of rows) {
    if (present.has(id)) continue;
    // Someone at this row's button must not be thrown to the top of the page.
    if (row.contains(document.activeElement)) $("h1").focus();
    row.remove();
    rows.delete(id);
  }
  for (const call of calls) {
    let row = rows.get(call.id);
    if (!row) {
      row = makeRow(call);
      rows.set(call.id, row);
      body.prepend(row);
    }
    showCall(row, call);
  }
  table.hidden = calls.length === 0;
  $("#live-key").hidden = calls.length === 0;
  $("#no-calls").hidden = calls.length > 0;
  const count = calls.length ? tn(calls.length, "{n} live session", "{n} live sessions") : t("No live session");
  if ($("#live-count").textContent?.trim() !== count) {
    setText($("#live-count"), count);
    if (heardAt) announce(count);
  }
  if (atMs) setText($("#live-clock"), t("updated {time}", { time: formatTime(atMs) }));
}

/** @param {LiveCall} call @param {HTMLElement} button */
async function endCall(call, button) {
  const sure = await confirmDialog({
    title: t("End this call?"),
    text: t("{client} and {provider} are disconnected at once. What was proven so far is charged; both get the receipt.", {
      client: call.client.name, provider: call.provider.name,
    }),
    confirm: t("End the call"),
    cancel: t("Let it go on"),
    danger: true,
  });
  if (!sure) return;
  setBusy(button, true);
  try {
    await socket.request("call.end", { call: call.id });
    toast(t("The call was ended."));
  } catch (error) {
    toast(messageOf(error), "error");
  } finally {
    setBusy(button, false);
  }
}

/** The reconciliation light: the whole ledger is checked once per visit, after the page is there. */
async function checkBooks() {
  const light = $("#reconcile");
  /** @type {(tone: string, text: string) => void} */
  const shine = (tone, text) => {
    light.classList.add(tone);
    $(".dot", light).classList.remove("dot-hollow");
    setText($("span:last-child", light), text);
  };
  try {
    const { ok } = await get("/api/admin/audit");
    if (ok) shine("badge-ok", t("The books reconcile"));
    else shine("badge-danger", t("The books do not reconcile"));
  } catch {
    shine("badge-warn", t("The books could not be checked"));
  }
}

$("h1").tabIndex = -1;
show(pageData());
checkBooks();

socket.on("hello", () => socket.request("live.watch", { on: true }).catch((error) => toast(error.message, "error")));
socket.on("live.snapshot", (snapshot) => {
  show(snapshot);
  heardAt = performance.now();
  $("#connection").hidden = true;
});
socket.on("down", () => ($("#connection").hidden = false));
socket.on("signed_out", () => location.assign("/signin?next=/admin"));
setInterval(() => {
  if (heardAt && performance.now() - heardAt > STALE_MS) $("#connection").hidden = false;
}, 1000);

/** The provider's console: duty, ringing callers, the call, its receipt, and back on duty. */

import { keepAwake } from "../talk/awake.js";
import { setServerNow } from "../talk/clock.js";
import { DeviceCheck } from "../devices/device_check.js";
import { Devices } from "../devices/devices.js";
import { microphoneHeadline } from "../devices/problems.js";
import { Ownership } from "../talk/ownership.js";
import { receiptElement } from "../talk/receipt.js";
import { CallSession, OVER } from "../talk/session.js";
import { Stage } from "../talk/stage.js";
import { reasonText } from "../talk/state_words.js";
import { dutyWord, offDutyText } from "./duty_words.js";
import { showMissed } from "./missed.js";
import { RingCards } from "./ring_cards.js";
import { notificationsAllowed, Ringer } from "./ringer.js";
import { codeOf, messageOf } from "../frame/lib/problem.js";
import { Socket } from "../frame/lib/socket.js";
import { t } from "../frame/lib/text.js";
import { formatMoment } from "../frame/lib/time.js";
import { $, $$, byId, el, pageData, setText } from "../frame/lib/elements.js";
import { announce, copyText, toast } from "../frame/lib/ui.js";

const CHECK_MS = 60_000;

/** @type {{now_ms: number, user: User, ice_servers: IceServers}} */
const data = pageData();
setServerNow(data.now_ms);

const devices = new Devices();
const check = new DeviceCheck($("#device-check"), devices);
const stage = new Stage($("#stage"), devices);
const ownership = new Ownership();
const ringer = new Ringer();
const rings = new RingCards($("#rings"), { onAccept: accept, onDecline: decline, active: () => !session });
const socket = new Socket();

/** @type {CallSession | null} */
let session = null;
/** @type {Duty} */
let duty = "off_duty";
/** @type {{reason: string | null | undefined, since: string | null}} */
let off = { reason: null, since: null }; // why duty is over, and since when in words
/** @type {Set<string>} */
const answering = new Set(); // ids of calls that this window answers
/** @type {boolean | null} */
let wanted = null; // true or false while the switch's answer is on its way
let down = false;
let releaseTimer = 0;

// Debug hook of the tests (docs/protocol.md, section 5): the live peer connection and call id.
window.tipmeet = {
  get pc() {
    return session?.link.pc ?? null;
  },
  get call() {
    return session?.call.id ?? null;
  },
};

// ---- duty ----

const dutySwitch = byId("duty-switch", HTMLInputElement);

dutySwitch.addEventListener("change", () => setDuty(dutySwitch.checked));
dutySwitch.disabled = false; // not before: an earlier press would be undone unheard

/** @param {boolean} on */
async function setDuty(on) {
  setText($("#duty-error"), "");
  if (on) ringer.unlock().catch(() => {}); // the press is what lets the page make sounds
  wanted = on;
  renderDuty();
  try {
    if (on && !(await check.open())) {
      wanted = null;
      setText($("#duty-error"), t("{problem}. Nobody could hear you, so you are not on duty yet.", { problem: microphoneHeadline(check.problem ?? "missing") }));
      return;
    }
    if (on && "Notification" in window && Notification.permission === "default") askNotifications();
    takeDuty(await socket.request("duty.set", { on }));
    if (on) releaseLater();
    else check.release();
  } catch (problem) {
    setText($("#duty-error"), messageOf(problem));
  } finally {
    wanted = null;
    renderDuty();
  }
}

/** @param {DutyNews} news */
function takeDuty({ duty: now, off_since_ms: sinceMs, off_reason: reason }) {
  duty = now ?? duty;
  off = { reason, since: sinceMs ? formatMoment(sinceMs) : null };
}

/** Nobody wants a camera on for a whole shift: it goes out when the check had its time. */
function releaseLater() {
  clearTimeout(releaseTimer);
  releaseTimer = setTimeout(() => {
    if (session || duty !== "on_duty") return;
    check.release(t("Checked. Camera and microphone are off until a call comes."));
  }, CHECK_MS);
}

function renderDuty() {
  const on = wanted ?? duty !== "off_duty";
  dutySwitch.checked = on;
  $("#duty").dataset.duty = duty;
  const [badge, kind, text] = {
    on_duty: [dutyWord("on_duty"), "badge-ok", t("Clients can call you now. Leave a page of this site open; another tab or window may be in front.")],
    busy: [dutyWord("busy"), "badge-warn", t("You are in a call. You are back on duty when it ends.")],
    ringing: [t("Ringing"), "badge-info", t("Answer above, or press A to accept and D to decline.")],
    off_duty: [dutyWord("off_duty"), "", offDutyText(off.reason, off.since)],
  }[rings.calls.length ? "ringing" : duty];
  const place = $("#duty-badge");
  if (place.textContent !== badge) {
    place.className = `badge ${kind}`;
    place.replaceChildren(el("span", { class: duty === "on_duty" ? "dot" : "dot dot-hollow", "aria-hidden": "true" }), badge);
  }
  keepAwake(Boolean(session) || duty !== "off_duty");
  setText($("#duty-text"), wanted === true ? t("Checking your microphone…") : text);
  renderMeans();
}

function renderMeans() {
  const silent = duty !== "off_duty" && !ringer.audible;
  setText($("#sound-text"), silent ? t("Switch the ringing sound on") : t("Try the ringing sound"));
  $("#sound").classList.toggle("btn-primary", silent);
  $("#sound").classList.toggle("btn-secondary", !silent);
  const known = "Notification" in window;
  $("#notify").hidden = !known || Notification.permission !== "default";
  setText($("#notify-text"), notificationsAllowed()
    ? t("You get a notification when a client calls and this page is in the background.")
    : known && Notification.permission === "denied"
      ? t("Notifications are blocked for this page in your browser: keep it in view or the sound on.")
      : "");
}

async function askNotifications() {
  await Notification.requestPermission();
  renderMeans();
}

$("#sound").addEventListener("click", () => ringer.preview().then(renderMeans, () => toast(t("This browser does not play the sound."), "error")));
$("#notify").addEventListener("click", askNotifications);

// ---- ringing callers ----

/** @param {Call} call */
function ringing(call) {
  if (session || call.side !== "provider") return;
  rings.add(call);
  renderDuty();
  ringer.ring(rings.calls, ({ id }) => rings.focus(id));
}

/** Whether it rang here. @param {string} id */
function silence(id) {
  if (!rings.remove(id)) return false;
  renderDuty();
  ringer.ring(rings.calls, (call) => rings.focus(call.id));
  return true;
}

/** @param {Call} call */
async function accept(call) {
  if (!devices.audio && !(await check.open())) {
    toast(t("{problem}. See below how to mend it; the call is still ringing.", { problem: microphoneHeadline(check.problem ?? "missing") }), "error");
    $("#device-check").scrollIntoView({ block: "center" });
    return;
  }
  answering.add(call.id); // the bell stops everywhere, here too: but it is here that it was answered
  try {
    const { call: accepted } = await socket.request("call.accept", { call: call.id });
    await begin(accepted);
  } catch (problem) {
    silence(call.id);
    toast(messageOf(problem), "error");
  } finally {
    answering.delete(call.id);
  }
}

/** @param {Call} call */
async function decline(call) {
  try {
    await socket.request("call.decline", { call: call.id });
  } catch (problem) {
    if (codeOf(problem) !== "wrong_state") toast(messageOf(problem), "error");
  }
  silence(call.id);
}

// ---- the call ----

/** @param {Call} call @param {{steal?: boolean}} [how] */
async function begin(call, { steal = false } = {}) {
  if (session) return;
  const mine = await ownership.take(call.id, { steal, onLost: lost });
  $("#other-call").hidden = mine;
  if (!mine) {
    $("#other-call-take").onclick = () => begin(call, { steal: true });
    return;
  }
  rings.clear();
  ringer.ring([]);
  renderDuty();
  if (!devices.audio) await check.open();
  session = new CallSession({ socket, call, devices, iceServers: data.ice_servers });
  const current = session;
  $("#desk").hidden = $("#over").hidden = true;
  stage.show(current); // first: it must have left the screen before the receipt takes the focus
  current.addEventListener("ended", () => finish(current));
  current.addEventListener("receipt", () => showReceipt(current.call));
  current.start();
}

/** Another window took the call over. */
function lost() {
  const old = session;
  session = null;
  stage.hide();
  old?.leave();
  check.release();
  $("#desk").hidden = false;
  $("#other-call").hidden = false;
  $("#other-call-take").onclick = () => old && begin(old.call, { steal: true });
}

/** @param {CallSession} ended */
function finish(ended) {
  session = null;
  ownership.release();
  check.release();
  renderDuty();
  showReceipt(ended.call);
}

/** @param {Call} call */
function showReceipt(call) {
  if (session) return; // the next call is already on
  $("#receipt").replaceChildren(receiptElement(call));
  byId("full-receipt", HTMLAnchorElement).href = `/calls/${encodeURIComponent(call.id)}`;
  $("#full-receipt").hidden = !call.receipt;
  $("#desk").hidden = true;
  $("#over").hidden = false;
  $("#receipt h1").focus();
  announce(reasonText(call.reason, "provider", call.client.name));
}

function backToDesk() {
  $("#over").hidden = true;
  $("#desk").hidden = false;
  $("#duty-title").scrollIntoView({ block: "nearest" });
  dutySwitch.focus();
  refreshMissed();
}

$("#back").addEventListener("click", backToDesk);

// ---- the server's events ----

socket.on("hello", (hello) => {
  down = false;
  $("#offline").hidden = true;
  takeDuty(hello);
  renderDuty();
  const open = hello.calls.filter((call) => call.side === "provider" && !OVER.has(call.state));
  for (const call of rings.calls) {
    if (!open.some(({ id }) => id === call.id)) silence(call.id); // it ended while the line was down
  }
  for (const call of open) {
    if (call.state === "ringing") ringing(call);
    else if (call.state !== "opening") begin(call);
  }
  refreshMissed();
});

socket.on("down", () => {
  if (down) return;
  down = true;
  const text = t("The connection to the server is lost: no call can reach you. Reconnecting by itself…");
  setText($("#offline"), text);
  $("#offline").hidden = false;
});

socket.on("signed_out", () => location.reload());

socket.on("duty", (message) => {
  takeDuty(message);
  renderDuty();
});

socket.on("call.incoming", ({ call }) => {
  if (!$("#over").hidden) backToDesk();
  ringing(call);
});

socket.on("call.gone", ({ call, reason }) => {
  const gone = rings.calls.find(({ id }) => id === call);
  if (!silence(call) || !gone || answering.has(call)) return;
  if (reason) announce(reasonText(reason, "provider", gone.client.name));
  refreshMissed();
});

socket.on("call.state", ({ call }) => {
  if (call.side !== "provider" || call.state === "ringing") return;
  if (silence(call.id) && OVER.has(call.state)) refreshMissed();
});

function refreshMissed() {
  showMissed($("#missed"), $("#missed-none"));
}

for (const button of $$("[data-copy]")) {
  button.addEventListener("click", () => copyText(button.dataset.copy ?? ""));
}

window.addEventListener("pagehide", () => devices.stop());
window.addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
// After a reload on duty any press is enough to let the page ring aloud again.
document.addEventListener("pointerdown", () => duty !== "off_duty" && ringer.unlock().then(renderMeans, () => {}));
renderDuty();
// Switched on in the header of another page: here the microphone is checked.
if (location.hash === "#on-duty") {
  history.replaceState(null, "", location.pathname);
  setDuty(true);
}

/**
 * The call page: lobby → ringing → call → receipt. A page opened or reloaded while a call of this
 * service runs goes straight back into it.
 */

import { setServerNow, secondsLeft } from "../talk/clock.js";
import { DeviceCheck } from "../devices/device_check.js";
import { Devices } from "../devices/devices.js";
import { bindLimit } from "./limit.js";
import { Lobby } from "./lobby.js";
import { Ownership } from "../talk/ownership.js";
import { receiptElement } from "../talk/receipt.js";
import { CallSession, OVER } from "../talk/session.js";
import { Stage } from "../talk/stage.js";
import { reasonText } from "../talk/state_words.js";
import { bindTopUp } from "./top_up.js";
import { codeOf } from "../frame/lib/problem.js";
import { Socket } from "../frame/lib/socket.js";
import { t } from "../frame/lib/text.js";
import { $, byId, pageData, setText } from "../frame/lib/elements.js";
import { announce, setBusy, toastError } from "../frame/lib/ui.js";

/** @type {import("./lobby.js").CallData} */
const data = pageData();
setServerNow(data.now_ms);

const devices = new Devices();
const check = new DeviceCheck($("#device-check"), devices);
const stage = new Stage($("#stage"), devices, { bindTopUp, bindLimit });
const ownership = new Ownership();
const lobby = new Lobby($("#lobby"), data, { check, devices, onCall: call });
const views = { lobby: $("#lobby"), ringing: $("#ringing"), elsewhere: $("#elsewhere"), over: $("#over") };

/** @type {Socket | null} */
let socket = null;
/** @type {CallSession | null} */
let session = null;
/** @type {Call | null} */
let ringing = null; // while it rings
let ringTimer = 0;

// Debug hook of the tests (docs/protocol.md, section 5): the live peer connection and call id.
window.tipmeet = {
  get pc() {
    return session?.link.pc ?? null;
  },
  get call() {
    return session?.call.id ?? ringing?.id ?? null;
  },
};

/** @param {keyof typeof views | null} name */
function show(name) {
  for (const [key, view] of Object.entries(views)) view.hidden = key !== name;
  if (name === "lobby") lobby.show();
  else lobby.hide();
}

function connect() {
  socket ??= openSocket();
  return socket;
}

function openSocket() {
  const opened = new Socket();
  opened.on("hello", ({ calls }) => resume(calls));
  opened.on("call.state", ({ call: changed }) => changed.id === ringing?.id && followRing(changed));
  opened.on("signed_out", () => location.reload());
  return opened;
}

// ---- lobby → ringing ----

/** @type {import("./lobby.js").OnCall} */
async function call({ tariff, cap }) {
  const { call: started } = await connect().request("call.start", {
    service: lobby.service.slug,
    tariff_hash: tariff.hash,
    consent: true,
    audio: Boolean(devices.audio),
    video: Boolean(devices.camera),
    ...(cap && { spending_cap: cap }),
  });
  await connect().request("call.watch", { call: started.id }).then(({ call: seen }) => followRing(seen), () => followRing(started));
}

/** @param {Call} changed */
function followRing(changed) {
  if (session) return;
  if (OVER.has(changed.state)) {
    stopRinging();
    showOver(changed);
  } else if (changed.state === "opening" || changed.state === "ringing") {
    startRinging(changed);
  } else {
    stopRinging();
    begin(changed);
  }
}

/** @param {Call} changed */
function startRinging(changed) {
  ringing = changed;
  setText($("#ringing-title"), t("Ringing {name}…", { name: changed.provider.name }));
  setText($("#ringing-service"), changed.service.title);
  if (views.ringing.hidden) {
    show("ringing");
    $("#ringing-title").focus();
    if (!devices.audio) check.open(); // came back by a reload: have the microphone ready
  }
  clearInterval(ringTimer);
  ringTimer = setInterval(countRing, 500);
  countRing();
}

function countRing() {
  const left = secondsLeft(ringing?.deadline_at_ms);
  setText($("#ringing-left"), left === null ? "" : t("{n} s", { n: left }));
}

function stopRinging() {
  clearInterval(ringTimer);
  ringing = null;
}

const cancel = $("#cancel");
cancel.addEventListener("click", async () => {
  if (!ringing) return;
  setBusy(cancel, true);
  try {
    followRing((await connect().request("call.cancel", { call: ringing.id })).call);
  } catch (problem) {
    // Answered in the same moment: the state that follows says so.
    if (codeOf(problem) !== "wrong_state") toastError(problem);
  } finally {
    setBusy(cancel, false);
  }
});

// ---- the call ----

/** @param {Call[]} calls */
async function resume(calls) {
  const mine = calls.find((view) => view.side === "client" && !OVER.has(view.state));
  if (ringing && !mine) {
    // It ended while the line was down: look how.
    const last = await connect().request("call.watch", { call: ringing.id }).catch(() => null);
    if (last) followRing(last.call);
    return;
  }
  if (!mine && data.resuming && Object.values(views).every((view) => view.hidden) && !session) show("lobby");
  if (!mine || session) return;
  if (mine.service.slug !== lobby.service.slug) {
    setText($("#other-call-text"), t("You are in a call with {name} ({service}).", { name: mine.provider.name, service: mine.service.title }));
    byId("other-call-link", HTMLAnchorElement).href = `/call/${encodeURIComponent(mine.service.slug)}`;
    $("#other-call").hidden = false;
    return;
  }
  await connect().request("call.watch", { call: mine.id }).catch(() => {});
  followRing(mine);
}

/** @param {Call} view @param {{steal?: boolean}} [how] */
async function begin(view, { steal = false } = {}) {
  if (session) return;
  const mine = await ownership.take(view.id, { steal, onLost: () => lost(view) });
  if (!mine) {
    goesOnElsewhere(view);
    return;
  }
  if (!devices.audio) await check.open();
  session = new CallSession({ socket: connect(), call: view, devices, iceServers: data.ice_servers });
  const current = session;
  show(null);
  stage.show(current); // first: it must have left the screen before the receipt takes the focus
  current.addEventListener("ended", () => finish(current));
  current.addEventListener("receipt", () => showOver(current.call));
  current.start();
}

/** @param {Call} view */
function lost(view) {
  const old = session;
  session = null;
  old?.leave();
  stage.hide();
  goesOnElsewhere(view);
}

/** @param {Call} view */
function goesOnElsewhere(view) {
  show("elsewhere");
  $("#elsewhere-take").onclick = () => begin(view, { steal: true });
}

// ---- after it ----

/** @param {CallSession} ended */
function finish(ended) {
  session = null;
  ownership.release();
  check.release();
  showOver(ended.call);
}

/** @param {Call} view */
function showOver(view) {
  const place = $("#receipt");
  place.replaceChildren(receiptElement(view));
  byId("full-receipt", HTMLAnchorElement).href = `/calls/${encodeURIComponent(view.id)}`;
  $("#full-receipt").hidden = !view.receipt;
  $("#call-again").hidden = false;
  show("over");
  $("h1", place).focus();
  announce(reasonText(view.reason, view.side, view.provider.name));
}

$("#call-again").addEventListener("click", async () => {
  await lobby.refresh();
  show("lobby");
  if (!devices.audio) check.open();
});

window.addEventListener("pagehide", () => devices.stop());
window.addEventListener("pageshow", ({ persisted }) => persisted && location.reload());

// Straight back into a running call: the lobby would only flash by.
show(data.resuming ? null : "lobby");
const caller = ["client", "guest"].includes(lobby.user?.role ?? "");
// A provider's socket would count as an open console, and this page does not ring.
if (caller) connect();
if (caller || (lobby.free && !lobby.user)) check.open();

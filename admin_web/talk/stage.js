/** The call on screen (`_stage.html`), the same for both sides: shows a CallSession, steers it. */

import { exact, money } from "../frame/lib/money.js";
import { messageOf } from "../frame/lib/problem.js";
import { t } from "../frame/lib/text.js";
import { clock, talkTime } from "../frame/lib/time.js";
import { $, partsOf, setText } from "../frame/lib/elements.js";
import { setBusy, toast, toastError } from "../frame/lib/ui.js";
import { keepAwake } from "./awake.js";
import { secondsLeft } from "./clock.js";
import { bindDeviceChoice } from "../devices/device_choice.js";
import { shownIn } from "../devices/devices.js";
import { bindKeys } from "./keys.js";
import { chargingText, endsByLimit, leftLabel, meterView, phaseOf, warningText } from "./meter.js";
import { cameraNotice, microphoneHeadline } from "../devices/problems.js";
import { qualityText } from "./quality.js";
import { bannerOf } from "./state_words.js";

const SECOND_MS = 1_000;

/** @typedef {import("./session.js").CallSession} CallSession */
/** @typedef {import("../frame/lib/elements.js").Part} Part */
/**
 * The dialogs of the side that pays, as far as the stage knows them.
 * @typedef {{onDone: (wallet: Wallet) => void, open: (text?: string) => void, close: () => void,
 *   resumed: () => void, count: (secondsLeft: number | null) => void}} TopUp
 * @typedef {{onDone: () => void, open: (session: CallSession) => void, close: () => void}} Limit
 * @typedef {(part: Part) => TopUp} BindTopUp
 * @typedef {(part: Part) => Limit} BindLimit
 */
/** @typedef {"free" | "charged" | "balance" | "earned" | "left"} Figure */
/** @type {Figure[]} */
const FIGURES = ["free", "charged", "balance", "earned", "left"];

export class Stage {
  #root;
  #devices;
  #part;
  /** @type {CallSession | null} */
  #session = null;
  /** @type {import("./meter.js").Phase | null} */
  #phase = null;
  #bannerTitle = "";
  #timer = 0;
  #problem = "";
  #topUp;
  #limit;
  #counting = false; // the warning on screen counts down
  #choice;
  #settings;

  /**
   * `bindTopUp`, `bindLimit`: the dialogs of the side that pays (call/top_up.js, call/limit.js).
   * @param {HTMLElement} root
   * @param {import("../devices/devices.js").Devices} devices
   * @param {{bindTopUp?: BindTopUp | null, bindLimit?: BindLimit | null}} [dialogs]
   */
  constructor(root, devices, { bindTopUp = null, bindLimit = null } = {}) {
    this.#root = root;
    this.#devices = devices;
    this.#part = partsOf(root);
    this.#settings = this.#part("settings-dialog", HTMLDialogElement);
    this.#choice = bindDeviceChoice($(".devices", this.#settings), devices, {
      onSpeaker: (id) => this.#remote.setSinkId(id).catch(toastError),
    });
    this.#topUp = bindTopUp?.(this.#part);
    this.#limit = bindLimit?.(this.#part);
    this.#bindControls();
    devices.addEventListener("change", () => this.#renderDevices());
  }

  /** Shows a call that has begun; `hide` when it is over. @param {CallSession} session */
  show(session) {
    this.#session = session;
    this.#phase = null;
    this.#bannerTitle = "";
    this.#counting = false;
    const client = session.side === "client";
    setText(this.#part("peer"), session.peerName);
    setText(this.#part("service"), session.call.service.title);
    setText(this.#part("initial"), [...session.peerName.trim()][0]?.toUpperCase() ?? "?");
    const clock = !client && session.call.tariff.price_micros > 0; // only a running price can be paused
    this.#part("pause").hidden = this.#part("pause-key").hidden = !clock;
    for (const name of ["warning", "hear"]) this.#part(name).hidden = true;
    for (const event of /** @type {const} */ (["call", "meter", "quality", "link"])) {
      session.addEventListener(event, () => this.#render());
    }
    session.addEventListener("remote", ({ detail }) => this.#play(detail));
    session.addEventListener("warning", ({ detail }) => this.#warn(detail));
    session.addEventListener("problem", ({ detail }) => toast(detail.message, "error"));
    session.addEventListener("ended", () => this.hide());
    this.#root.hidden = false;
    document.body.classList.add("in-call");
    this.#part("peer").focus({ preventScroll: true });
    this.#timer = setInterval(() => this.#render(), SECOND_MS);
    keepAwake(true);
    this.#render();
    this.#renderDevices();
  }

  hide() {
    clearInterval(this.#timer);
    keepAwake(false);
    this.#session = null;
    this.#settings.close();
    this.#topUp?.close();
    this.#limit?.close();
    if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
    this.#remote.srcObject = null;
    this.#local.srcObject = null;
    this.#root.hidden = true;
    document.body.classList.remove("in-call");
  }

  get #remote() {
    return this.#part("remote", HTMLVideoElement);
  }

  get #local() {
    return this.#part("local", HTMLVideoElement);
  }

  // ---- what is shown ----

  #render() {
    const session = this.#session;
    if (!session) return;
    this.#renderMeter(session);
    this.#renderBanner(session);
    this.#part("nobody").hidden = session.remoteFrames;
    this.#part("initial").hidden = this.#part("banner").matches(":not([hidden], [data-quiet])");
    this.#part("pause", HTMLButtonElement).disabled = session.call.state !== "live";
    setText(this.#part("nobody-text"), session.soundOnly ? t("Sound only: the other camera is off.") : "");
    // Before the first measurement there is nothing to say about it.
    const measured = session.link.state === "connected" ? session.quality : null;
    this.#part("quality").dataset.grade = measured || "unknown";
    setText(this.#part("quality-text"), measured ? qualityText(measured) : t("Connecting…"));
  }

  /** @param {CallSession} session */
  #renderMeter(session) {
    const { tariff } = session.call;
    const view = meterView(tariff, session.meter);
    for (const name of FIGURES) {
      const box = this.#part(`${name}-box`);
      box.hidden = view[name] === null || (name === "earned" && session.side === "client");
      setText(this.#part(name), view[name] ?? "");
    }
    setText(this.#part("elapsed"), view.elapsed);
    const cap = session.call.spending_cap_micros ?? null; // of the side that pays only
    setText(this.#part("charged-label"), cap === null ? t("Charged") : t("Charged, at most {cap}", { cap: exact(cap) }));
    setText(this.#part("left-label"), leftLabel(session.meter, session.side));
    this.#part("limit").hidden = !this.#limit || cap === null;
    if (this.#counting) this.#renderWarning(session);
    this.#part("meter").dataset.phase = view.phase;
    this.#part("left-box").toggleAttribute("data-low", view.low);
    const phase = phaseOf(tariff, session.meter);
    if (phase === "charging" && this.#phase === "free") this.#say(chargingText(tariff, session.side), true);
    this.#phase = phase;
  }

  /** @param {CallSession} session */
  #renderBanner(session) {
    const words = bannerOf(session);
    const banner = this.#part("banner");
    banner.hidden = !words;
    const title = words?.title ?? "";
    if (words) {
      const left = secondsLeft(session.call.deadline_at_ms);
      banner.toggleAttribute("data-quiet", Boolean(words.quiet));
      this.#part("banner-action").hidden = !words.action;
      setText(this.#part("banner-action"), words.action ?? "");
      setText(this.#part("banner-title"), words.title);
      setText(this.#part("banner-text"), words.text);
      setText(this.#part("banner-count"), left === null ? "" : t("{n} s", { n: left }));
      this.#topUp?.count(session.call.state === "on_hold" ? left : null);
    }
    if (title === this.#bannerTitle) return;
    const before = this.#bannerTitle;
    this.#bannerTitle = title;
    if (words) {
      this.#closeWarning(); // the banner says what matters now
      this.#say(`${words.title}. ${words.text}`);
    } else if (before) {
      this.#say(t("The call goes on."));
    }
    if (session.call.state === "on_hold" && session.side === "client") this.#topUp?.open(words?.text);
    else if (session.call.state !== "on_hold") this.#topUp?.resumed();
  }

  #renderDevices() {
    if (!this.#session) return;
    const { audio, camera, screen, video, muted } = this.#devices;
    this.#toggle("mic", Boolean(audio) && !muted, t("Mute"), t("Unmute"));
    this.#toggle("cam", Boolean(camera), t("Camera off"), t("Camera on"));
    this.#toggle("share", Boolean(screen), t("Stop sharing"), t("Share"));
    this.#part("share").hidden = !this.#devices.canShareScreen;
    this.#part("full").hidden = !document.fullscreenEnabled;
    const local = this.#local;
    if (shownIn(local) !== (video ?? undefined)) {
      local.srcObject = video ? new MediaStream([video]) : null;
    }
    local.hidden = !video;
    local.toggleAttribute("data-mirror", Boolean(video) && !screen);
    this.#part("self-off").hidden = Boolean(video);
    this.#part("self-muted").hidden = Boolean(audio) && !muted;
    this.#sayProblem();
  }

  /** A device that fails in mid-call is said once, in words. */
  #sayProblem() {
    const { cameraProblem, microphoneProblem } = this.#devices;
    const problem = microphoneProblem
      ? microphoneHeadline(microphoneProblem)
      : cameraProblem && cameraNotice(cameraProblem);
    if (problem && problem !== this.#problem) toast(problem, "error");
    this.#problem = problem ?? "";
  }

  /** @param {string} name @param {boolean} on @param {string} whenOn @param {string} whenOff */
  #toggle(name, on, whenOn, whenOff) {
    const button = this.#part(name);
    button.dataset.on = String(on);
    setText(this.#part(`${name}-label`), on ? whenOn : whenOff);
  }

  /** @param {MediaStream} stream */
  #play(stream) {
    const remote = this.#remote;
    remote.srcObject = stream;
    const speaker = this.#devices.chosen("audiooutput");
    if (speaker && remote.setSinkId) remote.setSinkId(speaker).catch(() => {});
    remote.play().catch((problem) => {
      // Only a refusal to play sound unasked needs the person; a replaced stream does not.
      this.#part("hear").hidden = problem.name !== "NotAllowedError";
    });
  }

  /** The end comes near: said once to screen readers, counted down before everybody's eyes. @param {CallWarning} warning */
  #warn({ left_s: leftS, ends_by: endsBy }) {
    const session = this.#session;
    if (!session) return;
    const cap = session.call.spending_cap_micros;
    const about = { byLimit: endsBy === "spending_cap", left: talkTime(leftS), cap };
    this.#say(warningText(about, session.side, session.peerName));
    this.#counting = true;
    this.#part("warning").hidden = false;
    this.#renderWarning(session);
  }

  /** @param {CallSession} session */
  #renderWarning(session) {
    const leftS = session.meter?.affordable_s ?? null;
    if (leftS === null) return;
    const byLimit = endsByLimit(session.meter);
    const cap = session.call.spending_cap_micros;
    setText(this.#part("warning-text"), warningText({ byLimit, left: clock(leftS), cap }, session.side, session.peerName));
    this.#part("warning-top-up").hidden = !this.#topUp || byLimit;
    this.#part("warning-limit").hidden = !this.#limit || !byLimit;
  }

  #closeWarning() {
    this.#counting = false;
    this.#part("warning").hidden = true;
  }

  /** To screen readers through the status region; `seen`: to everybody's eyes too. @param {string} text */
  #say(text, seen = false) {
    setText(this.#part("status"), text);
    if (!seen) return;
    this.#counting = false;
    setText(this.#part("warning-text"), text);
    for (const name of ["warning-top-up", "warning-limit"]) this.#part(name).hidden = true;
    this.#part("warning").hidden = false;
    setTimeout(() => {
      if (this.#part("warning-text").textContent === text) this.#part("warning").hidden = true;
    }, 8 * SECOND_MS);
  }

  // ---- what can be pressed ----

  #bindControls() {
    const press = {
      mic: () => this.#mic(),
      cam: () => this.#devices.setCamera(!this.#devices.camera),
      share: () => this.#share(),
      settings: () => this.#openSettings(),
      full: () => this.#fullScreen(),
      "hang-up": () => this.#act("hang-up", (session) => session.hangUp()),
      pause: () => this.#act("pause", (session) => session.pause()),
      "banner-action": () => this.#act("banner-action", (session) => session.resume()),
    };
    for (const [name, action] of Object.entries(press)) {
      this.#part(name).addEventListener("click", action);
    }
    this.#settings.addEventListener("close", () => this.#choice.active(false));
    this.#part("settings-close").addEventListener("click", () => this.#settings.close());
    this.#part("warning-close").addEventListener("click", () => this.#closeWarning());
    this.#part("warning-top-up").addEventListener("click", () => {
      this.#closeWarning();
      this.#topUp?.open();
    });
    for (const name of ["warning-limit", "limit"]) {
      this.#part(name).addEventListener("click", () => this.#session && this.#limit?.open(this.#session));
    }
    this.#part("hear").addEventListener("click", () => {
      this.#part("hear").hidden = true;
      this.#remote.play().catch(toastError);
    });
    document.addEventListener("fullscreenchange", () => {
      setText(this.#part("full-label"), document.fullscreenElement ? t("Leave full screen") : t("Full screen"));
    });
    if (this.#topUp) {
      this.#topUp.onDone = (wallet) => toast(t("Added. Your balance is {amount}.", { amount: money(wallet.available_micros + wallet.held_micros) }));
    }
    if (this.#limit) this.#limit.onDone = () => this.#closeWarning();
    bindKeys({
      active: () => Boolean(this.#session) && !this.#root.querySelector("dialog[open]"),
      keysOn: this.#part("keys-on", HTMLInputElement),
      keys: {
        m: press.mic,
        v: press.cam,
        s: () => this.#devices.canShareScreen && press.share(),
        d: press.settings,
        f: press.full,
        p: () => this.#part("pause").click(),
        H: press["hang-up"],
      },
    });
  }

  async #mic() {
    if (!this.#devices.audio) await this.#devices.choose("audioinput", "");
    else this.#devices.setMuted(!this.#devices.muted);
    const silent = !this.#devices.audio || this.#devices.muted;
    this.#say(silent ? t("Muted") : t("Unmuted"));
  }

  async #share() {
    if (this.#devices.screen) {
      this.#devices.unshare();
      return;
    }
    try {
      await this.#devices.share();
    } catch (problem) {
      // Closing the browser's own chooser is an answer, not an error.
      if (!(problem instanceof Error) || problem.name !== "NotAllowedError") toast(t("The screen cannot be shared here."), "error");
    }
  }

  #openSettings() {
    this.#settings.showModal();
    this.#choice.active(true);
  }

  #fullScreen() {
    const change = document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen();
    change.catch(() => toast(t("Full screen is not possible here."), "error"));
  }

  /**
   * One command at a time, its button busy meanwhile, its refusal in words.
   * @param {string} name of the button
   * @param {(session: CallSession) => Promise<void>} command
   */
  async #act(name, command) {
    const button = this.#part(name);
    if (button.getAttribute("aria-busy") || !this.#session) return;
    setBusy(button, true);
    try {
      await command(this.#session);
    } catch (problem) {
      toast(messageOf(problem), "error");
    } finally {
      setBusy(button, false);
    }
  }
}

/**
 * How long a caller can pay for, in words, for the provider's card and the lobby.
 * @param {number | null | undefined} seconds
 */
export function affordable(seconds) {
  return seconds === null || seconds === undefined ? t("free call") : talkTime(seconds);
}

/**
 * One call as one side lives it, from accepted to receipt: follows the server's events, keeps the
 * media link up while the call's state allows it, and knows the receipt when it is over.
 *
 * Events: `call` (its record changed), `meter`, `warning`, `link`, `remote`, `quality`,
 * `problem` (an Error for the person), `ended`, `receipt`.
 */

import { get } from "../frame/lib/api.js";
import { codeOf } from "../frame/lib/problem.js";
import { MediaLink } from "./rtc.js";
import { grade, steady } from "./quality.js";

export const OVER = new Set(["ended", "declined", "no_answer", "cancelled", "failed"]);
const WITH_MEDIA = new Set(["connecting", "live", "interrupted", "paused", "on_hold"]);
const RECEIPT_RETRY_MS = [200, 300, 500, 1000, 2000, 3000, 5000];
const SAMPLE_MS = 1_000;
// The relay can be gone while our own ICE has not noticed: then a fresh join finds the new one.
const STALE_MS = 8_000;

/** @typedef {import("./quality.js").Sample} Sample */
/** @typedef {import("./quality.js").Grade} Grade */
/** @typedef {import("../devices/devices.js").Devices} Devices */
/** @typedef {import("../frame/lib/socket.js").Socket} Socket */
/**
 * @typedef {{call: undefined, meter: undefined, warning: CallWarning, link: undefined, remote: MediaStream,
 *   quality: undefined, problem: Error, ended: undefined, receipt: undefined}} SessionEvents
 */

export class CallSession extends /** @type {TypedTargetClass<SessionEvents>} */ (EventTarget) {
  #socket;
  #devices;
  #stops;
  #sampler = 0;
  /** @type {Sample[]} */
  #samples = [];
  #steady = steady();
  /** @type {LineQuality | null} */
  #serverQuality = null;
  #over = false;

  /** @param {{socket: Socket, call: Call, devices: Devices, iceServers: IceServers}} parts */
  constructor({ socket, call, devices, iceServers }) {
    super();
    this.#socket = socket;
    this.#devices = devices;
    this.call = call;
    this.meter = call.meter;
    /** @type {Grade | null} */
    this.quality = null;
    this.remoteFrames = false; // a picture of the other side is arriving
    this.link = new MediaLink({
      iceServers,
      join: (offer) => socket.request("media.join", { call: call.id, offer }),
    });
    this.link.addEventListener("state", () => this.#emit("link"));
    this.link.addEventListener("remote", ({ detail }) => this.#emit("remote", detail));
    this.link.addEventListener("refused", ({ detail }) => this.#refused(detail));
    devices.addEventListener("change", this.#sendTracks);
    this.#stops = [
      socket.on("call.state", ({ call: changed }) => changed.id === this.call.id && this.#follow(changed)),
      socket.on("call.meter", (message) => message.call === this.call.id && this.#tick(message)),
      socket.on("call.warning", (message) => message.call === this.call.id && this.#emit("warning", message)),
      socket.on("hello", () => this.#watch()),
      socket.on("down", () => this.#emit("link")),
    ];
  }

  get side() {
    return this.call.side;
  }

  /** The other person's name. */
  get peerName() {
    return this.side === "client" ? this.call.provider.name : this.call.client.name;
  }

  get over() {
    return this.#over;
  }

  /** Media arrives, and no picture among it. */
  get soundOnly() {
    return this.call.state === "live" && this.quality !== null && this.quality !== "none" && !this.remoteFrames;
  }

  /** Begins: media as soon as the state allows it. */
  start() {
    this.#sendTracks();
    this.#sampler = setInterval(() => this.#sample(), SAMPLE_MS);
    this.#follow(this.call);
    if (this.#socket.ready) this.#watch();
  }

  /** True while the server cannot be reached: the talk may go on, figures and commands wait. */
  get offline() {
    return !this.#socket.ready;
  }

  /** Ends the call. Without a line to the server the media stop at once: then nothing is billed. */
  async hangUp() {
    if (this.offline) {
      this.link.close();
      this.#devices.stop();
    }
    await this.#socket.request("call.hang_up", { call: this.call.id });
  }

  /** The provider stops the clock. */
  async pause() {
    await this.#ask("call.pause");
  }

  /** The provider asks for the clock to run again; the client agrees to it. */
  async resume() {
    await this.#ask("call.resume");
  }

  /** The client raises the limit of this call; null lifts it. `cap`: a decimal string. @param {string | null} cap */
  async raiseCap(cap) {
    await this.#ask("call.raise_cap", { spending_cap: cap });
  }

  /** @param {"call.pause" | "call.resume" | "call.raise_cap"} type @param {object} [more] */
  async #ask(type, more = {}) {
    const { call } = await this.#socket.request(type, { call: this.call.id, ...more });
    this.#follow(call);
  }

  /** Lets go of the call without ending it (it goes on in another window). */
  leave() {
    this.#over = true;
    for (const stop of this.#stops) stop();
    this.#finish();
  }

  async #watch() {
    try {
      const { call } = await this.#socket.request("call.watch", { call: this.call.id });
      this.#follow(call);
    } catch (problem) {
      if (!["disconnected", "timeout"].includes(codeOf(problem))) this.#emit("problem", problem);
    }
  }

  /** @param {Call} call */
  #follow(call) {
    if (this.#over) {
      if (call.receipt && !this.call.receipt) this.#settled(call);
      return;
    }
    this.call = call;
    this.meter = call.meter ?? this.meter;
    if (OVER.has(call.state)) {
      this.#over = true;
      this.#finish();
      this.#emit("ended");
      if (call.receipt) this.#settled(call);
      else if (call.state === "ended") this.#fetchReceipt();
      return;
    }
    if (WITH_MEDIA.has(call.state) && this.link.state === "idle") this.link.start();
    this.#emit("call");
  }

  /** @param {CallTick} tick */
  #tick({ state, meter, quality }) {
    if (this.#over) return;
    this.meter = meter ?? this.meter;
    this.#serverQuality = quality ?? null;
    this.#emit("meter");
    if (state !== this.call.state) this.#watch(); // a change of state was missed: look
  }

  async #sample() {
    const sample = await this.link.sample().catch(() => null);
    if (!sample || this.#over) return;
    if (sample.packets < (this.#samples.at(-1)?.packets ?? 0)) this.#samples = []; // a fresh link
    this.#samples.push(sample);
    if (this.#samples.length > 4) this.#samples.shift();
    const [before] = this.#samples;
    this.remoteFrames = sample.frames > before.frames;
    if (this.#samples.length > 1 && this.link.state === "connected") {
      this.quality = this.#steady(grade(before, sample, this.#serverQuality));
    }
    this.#emit("quality");
    this.#mendStale(sample);
  }

  #lastArrival = { packets: -1, at_ms: 0 };

  /** @param {Sample} sample */
  #mendStale({ packets, at_ms: atMs }) {
    if (packets !== this.#lastArrival.packets) this.#lastArrival = { packets, at_ms: atMs };
    const stale = atMs - this.#lastArrival.at_ms > STALE_MS;
    if (!stale || this.call.state !== "interrupted" || this.link.state !== "connected") return;
    this.#lastArrival = { packets, at_ms: atMs };
    this.link.start();
  }

  /** The server says no for good: the call is over, or moved on without us. @param {Error} problem */
  #refused(problem) {
    this.#watch();
    if (codeOf(problem) !== "wrong_state") this.#emit("problem", problem);
  }

  async #fetchReceipt() {
    for (const delay of RECEIPT_RETRY_MS) {
      await new Promise((resolve) => setTimeout(resolve, delay));
      if (this.call.receipt) return;
      const answer = await get(`/api/calls/${encodeURIComponent(this.call.id)}`).catch(() => null);
      if (answer?.call.receipt) {
        this.#settled(answer.call);
        return;
      }
    }
  }

  /** @param {Call} call */
  #settled(call) {
    if (this.call.receipt && this.call !== call) return;
    this.call = call;
    for (const stop of this.#stops) stop();
    this.#emit("receipt");
  }

  #finish() {
    clearInterval(this.#sampler);
    this.#devices.removeEventListener("change", this.#sendTracks);
    this.link.close();
    this.#devices.stop();
  }

  #sendTracks = () => {
    const { audio, video } = this.#devices;
    this.link.setTracks({ audio, video }).catch((problem) => this.#emit("problem", problem));
  };

  /** @param {keyof SessionEvents} type @param {unknown} [detail] */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

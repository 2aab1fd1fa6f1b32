/**
 * This side's microphone, camera and screen, with or without permission.
 *
 * A missing camera never stands in the way of a call; a missing microphone does, and says why.
 * Choices are remembered on this device. Event `change`: a track, a problem or the list changed.
 */

import { problemOf } from "./problems.js";

/** @typedef {import("./problems.js").Problem} Problem */
/** @typedef {"audioinput" | "videoinput" | "audiooutput"} DeviceKind */
/** @typedef {"audio" | "camera" | "screen"} Slot */
/** @typedef {Partial<Record<DeviceKind, string>> & {camera?: boolean}} Choice remembered on this device */

const STORE = "tipmeet.devices";
const AUDIO = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
const VIDEO = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30, max: 30 } };

/** @type {Slot[]} */
const SLOTS = ["audio", "camera", "screen"];

export class Devices extends EventTarget {
  /** @type {MediaStreamTrack | null} */
  audio = null;
  /** @type {MediaStreamTrack | null} */
  camera = null;
  /** @type {MediaStreamTrack | null} */
  screen = null;
  /** @type {Problem | null} */
  microphoneProblem = null;
  /** @type {Problem | null} */
  cameraProblem = null;
  muted = false;
  /** @type {Record<DeviceKind, MediaDeviceInfo[]>} */
  list = { audioinput: [], videoinput: [], audiooutput: [] };
  #chosen = load();

  constructor() {
    super();
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.#relist());
  }

  /** What is sent as video: the screen while it is shared, else the camera. */
  get video() {
    return this.screen ?? this.camera;
  }

  get wantsCamera() {
    return this.#chosen.camera !== false;
  }

  get canShareScreen() {
    return Boolean(navigator.mediaDevices?.getDisplayMedia);
  }

  /** The id of the chosen device of a kind, or "". @param {DeviceKind} kind */
  chosen(kind) {
    const track = { audioinput: this.audio, videoinput: this.camera, audiooutput: null }[kind];
    return track?.getSettings().deviceId || this.#chosen[kind] || "";
  }

  /** Asks for the microphone, and the camera unless it is switched off. Never rejects. */
  async open() {
    this.stop();
    this.microphoneProblem = this.cameraProblem = null;
    if (!navigator.mediaDevices?.getUserMedia) {
      this.microphoneProblem = problemOf(null);
      return this.#changed();
    }
    const wantsCamera = this.wantsCamera;
    try {
      // Together first: one question to the person instead of two.
      await this.#get({ audio: true, video: wantsCamera });
    } catch {
      await this.#get({ audio: true }).catch((error) => (this.microphoneProblem = problemOf(error)));
      if (wantsCamera) {
        await this.#get({ video: true }).catch((error) => (this.cameraProblem = problemOf(error)));
      }
    }
    return this.#relist();
  }

  /** Uses another device of this kind from now on. @param {DeviceKind} kind @param {string} id */
  async choose(kind, id) {
    this.#remember({ [kind]: id });
    if (kind === "audioinput") {
      await this.#swap("audio", { audio: true }, "microphoneProblem");
    } else if (kind === "videoinput" && this.camera) {
      await this.#swap("camera", { video: true }, "cameraProblem");
    }
    this.#changed();
  }

  /** Muting keeps the track: the line stays warm with silence, and unmuting is instant. @param {boolean} muted */
  setMuted(muted) {
    this.muted = muted;
    if (this.audio) this.audio.enabled = !muted;
    this.#changed();
  }

  /** Off really stops the camera (its light goes out). @param {boolean} on */
  async setCamera(on) {
    this.#remember({ camera: on });
    this.cameraProblem = null;
    if (on) await this.#swap("camera", { video: true }, "cameraProblem");
    else this.#drop("camera");
    this.#changed();
  }

  /** Shares a screen or window until `unshare` or the browser's own “Stop sharing”. Throws if refused. */
  async share() {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 15 } } });
    const [track] = stream.getVideoTracks();
    track.contentHint = "detail"; // text must stay sharp, even at few frames a second
    track.addEventListener("ended", () => this.unshare(track));
    this.#drop("screen");
    this.screen = track;
    this.#changed();
  }

  unshare(track = this.screen) {
    if (!track || track !== this.screen) return;
    this.#drop("screen");
    this.#changed();
  }

  stop() {
    for (const slot of SLOTS) this.#drop(slot);
  }

  /** @param {{audio?: boolean, video?: boolean}} wanted */
  async #get({ audio = false, video = false }) {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: audio && withDevice(AUDIO, this.#chosen.audioinput),
      video: video && withDevice(VIDEO, this.#chosen.videoinput),
    });
    for (const track of stream.getTracks()) {
      /** @type {Slot} */
      const slot = track.kind === "audio" ? "audio" : "camera";
      this.#drop(slot);
      this[slot] = track;
      track.addEventListener("ended", () => this.#unplugged(slot, track));
    }
    if (this.audio) this.audio.enabled = !this.muted;
    if (this.camera) this.camera.contentHint = "motion";
  }

  /**
   * Phones open one camera at a time: the old one must be stopped first.
   * @param {Slot} slot
   * @param {{audio?: boolean, video?: boolean}} wanted
   * @param {"microphoneProblem" | "cameraProblem"} problem where a refusal is kept
   */
  async #swap(slot, wanted, problem) {
    this.#drop(slot);
    this[problem] = null;
    await this.#get(wanted).catch((error) => (this[problem] = problemOf(error)));
    await this.#relist();
  }

  /** The device went away (pulled out, taken by the system): try the next one. @param {Slot} slot @param {MediaStreamTrack} track */
  async #unplugged(slot, track) {
    if (this[slot] !== track) return;
    if (slot === "audio") await this.#swap("audio", { audio: true }, "microphoneProblem");
    else await this.#swap("camera", { video: true }, "cameraProblem");
  }

  /** @param {Slot} slot */
  #drop(slot) {
    const track = this[slot];
    this[slot] = null;
    track?.stop();
  }

  async #relist() {
    const devices = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
    // Without permission the entries have no names: they would only confuse.
    for (const kind of /** @type {DeviceKind[]} */ (Object.keys(this.list))) {
      this.list[kind] = devices.filter((device) => device.kind === kind && device.label);
    }
    this.#changed();
  }

  /** @param {Choice} choice */
  #remember(choice) {
    this.#chosen = { ...this.#chosen, ...choice };
    try {
      localStorage.setItem(STORE, JSON.stringify(this.#chosen));
    } catch {
      // Private windows may have no storage: the choice then holds for this page only.
    }
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * `ideal`, not `exact`: a remembered headset that is not plugged in must not break the call.
 * @param {MediaTrackConstraints} constraints
 * @param {string} [id]
 */
function withDevice(constraints, id) {
  return id ? { ...constraints, deviceId: { ideal: id } } : constraints;
}

/** @returns {Choice} */
function load() {
  try {
    return JSON.parse(localStorage.getItem(STORE) ?? "null") ?? {};
  } catch {
    return {};
  }
}

/** The picture that a video element shows. @param {HTMLVideoElement} video */
export function shownIn(video) {
  return video.srcObject instanceof MediaStream ? video.srcObject.getVideoTracks()[0] : undefined;
}

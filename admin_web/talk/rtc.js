/**
 * The media link: this side's one peer connection to the relay.
 *
 * One offer, one answer, no renegotiation, ever: audio and video transceivers are always
 * `sendrecv`, a camera that is off is a video transceiver without a track, and switching a
 * device, the camera or the screen on is `replaceTrack`. The relay is ICE-lite with a public
 * address and learns ours from our checks, so the offer leaves without waiting for candidates.
 *
 * A lost link is mended by a fresh offer (`media.join` again) with the same tracks; the relay
 * replaces the old transport. The old connection is closed only after the new answer, so that
 * nobody is told that this side left.
 */

import { speechOptions } from "./sdp.js";
import { codeOf } from "../frame/lib/problem.js";

const RETRY_MS = [300, 1000, 2000, 4000];
// ICE says "disconnected" after about 3 s without an answer, and often recovers by itself at once.
const GRACE_MS = 1_200;
const CONNECT_TIMEOUT_MS = 10_000;
/** @type {Kind[]} */
const KINDS = ["audio", "video"];
const FINAL_CODES = new Set(["wrong_state", "forbidden", "bad_offer", "nothing_in_common", "not_found"]);
const VIDEO_BITRATE = 1_700_000;
const SCREEN_BITRATE = 2_500_000;

/** @typedef {"idle" | "connecting" | "connected" | "reconnecting" | "closed"} LinkState */
/** @typedef {"audio" | "video"} Kind */
/** @typedef {(offer: string) => Promise<{answer: string, ice_servers?: IceServers}>} Join */
/** @typedef {{state: LinkState, remote: MediaStream, refused: Error}} LinkEvents */

/** Events: `state`, `remote` (the other side's tracks), `refused` (the server says no for good). */
export class MediaLink extends /** @type {TypedTargetClass<LinkEvents>} */ (EventTarget) {
  #join;
  #iceServers;
  /** @type {RTCPeerConnection | null} */
  #pc = null;
  /** @type {RTCPeerConnection | null} */
  #first = null; // until there is an answer: nothing of it can be relied on yet
  /** @type {LinkState} */
  #state = "idle";
  /** @type {Record<Kind, MediaStreamTrack | null>} */
  #tracks = { audio: null, video: null };
  #generation = 0;
  #timer = 0;

  /**
   * `join(offer)` rejects with an error with `code`.
   * @param {{join: Join, iceServers?: IceServers}} options
   */
  constructor({ join, iceServers = [] }) {
    super();
    this.#join = join;
    this.#iceServers = iceServers;
    window.addEventListener("online", this.#online);
  }

  /** The connection, also while the first one is still being made; null before `start`. */
  get pc() {
    return this.#pc ?? this.#first;
  }

  get state() {
    return this.#state;
  }

  /**
   * Sends these tracks from now on, also after a rejoin. `null` sends nothing of that kind.
   * @param {Partial<Record<Kind, MediaStreamTrack | null>>} tracks
   */
  async setTracks({ audio = this.#tracks.audio, video = this.#tracks.video }) {
    this.#tracks = { audio, video };
    if (!this.#pc) return;
    for (const transceiver of this.#pc.getTransceivers()) {
      await replace(transceiver.sender, this.#tracks[/** @type {Kind} */ (transceiver.receiver.track.kind)]);
    }
  }

  /** Joins the call's media; again when there is a link already: a fresh one takes its place. */
  start() {
    if (this.#state === "closed") return;
    this.#setState(this.#pc ? "reconnecting" : "connecting");
    this.#connect(++this.#generation);
  }

  close() {
    if (this.#state === "closed") return;
    this.#generation++;
    clearTimeout(this.#timer);
    window.removeEventListener("online", this.#online);
    this.#pc?.close();
    this.#setState("closed");
  }

  /**
   * What `getStats` says in the words of `call/quality.js`; null when there is no link.
   * @returns {Promise<import("./quality.js").Sample | null>}
   */
  async sample() {
    if (!this.#pc || this.#pc.connectionState === "closed") return null;
    /** @type {import("./quality.js").Sample} */
    const sample = { at_ms: performance.now(), packets: 0, lost: 0, frames: 0, rtt_ms: null };
    for (const report of (await this.#pc.getStats()).values()) {
      if (report.type === "inbound-rtp") {
        sample.packets += report.packetsReceived ?? 0;
        sample.lost += Math.max(0, report.packetsLost ?? 0);
        sample.frames += report.framesDecoded ?? 0;
      } else if (report.type === "candidate-pair" && report.nominated && report.currentRoundTripTime) {
        sample.rtt_ms = report.currentRoundTripTime * 1000;
      }
    }
    return sample;
  }

  /** @param {number} generation */
  async #connect(generation) {
    for (let attempt = 0; generation === this.#generation; attempt++) {
      try {
        await this.#joinOnce(generation);
        return;
      } catch (problem) {
        if (generation !== this.#generation) return;
        if (FINAL_CODES.has(codeOf(problem))) {
          this.dispatchEvent(new CustomEvent("refused", { detail: problem }));
          return;
        }
        await sleep(RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]);
      }
    }
  }

  /** @param {number} generation */
  async #joinOnce(generation) {
    const pc = new RTCPeerConnection({ iceServers: this.#iceServers, bundlePolicy: "max-bundle" });
    if (!this.#pc) this.#first = pc;
    try {
      for (const kind of KINDS) {
        const transceiver = pc.addTransceiver(this.#tracks[kind] ?? kind, { direction: "sendrecv" });
        preferCodecs(transceiver, kind);
      }
      await pc.setLocalDescription(await pc.createOffer());
      const offer = pc.localDescription?.sdp ?? "";
      const { answer, ice_servers: iceServers } = await this.#join(offer);
      if (generation !== this.#generation) throw new Error("superseded");
      if (iceServers) this.#iceServers = iceServers;
      await pc.setRemoteDescription({ type: "answer", sdp: speechOptions(answer) });
    } catch (problem) {
      pc.close();
      throw problem;
    }
    const old = this.#pc;
    this.#pc = pc;
    this.#first = null;
    old?.close();
    // A track may have been switched while the answer was on its way.
    await this.setTracks({});
    const remote = new MediaStream(pc.getReceivers().map((receiver) => receiver.track));
    this.dispatchEvent(new CustomEvent("remote", { detail: remote }));
    pc.onconnectionstatechange = () => this.#follow(pc);
    this.#restartIn(CONNECT_TIMEOUT_MS, pc);
    this.#follow(pc);
  }

  /** @param {RTCPeerConnection} pc */
  #follow(pc) {
    if (pc !== this.#pc) return;
    if (pc.connectionState === "connected") {
      clearTimeout(this.#timer);
      this.#setState("connected");
    } else if (pc.connectionState === "disconnected") {
      this.#setState("reconnecting");
      this.#restartIn(GRACE_MS, pc);
    } else if (pc.connectionState === "failed") {
      this.start();
    }
  }

  /** @param {number} delayMs @param {RTCPeerConnection} pc */
  #restartIn(delayMs, pc) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (pc === this.#pc && pc.connectionState !== "connected") this.start();
    }, delayMs);
  }

  #online = () => {
    if (this.#pc && this.#pc.connectionState !== "connected") this.start();
  };

  /** @param {LinkState} state */
  #setState(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }
}

/** @param {RTCRtpSender} sender @param {MediaStreamTrack | null} track */
async function replace(sender, track) {
  if (sender.track !== track) await sender.replaceTrack(track);
  if (!track || track.kind !== "video") return;
  const parameters = sender.getParameters();
  if (!parameters.encodings?.length) return; // not negotiated yet
  const screen = track.contentHint === "detail";
  parameters.encodings[0].maxBitrate = screen ? SCREEN_BITRATE : VIDEO_BITRATE;
  parameters.degradationPreference = screen ? "maintain-resolution" : "balanced";
  await sender.setParameters(parameters).catch(() => {}); // a hint only: some browsers refuse it
}

/**
 * VP8 first, H.264 second; Opus, each packet with the audio of the one before where the browser can
 * (it sends what is first): what the relay carries, in its order of preference.
 * @param {RTCRtpTransceiver} transceiver
 * @param {Kind} kind
 */
function preferCodecs(transceiver, kind) {
  const wanted = kind === "video" ? ["video/vp8", "video/h264", "video/rtx"] : ["audio/red", "audio/opus"];
  const known = RTCRtpReceiver.getCapabilities?.(kind)?.codecs ?? [];
  const codecs = wanted.flatMap((type) => known.filter((codec) => codec.mimeType.toLowerCase() === type));
  if (codecs.length && transceiver.setCodecPreferences) transceiver.setCodecPreferences(codecs);
}

/** @param {number} ms */
function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Makes a ringing call heard and seen outside the page: sound, tab title, desktop notification. */

import { t } from "../frame/lib/text.js";

// Two short chords and a pause, like an old telephone: [start in s, length in s].
const BURSTS = [[0, 0.4], [0.6, 0.4]];
const PERIOD_MS = 2_600;
const TONES_HZ = [587.33, 739.99];
const VOLUME = 0.16;
const TITLE_MS = 1_000;

export class Ringer {
  /** @type {AudioContext | null} */
  #context = null;
  #timer = 0;
  #titleTimer = 0;
  #title = document.title;
  /** @type {Map<string, Notification>} */
  #notices = new Map();

  /** True when the browser lets this page make a sound; `unlock` from a press makes it so. */
  get audible() {
    return this.#context?.state === "running";
  }

  async unlock() {
    this.#context ??= new AudioContext();
    await this.#context.resume();
  }

  /** One ring, to try the loudness. */
  async preview() {
    await this.unlock();
    this.#burst();
  }

  /**
   * Rings for these calls until called with none. `onPress(call)` when a notification is pressed.
   * @param {Call[]} calls
   * @param {(call: Call) => void} [onPress]
   */
  ring(calls, onPress = () => {}) {
    clearInterval(this.#titleTimer);
    for (const [id, notice] of this.#notices) {
      if (calls.some((call) => call.id === id)) continue;
      notice.close();
      this.#notices.delete(id);
    }
    if (!calls.length) {
      clearInterval(this.#timer);
      this.#timer = 0;
      document.title = this.#title;
      return;
    }
    if (!this.#timer) {
      this.#burst();
      this.#timer = setInterval(() => this.#burst(), PERIOD_MS);
    }
    this.#flashTitle(calls[0]);
    for (const call of calls) this.#notify(call, onPress);
  }

  #burst() {
    const context = this.#context;
    if (!context || !this.audible) return;
    for (const [start, length] of BURSTS) {
      const gain = context.createGain();
      const from = context.currentTime + start;
      gain.gain.setValueAtTime(0, from);
      gain.gain.linearRampToValueAtTime(VOLUME, from + 0.02); // no click at either end
      gain.gain.setValueAtTime(VOLUME, from + length - 0.08);
      gain.gain.linearRampToValueAtTime(0, from + length);
      gain.connect(context.destination);
      for (const frequency of TONES_HZ) {
        const tone = new OscillatorNode(context, { frequency, type: "triangle" });
        tone.connect(gain);
        tone.start(from);
        tone.stop(from + length);
      }
    }
  }

  /** @param {Call} call */
  #flashTitle(call) {
    const text = `☎ ${t("{name} is calling", { name: call.client.name })}`;
    let on = true;
    document.title = text;
    this.#titleTimer = setInterval(() => {
      on = !on;
      document.title = on ? text : this.#title;
    }, TITLE_MS);
  }

  /** @param {Call} call @param {(call: Call) => void} onPress */
  #notify(call, onPress) {
    if (this.#notices.has(call.id) || !document.hidden || !notificationsAllowed()) return;
    try {
      const notice = new Notification(t("{name} is calling", { name: call.client.name }), {
        body: call.service.title,
        tag: call.id,
        requireInteraction: true,
      });
      notice.onclick = () => {
        window.focus();
        notice.close();
        onPress(call);
      };
      this.#notices.set(call.id, notice);
    } catch {
      // Android only knows notifications of service workers: sound and title remain.
    }
  }
}

export function notificationsAllowed() {
  return "Notification" in window && Notification.permission === "granted";
}

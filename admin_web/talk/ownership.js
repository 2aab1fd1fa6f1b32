/**
 * Which window of this browser carries the call: two that both join would throw each other out.
 *
 * A Web Lock named after the call says it; the browser frees it when the window is gone, crashed
 * or reloaded, so a reload gets it back and a second window does not.
 */

const RELOAD_MS = 1_500; // a reloaded page may still hold it for a moment

export class Ownership {
  /** @type {((value?: unknown) => void) | null} */
  #release = null;

  /**
   * True when this window carries the call from now on. `steal` takes it from another window,
   * whose `onLost` is then called.
   * @param {string} callId
   * @param {{steal?: boolean, onLost?: () => void}} [options]
   * @returns {Promise<boolean>}
   */
  async take(callId, { steal = false, onLost = () => {} } = {}) {
    if (!navigator.locks) return true; // no secure context: there is no media either
    this.release();
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), RELOAD_MS);
    return new Promise((resolve) => {
      navigator.locks
        .request(`tipmeet.call.${callId}`, steal ? { steal } : { signal: timeout.signal }, () => {
          clearTimeout(timer);
          resolve(true);
          return new Promise((release) => (this.#release = release));
        })
        .catch(() => {
          // Refused in time: another window has it. Afterwards: another window took it.
          if (this.#release) onLost();
          this.#release = null;
          resolve(false);
        });
    });
  }

  release() {
    this.#release?.();
    this.#release = null;
  }
}

/** Keeps a phone's screen on: a sleeping phone ends calls and takes a provider off duty. */

/** @type {WakeLockSentinel | null} */
let lock = null;
let wanted = false;

/** On until called with false; the browser lets go by itself while the page is hidden. @param {boolean} on */
export async function keepAwake(on) {
  wanted = on;
  if (!on) {
    await lock?.release().catch(() => {});
    lock = null;
  } else if (navigator.wakeLock && document.visibilityState === "visible" && (!lock || lock.released)) {
    // Refused with a low battery or by settings: nothing depends on it.
    lock = await navigator.wakeLock.request("screen").catch(() => null);
    if (!wanted) await keepAwake(false);
  }
}

document.addEventListener("visibilitychange", () => wanted && keepAwake(true));

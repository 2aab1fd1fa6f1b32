/** The server's clock on this page: deadlines are its times, and this device's clock may be wrong. */

let offsetMs = 0;

/**
 * Call once at load with the server's time of rendering: the page's first byte left right after.
 * @param {number} nowMs
 */
export function setServerNow(nowMs) {
  const [navigation] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
  const arrived = navigation?.responseStart ? performance.timeOrigin + navigation.responseStart : Date.now();
  offsetMs = nowMs - arrived;
}

export function serverNow() {
  return Date.now() + offsetMs;
}

/**
 * Whole seconds until a server time, never negative; null when there is no deadline.
 * @param {number | null | undefined} deadlineAtMs
 */
export function secondsLeft(deadlineAtMs) {
  return deadlineAtMs ? Math.max(0, Math.ceil((deadlineAtMs - serverNow()) / 1000)) : null;
}

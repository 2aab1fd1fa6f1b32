/** The server's clock on this page: deadlines are its times, and this device's clock may be wrong. */

let offsetMs = 0;

/** Call once at load with the server's time of rendering. */
export function setServerNow(nowMs) {
  if (nowMs) offsetMs = nowMs - Date.now();
}

export function serverNow() {
  return Date.now() + offsetMs;
}

/** Whole seconds until a server time, never negative; null when there is no deadline. */
export function secondsLeft(deadlineAtMs) {
  return deadlineAtMs ? Math.max(0, Math.ceil((deadlineAtMs - serverNow()) / 1000)) : null;
}

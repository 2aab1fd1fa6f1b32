/** Why a microphone or camera cannot be had, and what a person can do about it, in words. */

import { t } from "../frame/lib/text.js";

/** @typedef {"denied" | "dismissed" | "system" | "missing" | "busy" | "insecure" | "unsupported"} Problem */

/**
 * The reason, from the closed list, that a device was not given.
 * @param {unknown} thrown by getUserMedia
 * @returns {Problem}
 */
export function problemOf(thrown) {
  const error = thrown instanceof Error ? thrown : null;
  if (!window.isSecureContext) return "insecure";
  if (!navigator.mediaDevices?.getUserMedia || !window.RTCPeerConnection) return "unsupported";
  if (error?.name === "NotAllowedError" || error?.name === "SecurityError") {
    if (/dismissed/i.test(error.message)) return "dismissed";
    if (/system/i.test(error.message)) return "system";
    return "denied";
  }
  if (error?.name === "NotFoundError" || error?.name === "OverconstrainedError") return "missing";
  return "busy"; // NotReadableError, AbortError: the device is there and does not open
}

/** What happened, as a heading. @param {Problem} problem */
export function microphoneHeadline(problem) {
  return {
    denied: t("This page may not use your microphone"),
    dismissed: t("The question about your microphone was closed without an answer"),
    system: t("Your system does not let the browser use the microphone"),
    missing: t("No microphone was found"),
    busy: t("Your microphone does not open"),
    insecure: t("Microphones only work on a secure page"),
    unsupported: t("This browser cannot make calls"),
  }[problem];
}

/**
 * How to mend it in this browser: a list of steps.
 * @param {Problem} problem
 * @param {Browser} [browser]
 */
export function microphoneSteps(problem, browser = browserName()) {
  if (problem === "denied") return [...allowSteps(browser), t("Then press “Try again”.")];
  return {
    dismissed: [t("Press “Try again” and answer “Allow” when the browser asks.")],
    system: [
      t("On a Mac: System Settings → Privacy & Security → Microphone → switch your browser on."),
      t("On Windows: Settings → Privacy & security → Microphone → let desktop apps access your microphone."),
      t("Then press “Try again”. Some browsers must be restarted first."),
    ],
    missing: [t("Plug in a microphone or a headset."), t("Then press “Try again”.")],
    busy: [
      t("Close other programs and tabs that may be using it (meetings, recorders)."),
      t("Unplug the microphone and plug it in again if it has a cable."),
      t("Then press “Try again”."),
    ],
    insecure: [t("Open this page with an address that begins with https://.")],
    unsupported: [t("Use a current Chrome, Edge, Firefox or Safari.")],
  }[problem];
}

/** One sentence for a camera that does not work: the call goes on with sound. @param {Problem} problem */
export function cameraNotice(problem) {
  /** @type {Partial<Record<Problem, string>>} */
  const reasons = {
    denied: t("This page may not use your camera."),
    dismissed: t("The question about your camera was closed without an answer."),
    system: t("Your system does not let the browser use the camera."),
    missing: t("No camera was found."),
    busy: t("Your camera does not open: another program may be using it."),
  };
  const why = reasons[problem] ?? t("Your camera cannot be used.");
  return `${why} ${t("The call goes on with sound only.")}`;
}

/** @typedef {"ios" | "safari" | "firefox" | "firefox_android" | "chrome_android" | "edge" | "chrome"} Browser */

/**
 * Which browser's words to use.
 * @returns {Browser}
 */
export function browserName(agent = navigator.userAgent, touchPoints = navigator.maxTouchPoints) {
  if (/iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touchPoints > 1)) return "ios";
  if (/Firefox\//.test(agent)) return /Android/.test(agent) ? "firefox_android" : "firefox";
  if (/Edg\//.test(agent)) return "edge";
  if (/Android/.test(agent)) return "chrome_android";
  if (/Chrome\/|Chromium\//.test(agent)) return "chrome";
  return /Safari\//.test(agent) ? "safari" : "chrome";
}

/** @param {Browser} browser */
function allowSteps(browser) {
  return {
    chrome: [
      t("Press the icon left of the address (two sliders or a padlock)."),
      t("Switch “Microphone” on (and “Camera” for a picture)."),
    ],
    edge: [
      t("Press the padlock left of the address, then “Permissions for this site”."),
      t("Set “Microphone” to “Allow” (and “Camera” for a picture)."),
    ],
    firefox: [
      t("Press the crossed-out microphone left of the address."),
      t("Remove “Blocked” beside “Use the microphone” (and “Use the camera” for a picture)."),
    ],
    safari: [
      t("In the menu choose Safari → Settings for this website."),
      t("Set “Microphone” to “Allow” (and “Camera” for a picture)."),
    ],
    ios: [
      t("Press the page settings icon beside the address, then “Website Settings”."),
      t("Set “Microphone” to “Allow” (and “Camera” for a picture)."),
      t("If it is not there: Settings → Apps → your browser → Microphone."),
    ],
    chrome_android: [
      t("Press the icon left of the address, then “Permissions”."),
      t("Switch “Microphone” on (and “Camera” for a picture)."),
    ],
    firefox_android: [
      t("Press the padlock beside the address."),
      t("Press “Blocked” beside “Microphone” until it says “Allowed”."),
    ],
  }[browser];
}

/** Times in the viewer's zone and durations in words and on clocks. */
import { locale, t, tn } from "./text.js";

const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
const dateTimeSeconds = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" });
const date = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
const time = new Intl.DateTimeFormat(locale, { timeStyle: "medium" });

export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
/** @typedef {(ms: number) => string} Format an instant (Unix milliseconds) as text */
/** @type {Format} */
export const formatDateTime = (ms) => dateTime.format(ms);
/** @type {Format} */
export const formatDateTimeSeconds = (ms) => dateTimeSeconds.format(ms);
/** @type {Format} */
export const formatDate = (ms) => date.format(ms);
/** @type {Format} */
export const formatTime = (ms) => time.format(ms);

const hourMinute = new Intl.DateTimeFormat(locale, { timeStyle: "short" });

/** A time of today as "9:12", an earlier one with its date. @param {number} ms @param {number} [nowMs] */
export function formatMoment(ms, nowMs = Date.now()) {
  const today = new Date(ms).toDateString() === new Date(nowMs).toDateString();
  return (today ? hourMinute : dateTime).format(ms);
}

/** 75 → "1:15", 3675 → "1:01:15" @param {number} seconds */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const s = String(whole % 60).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${s}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${s}`;
}

/** 75 → "1 min 15 s", 7200 → "2 h" @param {number} seconds */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const h = Math.floor(whole / 3600);
  const m = Math.floor((whole % 3600) / 60);
  const s = whole % 60;
  const parts = [];
  if (h) parts.push(t("{n} h", { n: h }));
  if (m) parts.push(t("{n} min", { n: m }));
  if (s && !h) parts.push(t("{n} s", { n: s }));
  return parts.join(" ") || t("{n} s", { n: 0 });
}

/**
 * What a balance buys, rounded down and in words: 754 → "12 minutes", 42 → "42 seconds".
 * @param {number} seconds
 */
export function talkTime(seconds) {
  if (seconds < 60) return tn(seconds, "{n} second", "{n} seconds");
  if (seconds < 7200) return tn(Math.floor(seconds / 60), "{n} minute", "{n} minutes");
  return tn(Math.floor(seconds / 3600), "{n} hour", "{n} hours");
}

/**
 * Rewrites every `<time data-at-ms>` inside `root` into the viewer's zone.
 * data-format: "datetime" (default), "seconds", "date" or "time".
 * @param {ParentNode} [root]
 */
export function localizeTimes(root = document) {
  /** @type {Record<string, Intl.DateTimeFormat>} */
  const formats = { seconds: dateTimeSeconds, date, time };
  for (const element of /** @type {NodeListOf<HTMLTimeElement>} */ (root.querySelectorAll("time[data-at-ms]"))) {
    const ms = Number(element.dataset.atMs);
    element.textContent = (formats[element.dataset.format ?? ""] ?? dateTime).format(ms);
    element.title = `${dateTimeSeconds.format(ms)} (${zone})`;
  }
}

/** Times in the viewer's zone and durations in words and on clocks. */
import { locale, t, tn } from "./text.js";

const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
const dateTimeSeconds = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" });
const date = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
const time = new Intl.DateTimeFormat(locale, { timeStyle: "medium" });

export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
export const formatDateTime = (ms) => dateTime.format(ms);
export const formatDateTimeSeconds = (ms) => dateTimeSeconds.format(ms);
export const formatDate = (ms) => date.format(ms);
export const formatTime = (ms) => time.format(ms);

const hourMinute = new Intl.DateTimeFormat(locale, { timeStyle: "short" });

/** A time of today as "9:12", an earlier one with its date. */
export function formatMoment(ms, nowMs = Date.now()) {
  const today = new Date(ms).toDateString() === new Date(nowMs).toDateString();
  return (today ? hourMinute : dateTime).format(ms);
}

/** 75 → "1:15", 3675 → "1:01:15" */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const s = String(whole % 60).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${s}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${s}`;
}

/** 75 → "1 min 15 s", 7200 → "2 h" */
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

/** What a balance buys, rounded down and in words: 754 → "12 minutes", 42 → "42 seconds". */
export function talkTime(seconds) {
  if (seconds < 60) return tn(seconds, "{n} second", "{n} seconds");
  if (seconds < 7200) return tn(Math.floor(seconds / 60), "{n} minute", "{n} minutes");
  return tn(Math.floor(seconds / 3600), "{n} hour", "{n} hours");
}

/**
 * Rewrites every `<time data-at-ms>` inside `root` into the viewer's zone.
 * data-format: "datetime" (default), "seconds", "date" or "time".
 */
export function localizeTimes(root = document) {
  const formats = { seconds: dateTimeSeconds, date, time };
  for (const element of root.querySelectorAll("time[data-at-ms]")) {
    const ms = Number(element.dataset.atMs);
    element.textContent = (formats[element.dataset.format] ?? dateTime).format(ms);
    element.title = `${dateTimeSeconds.format(ms)} (${zone})`;
  }
}

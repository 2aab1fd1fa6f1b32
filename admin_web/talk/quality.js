/** How good the connection is, in words: pure functions over what the link and the server measure. */

import { t } from "../frame/lib/text.js";

const FAIR = { loss: 0.02, rtt_ms: 250 };
const POOR = { loss: 0.08, rtt_ms: 600 };
const SILENT_MS = 2_500;
// A grade must be seen this often in a row before the words change: no flicker.
const STEADY = 2;

/**
 * What `MediaLink.sample` counts: received and lost packets, decoded frames since the link began.
 * @typedef {{at_ms: number, packets: number, lost: number, frames: number, rtt_ms: number | null}} Sample
 */
/** @typedef {"none" | "poor" | "fair" | "good"} Grade */

/**
 * The grade between two samples of `MediaLink.sample` and the server's last `quality`:
 * `none` (nothing arrives), `poor`, `fair`, `good`.
 * @param {Sample} before
 * @param {Sample} after
 * @param {LineQuality | null} [server]
 * @returns {Grade}
 */
export function grade(before, after, server = null) {
  const packets = after.packets - before.packets;
  if (packets <= 0 && after.at_ms - before.at_ms >= SILENT_MS) return "none";
  const lost = Math.max(0, after.lost - before.lost);
  const own = packets + lost > 0 ? lost / (packets + lost) : 0;
  const loss = Math.max(own, server?.loss ?? 0);
  const rtt = Math.max(after.rtt_ms ?? 0, server?.rtt_ms ?? 0);
  if (loss >= POOR.loss || rtt >= POOR.rtt_ms) return "poor";
  if (loss >= FAIR.loss || rtt >= FAIR.rtt_ms) return "fair";
  return "good";
}

/**
 * Turns grades into a steady one. `next(grade)` returns what to show.
 * @param {Grade} [initial]
 * @returns {(grade: Grade) => Grade}
 */
export function steady(initial = "good") {
  let shown = initial;
  let candidate = initial;
  let seen = 0;
  return (value) => {
    seen = value === candidate ? seen + 1 : 1;
    candidate = value;
    if (seen >= STEADY) shown = candidate;
    return shown;
  };
}

/** @param {Grade} value */
export function qualityText(value) {
  return {
    none: t("Nothing arrives"),
    poor: t("Poor connection"),
    fair: t("Fair connection"),
    good: t("Good connection"),
  }[value];
}

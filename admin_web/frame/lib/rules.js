/** The first seconds of a tariff in words, for previews (pages get the same sentence from words.py). */
import { t, tn } from "./text.js";

/** @param {FreeStart} tariff */
export function freeRule({ price_micros: price, threshold_s: threshold, threshold_mode: mode }) {
  if (price === 0) return t("This call is free.");
  if (threshold === 0) return t("Charging starts with the first second.");
  const time = tn(threshold, "{n} second", "{n} seconds");
  return mode === "gift"
    ? t("The first {time} are free. Charging starts after them.", { time })
    : t("{time} to decide: hang up in time and pay nothing. Talk on and the call is charged from the first second.", { time });
}

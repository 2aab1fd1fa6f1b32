/** What the meter says, in words and figures: pure functions over a Tariff and a Meter. */

import { money, rate } from "../lib/money.js";
import { t, tn } from "../lib/text.js";
import { clock, duration, talkTime } from "../lib/time.js";

/**
 * `{ phase, free, elapsed, charged, balance, earned, left, low }`, every figure as text and
 * null where it does not apply. Phases: `waiting` (no proof yet), `free_call`, `free`, `charging`.
 */
export function meterView(tariff, meter, lowS = 120) {
  const figures = { free: null, charged: null, balance: null, earned: null, left: null, low: false };
  const phase = phaseOf(tariff, meter);
  const elapsed = clock(meter?.seconds ?? 0);
  if (phase === "free_call") return { ...figures, phase, elapsed, free: t("Free call") };
  const digits = tickDigits(tariff);
  // A commission makes finer steps than the price: one decimal more, so that each second shows.
  const known = (micros, more = 0) =>
    micros === null || micros === undefined ? null : money(micros, { digits: digits + more });
  if (phase !== "charging") {
    const left = meter?.free_left_s ?? tariff.threshold_s;
    if (left > 0) figures.free = t("{n} s free left", { n: left });
  }
  return {
    ...figures,
    phase,
    elapsed,
    charged: money(meter?.charged_micros ?? 0, { digits }),
    balance: known(meter?.balance_micros),
    earned: known(meter?.provider_micros, 1),
    left: meter?.affordable_s === null || meter?.affordable_s === undefined ? null : clock(meter.affordable_s),
    low: phase === "charging" && meter.affordable_s !== null && meter.affordable_s <= lowS,
  };
}

export function phaseOf(tariff, meter) {
  if (tariff.price_micros === 0) return "free_call";
  if (!meter) return "waiting";
  if (meter.charged_micros > 0) return "charging";
  return meter.free_left_s > 0 ? "free" : meter.seconds > 0 ? "charging" : "waiting";
}

/** The rule of the free time as a sentence. `freeProbe`: false when today's free try is used up. */
export function freeRule(tariff, freeProbe = true) {
  if (tariff.price_micros === 0) return t("This call is free.");
  if (!freeProbe) {
    return t("Your free time with this service is used up for today: this call is charged from the first second.");
  }
  if (tariff.threshold_s === 0) return t("The call is charged from the first second.");
  const free = span(tariff.threshold_s);
  return tariff.threshold_mode === "gift"
    ? t("The first {free} are free and stay free.", { free })
    : t("The first {free} are free. Talk on and the call is charged from the first second.", { free });
}

/** How talk time is rounded, or "" when it is not. */
export function incrementRule(tariff) {
  const [first, next] = tariff.increments;
  if (tariff.price_micros === 0 || (first === 1 && next === 1)) return "";
  if (first === next) return t("Charged in steps of {step}.", { step: duration(next) });
  return t("At least {first} are charged, then steps of {step}.", {
    first: duration(first),
    step: duration(next),
  });
}

/** What the client agrees to, naming price and threshold. */
export function consentText(tariff, freeProbe = true) {
  const price = rate(tariff.price_micros, tariff.period_s);
  const free = span(tariff.threshold_s);
  if (!freeProbe || tariff.threshold_s === 0) {
    return t("I agree to pay {price}, charged from the first second.", { price });
  }
  return tariff.threshold_mode === "gift"
    ? t("I agree to pay {price} after the first {free}, which are free.", { price, free })
    : t("I agree to pay {price}. If I hang up within {free}, I pay nothing; if I talk on, the first {free} are charged too.", { price, free });
}

/** Said once, when the free time ends. */
export function chargingText(tariff, side) {
  const price = rate(tariff.price_micros, tariff.period_s);
  if (tariff.threshold_s === 0) return t("The meter runs: {price}.", { price });
  if (side === "provider") return t("The free time is over. The call is being charged at {price}.", { price });
  return tariff.threshold_mode === "gift"
    ? t("The free time is over. From now on the call costs {price}.", { price })
    : t("The free time is over. The call now costs {price}, the first {free} included.", {
      price,
      free: span(tariff.threshold_s),
    });
}

export function warningText(leftS, side, name) {
  const left = talkTime(leftS);
  return side === "client"
    ? t("Your balance lasts for {left} more.", { left })
    : t("{name}’s balance lasts for {left} more.", { name, left });
}

/** A free time inside a sentence: "60 seconds", "5 minutes". */
function span(seconds) {
  return seconds <= 90 || seconds % 60
    ? tn(seconds, "{n} second", "{n} seconds")
    : tn(seconds / 60, "{n} minute", "{n} minutes");
}

/** As many decimals as one second of this price needs, two to four: the figure keeps its width. */
export function tickDigits(tariff) {
  for (const digits of [2, 3]) {
    if ((tariff.price_micros * 10 ** digits) % (tariff.period_s * 1_000_000) === 0) return digits;
  }
  return 4;
}

/** What the meter says, in words and figures: pure functions over a Tariff and a Meter. */

import { charge, exact, money, rate } from "../frame/lib/money.js";
import { t, tn } from "../frame/lib/text.js";
import { clock, duration } from "../frame/lib/time.js";

/** @typedef {"waiting" | "free_call" | "free" | "charging"} Phase */
/**
 * @typedef {{phase: Phase, free: string | null, elapsed: string, charged: string | null, balance: string | null,
 *   earned: string | null, left: string | null, low: boolean}} MeterView
 */

/**
 * `{ phase, free, elapsed, charged, balance, earned, left, low }`, every figure as text and
 * null where it does not apply. Phases: `waiting` (no proof yet), `free_call`, `free`, `charging`.
 * @param {Rates} tariff
 * @param {Meter | null} meter
 * @param {number} [lowS] from how many seconds left on they are `low`
 * @returns {MeterView}
 */
export function meterView(tariff, meter, lowS = 120) {
  /** @type {Omit<MeterView, "phase" | "elapsed">} */
  const figures = { free: null, charged: null, balance: null, earned: null, left: null, low: false };
  const phase = phaseOf(tariff, meter);
  const elapsed = clock(meter?.seconds ?? 0);
  if (phase === "free_call") return { ...figures, phase, elapsed, free: t("Free call") };
  /** @param {number | null | undefined} micros */
  const known = (micros) => (micros === null || micros === undefined ? null : money(micros));
  if (phase !== "charging") {
    const left = meter?.free_left_s ?? tariff.threshold_s;
    if (left > 0) figures.free = isGift(tariff) ? t("{n} s free left", { n: left }) : t("{n} s to decide", { n: left });
  }
  return {
    ...figures,
    phase,
    elapsed,
    charged: charge(meter?.charged_micros ?? 0, meter?.balance_micros ?? null),
    balance: known(meter?.balance_micros),
    earned: known(meter?.provider_micros),
    left: meter?.affordable_s === null || meter?.affordable_s === undefined ? null : clock(meter.affordable_s),
    low: phase === "charging" && meter !== null && meter.affordable_s !== null && meter.affordable_s <= lowS,
  };
}

/**
 * @param {FreeStart} tariff
 * @param {Meter | null} meter
 * @returns {Phase}
 */
export function phaseOf(tariff, meter) {
  if (tariff.price_micros === 0) return "free_call";
  if (!meter) return "waiting";
  if (meter.charged_micros > 0) return "charging";
  return meter.free_left_s > 0 ? "free" : meter.seconds > 0 ? "charging" : "waiting";
}

/**
 * The rule of the free time as a sentence. `freeProbe`: false when today's free try is used up.
 * @param {FreeStart} tariff
 */
export function freeRule(tariff, freeProbe = true) {
  if (tariff.price_micros === 0) return t("This call is free.");
  if (!freeProbe) {
    return isGift(tariff)
      ? t("Your free time with this service is used up for today: this call is charged from the first second.")
      : t("You had your time to decide with this service today: this call is charged from the first second.");
  }
  if (tariff.threshold_s === 0) return t("The call is charged from the first second.");
  const free = span(tariff.threshold_s);
  return isGift(tariff)
    ? t("The first {free} are free and stay free.", { free })
    : t("{free} to decide: hang up in time and pay nothing. Talk on and the call is charged from the first second.", { free });
}

/** How talk time is rounded, or "" when it is not. @param {Rates} tariff */
export function incrementRule(tariff) {
  const [first, next] = tariff.increments;
  if (tariff.price_micros === 0 || (first === 1 && next === 1)) return "";
  if (first === next) return t("Charged in steps of {step}.", { step: duration(next) });
  return t("At least {first} are charged, then steps of {step}.", {
    first: duration(first),
    step: duration(next),
  });
}

/** What the client agrees to, naming price and threshold. @param {Rates} tariff */
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

/** Said once, when the free time ends. @param {Rates} tariff @param {Side} side */
export function chargingText(tariff, side) {
  const price = rate(tariff.price_micros, tariff.period_s);
  if (tariff.threshold_s === 0) return t("The meter runs: {price}.", { price });
  const free = span(tariff.threshold_s);
  if (side === "provider") {
    return isGift(tariff)
      ? t("The free time is over. The call is being charged at {price}.", { price })
      : t("The time to decide is over. The call is being charged at {price}.", { price });
  }
  return isGift(tariff)
    ? t("The free time is over. From now on the call costs {price}.", { price })
    : t("The time to decide is over. The call now costs {price}, the first {free} included.", { price, free });
}

/** Whether the call ends at the limit its client set, not where their money does. @param {Meter | null} meter */
export function endsByLimit(meter) {
  return meter?.ends_by === "spending_cap";
}

/**
 * What ends the call soon. `left` is a time in words or on a clock; `cap` the client's limit (micro-units).
 * @param {{byLimit: boolean, left: string, cap?: number | null}} about
 * @param {Side} side
 * @param {string} name of the other person
 */
export function warningText({ byLimit, left, cap }, side, name) {
  if (side === "client") {
    return byLimit
      ? t("Your limit of {cap} for this call is reached in {left}.", { cap: exact(cap ?? 0), left })
      : t("Your balance is used up in {left}.", { left });
  }
  return byLimit
    ? t("The client’s limit for this call is reached in {left}.", { left })
    : t("{name}’s balance is used up in {left}.", { name, left });
}

/** The heading over the time that is left. @param {Meter | null} meter @param {Side} side */
export function leftLabel(meter, side) {
  if (!endsByLimit(meter)) return t("Time left");
  return side === "client" ? t("Until your limit") : t("Until the client’s limit");
}

/** Free seconds that stay free, whatever comes after them. @param {FreeStart} tariff */
function isGift(tariff) {
  return tariff.threshold_mode === "gift";
}

/** A free time inside a sentence: "60 seconds", "5 minutes". @param {number} seconds */
function span(seconds) {
  return seconds <= 90 || seconds % 60
    ? tn(seconds, "{n} second", "{n} seconds")
    : tn(seconds / 60, "{n} minute", "{n} minutes");
}

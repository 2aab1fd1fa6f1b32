/**
 * Money on screen. Amounts are whole micro-units (1 USD = 1,000,000) and never become a float: the
 * decimal string is built from the integer and handed to Intl as a string.
 */
import { locale, t } from "./text.js";

export const currency = document.documentElement.dataset.currency || "USD";
const MICROS = 1_000_000n;

/** 305000 → "0.305": at least two decimals, no trailing zeros beyond. */
export function decimal(micros, minDigits = 2) {
  const value = BigInt(micros);
  const sign = value < 0n ? "-" : "";
  const size = value < 0n ? -value : value;
  let fraction = (size % MICROS).toString().padStart(6, "0").replace(/0+$/, "");
  fraction = fraction.padEnd(minDigits, "0");
  return `${sign}${size / MICROS}${fraction ? `.${fraction}` : ""}`;
}

const formats = new Map();

function format(digits, signed) {
  const key = `${digits}${signed}`;
  if (!formats.has(key)) {
    formats.set(key, new Intl.NumberFormat(locale, {
      style: "currency",
      currency,
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      signDisplay: signed ? "exceptZero" : "auto",
    }));
  }
  return formats.get(key);
}

/**
 * 300000 → "$0.30", 305000 → "$0.305": exact, as many decimals as the amount has and never under two.
 * `digits` fixes the number of decimals (cut, not rounded up), so that a ticking amount keeps its width.
 */
export function money(micros, { digits, signed = false } = {}) {
  const text = decimal(micros);
  const has = text.split(".")[1]?.length ?? 0;
  if (digits === undefined) return format(has, signed).format(text);
  const cut = has > digits ? text.slice(0, text.length - (has - digits)) : text;
  return format(digits, signed).format(cut);
}

/** "$0.30 per minute" */
export function rate(micros, periodS) {
  return periodS === 3600
    ? t("{price} per hour", { price: money(micros) })
    : t("{price} per minute", { price: money(micros) });
}

/** Reads what a person typed ("0,30", " 1.5 ") into micro-units, or null when it is not an amount. */
export function parseMoney(text) {
  const match = /^(\d{1,9})?(?:[.,](\d{0,6}))?$/.exec(text.trim());
  if (!match || (match[1] === undefined && !match[2])) return null;
  return Number(BigInt(match[1] ?? 0) * MICROS + BigInt((match[2] ?? "").padEnd(6, "0")));
}

/**
 * Money on screen. Amounts are whole micro-units (1 USD = 1,000,000) and never become a float: the
 * decimal string is built from the integer and handed to Intl as a string.
 *
 * A page shows whole coins, as many digits as the currency has (by Intl), and never promises more than
 * there is: what one has is rounded down, what one pays is what the balance shown fell by. Exact
 * amounts stand only where a sum is worked out.
 */
import { locale, t } from "./text.js";

export const currency = document.documentElement.dataset.currency || "USD";
const MICROS = 1_000_000n;
const DIGITS = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
const COIN = 10n ** BigInt(Math.max(0, 6 - DIGITS));

/**
 * 305000 → "0.305": at least two decimals, no trailing zeros beyond.
 * @param {number | bigint} micros
 */
export function decimal(micros, minDigits = 2) {
  const value = BigInt(micros);
  const sign = value < 0n ? "-" : "";
  const size = value < 0n ? -value : value;
  let fraction = (size % MICROS).toString().padStart(6, "0").replace(/0+$/, "");
  fraction = fraction.padEnd(minDigits, "0");
  return `${sign}${size / MICROS}${fraction ? `.${fraction}` : ""}`;
}

/**
 * Micro-units in whole coins, rounded down: towards less money, also below zero.
 * @param {number | bigint} micros
 */
function wholeCoins(micros) {
  const value = BigInt(micros);
  const rest = ((value % COIN) + COIN) % COIN;
  return value - rest;
}

/** @type {Map<string, Intl.NumberFormat>} */
const formats = new Map();

/** @param {number} digits @param {boolean} signed */
function format(digits, signed) {
  const key = `${digits}${signed}`;
  const known = formats.get(key);
  if (known) return known;
  const made = new Intl.NumberFormat(locale, {
    style: "currency",
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    signDisplay: signed ? "exceptZero" : "auto",
  });
  formats.set(key, made);
  return made;
}

/**
 * A decimal string of any length: Intl reads it without making it a float.
 * @param {Intl.NumberFormat} form
 * @param {string} text
 */
const shown = (form, text) => form.format(/** @type {Intl.StringNumericLiteral} */ (text));

/**
 * What somebody has or gets, in whole coins, rounded down: 305000 → "$0.30".
 * @param {number | bigint} micros
 */
export function money(micros, { signed = false } = {}) {
  return shown(format(DIGITS, signed), decimal(wholeCoins(micros), 0));
}

/**
 * What somebody pays, in whole coins: as much as the balance shown falls by, when `balanceLeft` is
 * known; else rounded up.
 * @param {number | bigint} micros
 * @param {number | null} [balanceLeft] micro-units
 */
export function charge(micros, balanceLeft = null) {
  if (balanceLeft === null) return money(-wholeCoins(-BigInt(micros)));
  return money(wholeCoins(BigInt(balanceLeft) + BigInt(micros)) - wholeCoins(balanceLeft));
}

/**
 * To the last micro-unit, where a sum is worked out or a price agreed: 305000 → "$0.305".
 * @param {number | bigint} micros
 */
export function exact(micros) {
  const text = decimal(micros, DIGITS);
  return shown(format(text.split(".")[1]?.length ?? 0, false), text);
}

/**
 * "$0.30 per minute"
 * @param {number} micros
 * @param {number} periodS
 */
export function rate(micros, periodS) {
  return periodS === 3600
    ? t("{price} per hour", { price: exact(micros) })
    : t("{price} per minute", { price: exact(micros) });
}

/**
 * Reads what a person typed ("0,30", " 1.5 ") into micro-units, or null when it is not an amount.
 * @param {string} text
 */
export function parseMoney(text) {
  const match = /^(\d{1,9})?(?:[.,](\d{0,6}))?$/.exec(text.trim());
  if (!match || (match[1] === undefined && !match[2])) return null;
  return Number(BigInt(match[1] ?? 0) * MICROS + BigInt((match[2] ?? "").padEnd(6, "0")));
}

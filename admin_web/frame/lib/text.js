/**
 * Texts of scripts in the reader's language.
 *
 * English is the key. The server puts the translations of the page's language into a JSON block; where a
 * text has none, the English is shown. Placeholders are {name}.
 */
const block = document.getElementById("page-texts");
/** @type {Record<string, string>} */
const texts = block ? JSON.parse(block.textContent) : {};

export const locale = document.documentElement.lang || "en";

/**
 * @param {string} text in English
 * @param {Record<string, string | number>} [values] for its {placeholders}
 */
export function t(text, values = {}) {
  return (texts[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

const plurals = new Intl.PluralRules(locale);

/**
 * A text that depends on a number: `tn(n, "{n} call", "{n} calls")`.
 * Translations of both forms are looked up by the plural text and the category ("{n} calls|few").
 * @param {number} n
 * @param {string} one in English, for one
 * @param {string} other in English, for any other number
 * @param {Record<string, string | number>} [values] for placeholders besides {n}
 */
export function tn(n, one, other, values = {}) {
  const category = plurals.select(n);
  const own = texts[`${other}|${category}`];
  return t(own ?? (n === 1 ? one : other), { n, ...values });
}

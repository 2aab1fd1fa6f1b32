/** The period of a statement: days of the viewer's own zone, presets by month. */
import { $, $$, field } from "../frame/lib/elements.js";

const form = $("[data-period]", document, HTMLFormElement);
const [from, to] = [field(form, "from"), field(form, "to")];

/** @param {number} number @param {number} [digits] */
const pad = (number, digits = 2) => String(number).padStart(digits, "0");
/** @param {number | Date} ms */
const dayOf = (ms) => {
  const day = new Date(ms);
  return `${pad(day.getFullYear(), 4)}-${pad(day.getMonth() + 1)}-${pad(day.getDate())}`;
};
/** The instant at which a day ("2026-11-01"), or the `more`th after it, begins here. @param {string} text @param {number} [more] */
function midnight(text, more = 0) {
  const [year, month, day] = text.split("-").map(Number);
  return new Date(year, month - 1, day + more).getTime();
}

// `to` is the first instant that is not in the period: the day before it is the last one.
// What somebody typed while this script was on its way stays.
if (form.dataset.fromMs && !from.value) from.value = dayOf(Number(form.dataset.fromMs));
if (form.dataset.toMs && !to.value) to.value = dayOf(Number(form.dataset.toMs) - 1);

/** @param {string} first @param {string} last days, or "" for open ends */
function show(first, last) {
  const query = new URLSearchParams();
  if (first) query.set("from", String(midnight(first)));
  if (last) query.set("to", String(midnight(last, 1)));
  // The rest of the address (where to go back to, say) stays.
  const rest = new URLSearchParams(location.search);
  for (const name of ["from", "to", "after", "card"]) rest.delete(name);
  for (const [name, value] of rest) query.set(name, value);
  location.assign(`${location.pathname}?${query}#statement`);
}

/** @param {number} ago @returns {[first: string, last: string]} */
function month(ago) {
  const now = new Date();
  const first = new Date(now.getFullYear(), now.getMonth() - ago, 1);
  const last = new Date(now.getFullYear(), now.getMonth() - ago + 1, 0);
  return [dayOf(first), dayOf(last)];
}

const MONTHS_AGO = new Map([["this", 0], ["last", 1]]);
for (const button of $$("[data-preset]", form)) {
  const days = month(MONTHS_AGO.get(button.dataset.preset ?? "") ?? 0);
  if (days[0] === from.value && days[1] === to.value) button.setAttribute("aria-pressed", "true");
  button.addEventListener("click", () => show(...days));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  show(from.value, to.value);
});

/** The editor of weekly working hours: intervals per weekday, added, removed, copied. */
import { $, $$, copyOf, optional } from "../frame/lib/elements.js";
import { t } from "../frame/lib/text.js";
import { announce } from "../frame/lib/ui.js";

const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri"];
const MOST_INTERVALS = 6; // the server's limit for a day

export class HoursEditor {
  /** @param {HTMLElement} root @param {Hours} hours */
  constructor(root, hours) {
    this.root = root;
    for (const day of $$("[data-day]", root)) {
      $(".hours-intervals", day).dataset.empty = t("Closed");
      for (const [from, to] of hours[day.dataset.day ?? ""] ?? []) this.#add(day, from, to);
      $("[data-add]", day).addEventListener("click", () => {
        const [from, to] = this.#proposal(day);
        const row = this.#add(day, from, to);
        if (row) $("[data-from]", row).focus();
      });
      optional("[data-copy-weekdays]", day)?.addEventListener("click", () => this.#copyToWeekdays(day));
    }
  }

  /** `{mon: [["09:00", "17:00"]], …}`, every day present. */
  value() {
    return Object.fromEntries($$("[data-day]", this.root).map((day) => [day.dataset.day, this.#read(day)]));
  }

  /** @param {HTMLElement} day @returns {Interval[]} */
  #read(day) {
    // A clock field cannot show 24:00: midnight as an end is the end of the day.
    /** @param {string} text */
    const end = (text) => (text === "00:00" ? "24:00" : text);
    return $$(".hours-interval", day).map((row) => {
      const [from, to] = ["[data-from]", "[data-to]"].map((which) => $(which, row, HTMLInputElement).value);
      return [from, end(to)];
    });
  }

  /** After the last interval if there is room in the day, else nine to five. @param {HTMLElement} day @returns {Interval} */
  #proposal(day) {
    const last = this.#read(day).at(-1)?.[1];
    const hour = last ? Number(last.slice(0, 2)) + 1 : 9;
    if (!last || hour > 22) return last ? ["", ""] : ["09:00", "17:00"];
    /** @param {number} n */
    const two = (n) => String(n).padStart(2, "0");
    return [`${two(hour)}:00`, `${two(Math.min(hour + 4, 23))}:00`];
  }

  /** Null when the day is full. @param {HTMLElement} day @param {string} from @param {string} to */
  #add(day, from, to) {
    const place = $(".hours-intervals", day);
    if (place.children.length >= MOST_INTERVALS) return null;
    const row = copyOf("interval");
    const name = day.getAttribute("aria-label") ?? "";
    /** @type {(element: HTMLElement, text: string) => void} */
    const label = (element, text) => element.setAttribute("aria-label", text);
    const [start, end] = [$("[data-from]", row, HTMLInputElement), $("[data-to]", row, HTMLInputElement)];
    const remove = $("[data-remove]", row);
    start.value = from;
    end.value = to === "24:00" ? "00:00" : to;
    label(start, t("{day}, from", { day: name }));
    label(end, t("{day}, to", { day: name }));
    label(remove, t("{day}: remove these hours", { day: name }));
    remove.addEventListener("click", () => {
      row.remove();
      announce(t("Removed."));
      $("[data-add]", day).focus();
    });
    place.append(row);
    return row;
  }

  /** @param {HTMLElement} source */
  #copyToWeekdays(source) {
    const hours = this.#read(source);
    for (const day of $$("[data-day]", this.root)) {
      if (day === source || !WEEKDAYS.includes(day.dataset.day ?? "")) continue;
      $(".hours-intervals", day).replaceChildren();
      for (const [from, to] of hours) this.#add(day, from, to);
    }
    announce(t("Copied to Tuesday to Friday."));
  }
}

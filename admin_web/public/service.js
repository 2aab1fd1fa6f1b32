/** The public page of a service: hours in the viewer's zone, availability that stays true. */
import { get } from "../frame/lib/api.js";
import { locale, t } from "../frame/lib/text.js";
import { zone as viewerZone } from "../frame/lib/time.js";
import { $, $$, el, optional, setText } from "../frame/lib/elements.js";
import { announce } from "../frame/lib/ui.js";
import { intervalIn, offsetMs, weekdayIn } from "./zone.js";

const REFRESH_MS = 10_000;

const weekdayName = new Intl.DateTimeFormat(locale, { weekday: "short", timeZone: "UTC" });
/** @param {number} day 0 is Monday */
const shortDay = (day) => weekdayName.format(Date.UTC(2024, 0, 1 + day)); // 1 January 2024 was a Monday

/** @param {HTMLElement} table */
function showHours(table) {
  const zone = table.dataset.zone ?? "UTC";
  const now = Date.now();
  optional(`tr[data-day="${weekdayIn(zone, now)}"]`, table)?.classList.add("today");
  const note = $("#zone-note");
  if (offsetMs(zone, now) === offsetMs(viewerZone, now)) {
    setText(note, t("Your clock shows the same time."));
    return;
  }
  for (const cell of $$(".viewer-zone", table)) cell.hidden = false;
  for (const row of $$("tbody tr", table)) {
    const day = Number(row.dataset.day);
    const texts = $$("[data-interval]", row).map((place) => {
      const [begin, end] = (place.dataset.interval ?? "").split(" ");
      const { from, to } = intervalIn(viewerZone, zone, day, begin, end, now);
      /** @param {{day: number, time: string}} wall */
      const label = ({ day: at, time }) => (at === day ? time : `${shortDay(at)} ${time}`);
      return from.day === to.day && from.day !== day
        ? `${shortDay(from.day)} ${from.time}–${to.time}`
        : `${label(from)}–${label(to)}`;
    });
    $("td.viewer-zone", row).replaceChildren(...(texts.length ? texts.map((text) => el("span", { class: "nowrap" }, text)) : ["–"]));
  }
  setText(note, t("Your time is that of {zone}.", { zone: viewerZone.replaceAll("_", " ") }));
}

/** @type {Record<Duty, string>} */
const WORDS = { on_duty: t("On duty now"), busy: t("In a call"), off_duty: t("Off duty") };
/** @type {Record<Duty, string>} */
const TONE = { on_duty: "badge badge-ok", busy: "badge badge-warn", off_duty: "badge" };
/** @type {Partial<Record<Duty, string>>} */
const NOTES = {
  busy: t("In a call right now. The Call button appears here as soon as it ends."),
  off_duty: t("Nobody is on duty right now. The Call button appears here as soon as someone is."),
};

/** @param {HTMLElement} card @param {Duty} status */
function showAvailability(card, status) {
  if (card.dataset.status === status || !(status in WORDS)) return;
  card.dataset.status = status;
  const badge = $("#availability");
  badge.className = TONE[status];
  $(".dot", badge).classList.toggle("dot-hollow", status === "off_duty");
  setText($("span:last-child", badge), WORDS[status]);
  const button = optional(".call-button", card);
  const note = optional("#off-duty-note");
  if (button) button.hidden = status !== "on_duty";
  if (note) {
    note.hidden = status === "on_duty";
    setText(note, NOTES[status] ?? "");
  }
  announce(WORDS[status]);
}

/** @param {HTMLElement} card */
function keepFresh(card) {
  const look = async () => {
    if (document.hidden) return;
    try {
      const { service } = await get(`/api/public/services/${card.dataset.slug}`);
      showAvailability(card, service.availability);
    } catch {
      // The next look may succeed; what is shown stays until then.
    }
  };
  setInterval(look, REFRESH_MS);
  document.addEventListener("visibilitychange", look);
}

const table = optional(".hours-table");
if (table) showHours(table);
keepFresh($("#call-card"));

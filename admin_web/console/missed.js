/** The list of missed calls. */

import { get } from "../frame/lib/api.js";
import { t } from "../frame/lib/text.js";
import { formatDateTime } from "../frame/lib/time.js";
import { el } from "../frame/lib/elements.js";

const MISSED = new Set(["no_answer", "cancelled"]);
const SHOWN = 10;

/**
 * Fetches and shows them; leaves what was there when the server cannot be reached.
 * @param {HTMLElement} list
 * @param {HTMLElement} none says that there are none
 */
export async function showMissed(list, none) {
  /** @type {{calls: Call[]} | null} */
  const answer = await get("/api/calls").catch(() => null);
  if (!answer) return;
  const missed = answer.calls.filter((call) => call.side === "provider" && MISSED.has(call.state)).slice(0, SHOWN);
  none.hidden = missed.length > 0;
  list.replaceChildren(...missed.map((call) =>
    el("li", { class: "row-between" },
      el("span", {}, el("strong", {}, call.client.name), ` · ${call.service.title}`),
      el("span", { class: "muted num" },
        `${formatDateTime(call.created_at_ms)} · ${call.state === "cancelled" ? t("stopped calling") : t("not answered")}`))));
}

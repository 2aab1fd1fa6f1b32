/** The operator's pricing rules with a worked example that follows the form. */
import { ApiError, put } from "../../frame/lib/api.js";
import { exact, parseMoney } from "../../frame/lib/money.js";
import { duration } from "../../frame/lib/time.js";
import { $, byId, el, field } from "../../frame/lib/elements.js";
import { onSubmit } from "../../frame/lib/forms.js";
import { t } from "../../frame/lib/text.js";
import { toast } from "../../frame/lib/ui.js";
import { freeRule } from "../../frame/lib/rules.js";
import { sampleTimes, shares } from "../../frame/lib/tariff.js";

const form = byId("pricing", HTMLFormElement);

/** "12.5" → 1250, or what was typed when it is no percentage with at most two decimals. @param {string} text */
function basisPoints(text) {
  const match = /^(\d{1,3})(?:[.,](\d{1,2}))?$/.exec(text.trim());
  return match ? Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0")) : text;
}

/** @type {(first: number, next: number) => [number, number]} */
const pair = (first, next) => [first, next];

function rules() {
  /** @param {string} name */
  const of = (name) => field(form, name).value.trim();
  return {
    commission_bps: basisPoints(of("commission")),
    threshold_s: Number(of("threshold_s")),
    threshold_mode: of("threshold_mode"),
    increments: pair(Number(of("increment_initial")), Number(of("increment_next"))),
    min_minutes: Number(of("min_minutes")),
    price_floor: of("price_floor").replace(",", "."),
    price_cap: of("price_cap").replace(",", "."),
    probe_limit_per_day: Number(of("probe_limit_per_day")),
    ring_s: Number(of("ring_s")),
    interrupted_s: Number(of("interrupted_s")),
    on_hold_s: Number(of("on_hold_s")),
    low_balance_s: of("low_balance_s").split(",").filter((part) => part.trim()).map(Number),
    version: Number(form.dataset.version),
  };
}

function showExample() {
  const { commission_bps: commission, ...rest } = rules();
  const price = parseMoney(byId("example_price", HTMLInputElement).value);
  const whole = [rest.threshold_s, ...rest.increments].every((n) => Number.isInteger(n) && n >= 0);
  const valid = price !== null && typeof commission === "number" && commission <= 10_000 && whole && rest.increments[1] > 0;
  $("#example-table").hidden = !valid;
  if (!valid) {
    $("#example-rule").textContent = t("The example appears when the numbers make sense.");
    return;
  }
  const tariff = { ...rest, commission_bps: commission, price_micros: price, period_s: 60 };
  $("#example-rule").textContent = freeRule(tariff);
  $("#example-table tbody").replaceChildren(...sampleTimes(tariff).map((seconds) => {
    const { charge, provider, platform } = shares(tariff, seconds);
    return el("tr", {},
      el("td", {}, duration(seconds)),
      ...[charge, provider, platform].map((micros) => el("td", { class: "end" }, exact(micros))));
  }));
}
form.addEventListener("input", showExample);
showExample();

onSubmit(form, async () => {
  $("#load-current").hidden = true;
  try {
    const { pricing } = await put("/api/admin/pricing", rules());
    form.dataset.version = pricing.version;
  } catch (error) {
    $("#load-current").hidden = !(error instanceof ApiError && error.code === "conflict");
    throw error;
  }
  toast(t("Saved. Calls that start from now on follow these rules."));
});

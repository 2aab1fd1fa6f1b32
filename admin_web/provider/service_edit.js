/** The provider's service editor: live preview of price and earnings, hours, saving. */
import { del, post, put } from "../frame/lib/api.js";
import { charge as pays, money, parseMoney } from "../frame/lib/money.js";
import { duration, zone } from "../frame/lib/time.js";
import { $, byId, el, field, optional, pageData } from "../frame/lib/elements.js";
import { onSubmit } from "../frame/lib/forms.js";
import { t } from "../frame/lib/text.js";
import { confirmDialog, leaveFor, setBusy, toastError, toastNext } from "../frame/lib/ui.js";
import { HoursEditor } from "./hours.js";
import { freeRule } from "../frame/lib/rules.js";
import { sampleTimes, shares } from "../frame/lib/tariff.js";
import "./services.js";

const form = byId("service", HTMLFormElement);
/** @type {{hours: Hours, pricing: Pricing}} */
const { hours, pricing } = pageData();
const editor = new HoursEditor($("#hours-editor"), hours);

const zones = byId("time_zone", HTMLSelectElement);
if ("guess" in zones.dataset && [...zones.options].some((option) => option.value === zone)) zones.value = zone;

/** Whether the platform's rules allow this price; zero always is. @param {number} price @param {boolean} perHour */
function allowed(price, perHour) {
  const [floor, cap] = [pricing.price_floor, pricing.price_cap].map((text) => Number(parseMoney(text)) * (perHour ? 60 : 1));
  return price === 0 || (price >= floor && price <= cap);
}

function showPreview() {
  const typed = field(form, "price").value;
  const price = parseMoney(typed);
  const perHour = field(form, "period").value === "hour";
  const table = $("#preview-table");
  const rule = $("#preview-rule");
  table.hidden = !price || !allowed(price, perHour);
  if (price === null) {
    rule.textContent = typed.trim() ? t("This is not an amount. Write it like 0.30.") : t("Type a price to see it.");
    return;
  }
  if (!allowed(price, perHour)) {
    rule.textContent = t("This price is outside what the platform allows.");
    return;
  }
  const tariff = { ...pricing, price_micros: price, period_s: perHour ? 3600 : 60 };
  rule.textContent = freeRule(tariff);
  const rows = sampleTimes(tariff).map((seconds) => {
    const { charge, provider } = shares(tariff, seconds);
    return el("tr", {},
      el("td", {}, duration(seconds)),
      el("td", { class: "end" }, pays(charge)),
      el("td", { class: "end" }, money(provider)));
  });
  $("tbody", table).replaceChildren(...rows);
}
field(form, "price").addEventListener("input", showPreview);
field(form, "period").addEventListener("change", showPreview);
showPreview();

const id = form.dataset.id;

onSubmit(form, async (values) => {
  const body = {
    title: values.title,
    kind: values.kind,
    description: values.description,
    qualifications: values.qualifications,
    languages: values.languages.split(",").map((name) => name.trim()).filter(Boolean),
    time_zone: values.time_zone,
    hours: editor.value(),
    price: values.price.trim().replace(",", "."),
    period: values.period,
    published: field(form, "published", HTMLInputElement).checked,
  };
  const { service } = id ? await put(`/api/services/${id}`, body) : await post("/api/services", body);
  toastNext(id ? t("Saved.") : t("Your page is ready. Share its link, and go on duty in the console to be called."));
  await leaveFor(`/services/${service.id}`);
});

const remove = optional("#delete");
remove?.addEventListener("click", async () => {
  const sure = await confirmDialog({
    title: t("Delete this service?"),
    text: t("Its public page stops working at once. Receipts of past calls stay."),
    confirm: t("Delete"),
    danger: true,
  });
  if (!sure) return;
  setBusy(remove, true);
  try {
    await del(`/api/services/${id}`);
    toastNext(t("The service is deleted."));
    await leaveFor("/services");
  } catch (error) {
    toastError(error);
  } finally {
    setBusy(remove, false);
  }
});

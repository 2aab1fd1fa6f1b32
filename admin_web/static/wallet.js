/** Redeeming a voucher. */
import { newKey, post } from "/static/signaling/lib/api.js";
import { money } from "/static/signaling/lib/money.js";
import { $, onSubmit, t, toastNext } from "/static/signaling/lib/ui.js";

const form = $("#voucher");
// One key per code typed: pressing again after a lost answer is the same request, not a second one.
let key = newKey();
form.elements.code.addEventListener("input", () => (key = newKey()));

onSubmit(form, async ({ code }) => {
  const wallet = await post("/api/wallet/vouchers", { code: code.trim() }, { idempotencyKey: key });
  toastNext(t("Added. You now have {amount}.", { amount: money(wallet.available_micros) }));
  location.assign(form.dataset.next || "/wallet");
});

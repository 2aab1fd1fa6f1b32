/** Redeeming a voucher, topping up by card. */
import { get, newKey, post } from "../frame/lib/api.js";
import { money } from "../frame/lib/money.js";
import { byId, field, optional } from "../frame/lib/elements.js";
import { onSubmit } from "../frame/lib/forms.js";
import { t } from "../frame/lib/text.js";
import { leaveFor, toastNext } from "../frame/lib/ui.js";

const form = byId("voucher", HTMLFormElement);
// One key per code typed: pressing again after a lost answer is the same request, not a second one.
let key = newKey();
field(form, "code").addEventListener("input", () => (key = newKey()));

onSubmit(form, async ({ code }) => {
  const wallet = await post("/api/wallet/vouchers", { code: code.trim() }, { idempotencyKey: key });
  toastNext(t("Added. You now have {amount}.", { amount: money(wallet.available_micros) }));
  await leaveFor(form.dataset.next || "/wallet");
});

const cardForm = optional("#card-form", document, HTMLFormElement);
if (cardForm) {
  let cardKey = newKey();
  field(cardForm, "amount").addEventListener("input", () => (cardKey = newKey()));
  onSubmit(cardForm, async ({ amount }) => {
    const { url } = await post("/api/wallet/checkout", { amount: amount.trim() }, { idempotencyKey: cardKey });
    await leaveFor(url);
  });
}

// Back from the payment page: the confirmation comes from Stripe by its own way, usually at once.
const paid = optional("#card-paid");
const TRIES = 20;
/** @param {number} tries */
async function awaitPayment(tries) {
  const wallet = await get("/api/wallet").catch(() => null);
  if (wallet && wallet.available_micros !== Number(paid?.dataset.available)) {
    toastNext(t("Added. You now have {amount}.", { amount: money(wallet.available_micros) }));
    location.replace("/wallet");
  } else if (tries > 1) setTimeout(awaitPayment, 1500, tries - 1);
}
if (paid) setTimeout(awaitPayment, 1000, TRIES);

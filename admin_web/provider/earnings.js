/** Asking for a payout. */
import { post } from "../frame/lib/api.js";
import { money } from "../frame/lib/money.js";
import { $, byId } from "../frame/lib/elements.js";
import { t } from "../frame/lib/text.js";
import { leaveFor, toastNext } from "../frame/lib/ui.js";
import { amountOf, dialogForm } from "../frame/lib/dialogs.js";

const open = dialogForm(byId("payout-dialog", HTMLDialogElement), async ({ amount, note }, _about, key) => {
  const { payout } = await post("/api/payouts", { amount: amountOf(amount), note: note.trim() }, { idempotencyKey: key });
  toastNext(t("Requested: {amount}. The operator is asked to pay it.", { amount: money(payout.amount_micros) }));
  await leaveFor("/earnings");
});

const button = $("#ask-payout");
button.addEventListener("click", () => button.getAttribute("aria-disabled") !== "true" && open({}));

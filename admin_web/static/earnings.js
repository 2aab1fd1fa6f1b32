/** Asking for a payout. */
import { post } from "/static/signaling/lib/api.js";
import { money } from "/static/signaling/lib/money.js";
import { $, leaveFor, t, toastNext } from "/static/signaling/lib/ui.js";
import { amountOf, dialogForm } from "./dialogs.js";

const open = dialogForm($("#payout-dialog"), async ({ amount, note }, _about, key) => {
  const { payout } = await post("/api/payouts", { amount: amountOf(amount), note: note.trim() }, { idempotencyKey: key });
  toastNext(t("Requested: {amount}. The operator is asked to pay it.", { amount: money(payout.amount_micros) }));
  await leaveFor("/earnings");
});

const button = $("#ask-payout");
button.addEventListener("click", () => button.getAttribute("aria-disabled") !== "true" && open());

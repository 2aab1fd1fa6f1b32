/** The operator credits a client's wallet, or gives a card payment back. */
import { post } from "../../frame/lib/api.js";
import { money } from "../../frame/lib/money.js";
import { $$, byId, optional } from "../../frame/lib/elements.js";
import { t } from "../../frame/lib/text.js";
import { leaveFor, toast, toastNext } from "../../frame/lib/ui.js";
import { amountOf, dialogForm } from "../../frame/lib/dialogs.js";

const creditDialog = byId("credit-dialog", HTMLDialogElement);
const openCredit = dialogForm(creditDialog, async ({ amount, note }, /** @type {{id: string, name: string}} */ { id, name }, key) => {
  const { available_micros: balance } = await post(
    `/api/admin/users/${id}/credit`,
    { amount: amountOf(amount), note: note.trim() },
    { idempotencyKey: key },
  );
  for (const cell of $$("[data-balance]")) {
    if (cell.dataset.balance === id) cell.textContent = money(balance);
  }
  creditDialog.close();
  toast(t("Credited. {name} now has {amount}.", { name, amount: money(balance) }));
});
for (const button of $$("[data-credit]")) {
  const { credit: id = "", name = "" } = button.dataset;
  button.addEventListener("click", () => openCredit({ id, name }, {}, t("Credit to {name}", { name })));
}

const refundDialog = optional("#card-refund-dialog", document, HTMLDialogElement);
if (refundDialog) {
  const user = location.pathname.split("/").pop();
  const openRefund = dialogForm(refundDialog, async ({ amount }, /** @type {{topUp: string}} */ { topUp }, key) => {
    const body = { top_up: topUp, amount: amountOf(amount) };
    await post(`/api/admin/users/${user}/card-refunds`, body, { idempotencyKey: key });
    toastNext(t("The money is on its way back to the card."));
    await leaveFor(location.pathname);
  });
  for (const button of $$("[data-refund]")) {
    const { refund: topUp = "", most = "" } = button.dataset;
    button.addEventListener("click", () => openRefund({ topUp }, { amount: most }));
  }
}

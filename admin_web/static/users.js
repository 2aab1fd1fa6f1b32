/** Crediting a client's wallet. */
import { newKey, post } from "/static/signaling/lib/api.js";
import { money } from "/static/signaling/lib/money.js";
import { $, $$, clearErrors, onSubmit, t, toast } from "/static/signaling/lib/ui.js";

const dialog = $("#credit-dialog");
const form = $("#credit");
let client = { id: "", name: "" };
let key = "";

for (const button of $$("[data-credit]")) {
  button.addEventListener("click", () => {
    client = { id: button.dataset.credit, name: button.dataset.name };
    form.reset();
    clearErrors(form);
    key = newKey();
    $("#credit-title").textContent = t("Credit to {name}", { name: client.name });
    dialog.showModal();
    form.elements.amount.focus();
  });
}
// Another amount is another command; the same one pressed again after a lost answer is not.
form.addEventListener("input", () => (key = newKey()));
$("#credit-cancel").addEventListener("click", () => dialog.close());

onSubmit(form, async ({ amount, note }) => {
  const { available_micros: balance } = await post(
    `/api/admin/users/${client.id}/credit`,
    { amount: amount.trim().replace(",", "."), note: note.trim() },
    { idempotencyKey: key },
  );
  for (const cell of $$("[data-balance]")) {
    if (cell.dataset.balance === client.id) cell.textContent = money(balance);
  }
  dialog.close();
  toast(t("Credited. {name} now has {amount}.", { name: client.name, amount: money(balance) }));
});

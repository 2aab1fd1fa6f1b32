/** The operator settles payouts. */
import { post } from "../../frame/lib/api.js";
import { money } from "../../frame/lib/money.js";
import { $, $$, leaveFor, t, toastNext } from "../../frame/lib/ui.js";
import { dialogForm } from "../../frame/lib/dialogs.js";

const here = location.pathname + location.search;

const openPay = dialogForm($("#pay-dialog"), async ({ reference }, { id, name, sum }) => {
  await post(`/api/admin/payouts/${id}/pay`, { reference: reference.trim() });
  toastNext(t("Paid: {sum} to {name}.", { sum, name }));
  await leaveFor(here);
});

const openReject = dialogForm($("#reject-dialog"), async ({ reason }, { id, name, sum }) => {
  await post(`/api/admin/payouts/${id}/reject`, { reason: reason.trim() });
  toastNext(t("Rejected: {sum} of {name}.", { sum, name }));
  await leaveFor(here);
});

const about = ({ name, micros }, id) => ({ id, name, sum: money(micros) });

for (const button of $$("[data-pay]")) {
  const what = about(button.dataset, button.dataset.pay);
  button.addEventListener("click", () => openPay(what, {}, t("Paid {sum} to {name}?", what)));
}
for (const button of $$("[data-reject]")) {
  const what = about(button.dataset, button.dataset.reject);
  button.addEventListener("click", () => openReject(what, {}, t("Reject {sum} of {name}?", what)));
}

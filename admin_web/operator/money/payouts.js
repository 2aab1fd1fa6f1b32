/** The operator settles payouts. */
import { post } from "../../frame/lib/api.js";
import { money } from "../../frame/lib/money.js";
import { $$, byId } from "../../frame/lib/elements.js";
import { t } from "../../frame/lib/text.js";
import { leaveFor, toastNext } from "../../frame/lib/ui.js";
import { dialogForm } from "../../frame/lib/dialogs.js";

/** @typedef {{id: string, name: string, sum: string}} About */

const here = location.pathname + location.search;

const openPay = dialogForm(byId("pay-dialog", HTMLDialogElement), async ({ reference }, /** @type {About} */ { id, name, sum }) => {
  await post(`/api/admin/payouts/${id}/pay`, { reference: reference.trim() });
  toastNext(t("Paid: {sum} to {name}.", { sum, name }));
  await leaveFor(here);
});

const openReject = dialogForm(byId("reject-dialog", HTMLDialogElement), async ({ reason }, /** @type {About} */ { id, name, sum }) => {
  await post(`/api/admin/payouts/${id}/reject`, { reason: reason.trim() });
  toastNext(t("Rejected: {sum} of {name}.", { sum, name }));
  await leaveFor(here);
});

/** @type {(data: DOMStringMap, id?: string) => About} */
const about = ({ name = "", micros = "0" }, id = "") => ({ id, name, sum: money(BigInt(micros)) });

for (const button of $$("[data-pay]")) {
  const what = about(button.dataset, button.dataset.pay);
  button.addEventListener("click", () => openPay(what, {}, t("Paid {sum} to {name}?", what)));
}
for (const button of $$("[data-reject]")) {
  const what = about(button.dataset, button.dataset.reject);
  button.addEventListener("click", () => openReject(what, {}, t("Reject {sum} of {name}?", what)));
}

/** A receipt: printing, reporting a problem; for the operator refunds and decisions. */
import { ApiError, post } from "../frame/lib/api.js";
import { parseMoney } from "../frame/lib/money.js";
import { byId, optional } from "../frame/lib/elements.js";
import { t } from "../frame/lib/text.js";
import { leaveFor, toastNext } from "../frame/lib/ui.js";
import { amountOf, dialogForm } from "../frame/lib/dialogs.js";

const call = location.pathname.split("/").pop();

optional("#print")?.addEventListener("click", () => window.print());

/**
 * Opens a dialog by a button that is not on every copy of the receipt.
 * @param {HTMLElement | null} button
 * @param {string} dialog its id
 * @param {(typed: Record<string, string>, key: string) => Promise<string>} send resolves with what to say
 * @param {() => Record<string, string>} [values] what the form proposes
 */
function bind(button, dialog, send, values = () => ({})) {
  if (!button) return;
  const open = dialogForm(byId(dialog, HTMLDialogElement), async (typed, _about, key) => {
    toastNext(await send(typed, key));
    await leaveFor(location.pathname);
  });
  button.addEventListener("click", () => open({}, values()));
}

bind(optional("#report-open"), "report-dialog", async ({ reason }) => {
  await post(`/api/calls/${call}/dispute`, { reason: reason.trim() });
  return t("Reported. The operator looks at it.");
});

const refund = optional("#refund-open");
bind(refund, "refund-dialog", async ({ amount, reason }, idempotencyKey) => {
  const body = { amount: amountOf(amount), reason: reason.trim() };
  await post(`/api/admin/calls/${call}/refunds`, body, { idempotencyKey });
  return t("Refunded.");
}, () => ({ amount: refund?.dataset.left ?? "" }));

const decide = optional("#decide-refund");
bind(decide, "decide-dialog", async ({ amount, answer }) => {
  if (parseMoney(amount) === 0) {
    throw new ApiError("", { fields: { amount: t("Write how much goes back, or reject the report.") } });
  }
  await post(`/api/admin/calls/${call}/dispute`, { amount: amountOf(amount), answer: answer.trim() });
  return t("Refunded. The report is closed.");
}, () => ({ amount: decide?.dataset.left ?? "" }));

bind(optional("#decide-reject"), "no-refund-dialog", async ({ answer }) => {
  await post(`/api/admin/calls/${call}/dispute`, { answer: answer.trim() });
  return t("The report is closed without a refund.");
});

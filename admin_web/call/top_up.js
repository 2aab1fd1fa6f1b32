/** Adding money by voucher without leaving the call. */

import { ApiError, newKey, post } from "../frame/lib/api.js";
import { t } from "../frame/lib/text.js";
import { setText } from "../frame/lib/elements.js";
import { onSubmit } from "../frame/lib/forms.js";

/**
 * `part(name)` finds the parts of `_stage.html`. Set `onDone(wallet)` on the result.
 * @param {import("../frame/lib/elements.js").Part} part
 */
export function bindTopUp(part) {
  const dialog = part("top-up-dialog", HTMLDialogElement);
  const form = part("top-up-form", HTMLFormElement);
  const count = part("top-up-count");
  // The key belongs to the code that was typed: pressing twice, or again after a lost answer,
  // credits once; another code is another command.
  let key = { code: "", value: "" };
  const topUp = {
    /** @type {(wallet: Wallet) => void} */
    onDone: () => {},
    open(text = t("The call goes on while you do this.")) {
      setText(part("top-up-text"), text);
      if (!dialog.open) dialog.showModal();
    },
    close: () => dialog.close(),
    /** The call came back from hold: there is nothing left to do here. */
    resumed() {
      if (!count.hidden) dialog.close();
      count.hidden = true;
    },
    /** @param {number | null} secondsLeft */
    count(secondsLeft) {
      count.hidden = secondsLeft === null;
      if (secondsLeft !== null) setText(count, t("{n} s left", { n: secondsLeft }));
    },
  };
  part("top-up-close").addEventListener("click", () => dialog.close());
  onSubmit(form, async ({ code }) => {
    const typed = code.trim();
    if (key.code !== typed) key = { code: typed, value: newKey() };
    const wallet = await redeem(typed, key.value);
    form.reset();
    dialog.close();
    topUp.onDone(wallet);
  });
  return topUp;
}

/**
 * A wrong code is said once, beside the code: not again below the form.
 * @param {string} code
 * @param {string} idempotencyKey
 * @returns {Promise<Wallet>}
 */
async function redeem(code, idempotencyKey) {
  try {
    return await post("/api/wallet/vouchers", { code }, { idempotencyKey });
  } catch (error) {
    if (error instanceof ApiError && error.fields.code) throw new ApiError("", error);
    throw error;
  }
}

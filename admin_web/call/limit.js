/** Raising the limit of the running call, or lifting it, without leaving the call. */

import { ApiError } from "../frame/lib/api.js";
import { decimal, exact, parseMoney } from "../frame/lib/money.js";
import { t } from "../frame/lib/text.js";
import { $, setText } from "../frame/lib/elements.js";
import { onSubmit } from "../frame/lib/forms.js";
import { setBusy, toast, toastError } from "../frame/lib/ui.js";

/** @typedef {import("../talk/session.js").CallSession} CallSession */

/**
 * `part(name)` finds the parts of `_limit.html`. Set `onDone()` on the result.
 * @param {import("../frame/lib/elements.js").Part} part
 */
export function bindLimit(part) {
  const dialog = part("limit-dialog", HTMLDialogElement);
  const form = part("limit-form", HTMLFormElement);
  const field = $("#new-limit", form, HTMLInputElement);
  /** @type {CallSession | null} */
  let session = null;
  const limit = {
    /** @type {() => void} */
    onDone: () => {},
    /** Proposes as much again as the present limit of the session's call. @param {CallSession} current */
    open(current) {
      session = current;
      const cap = current.call.spending_cap_micros ?? 0;
      setText(part("limit-text"), t("The limit of this call is {cap}. The call goes on while you do this.", { cap: exact(cap) }));
      field.value = decimal(cap * 2);
      if (!dialog.open) dialog.showModal();
      field.select();
    },
    close: () => dialog.close(),
  };

  /** @param {number | null} cap micro-units */
  async function raise(cap) {
    await session?.raiseCap(cap === null ? null : decimal(cap));
    dialog.close();
    toast(cap === null ? t("This call has no limit any more.") : t("The limit of this call is now {cap}.", { cap: exact(cap) }));
    limit.onDone();
  }

  part("limit-close").addEventListener("click", () => dialog.close());
  const lift = part("limit-lift");
  lift.addEventListener("click", async () => {
    setBusy(lift, true);
    await raise(null).catch(toastError);
    setBusy(lift, false);
  });
  onSubmit(form, async ({ limit: typed }) => {
    const cap = parseMoney(typed);
    const before = session?.call.spending_cap_micros ?? 0;
    if (cap === null || cap <= before) {
      const text = t("Write an amount above {cap}.", { cap: exact(before) });
      throw new ApiError("", { fields: { limit: text } });
    }
    await raise(cap);
  });
  return limit;
}

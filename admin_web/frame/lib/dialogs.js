/** Dialogs with one form: opened by a button, and sent once however often that is pressed. */
import { newKey } from "./api.js";
import { $, field } from "./elements.js";
import { clearErrors, onSubmit } from "./forms.js";

/** What a person typed as an amount, as the API reads it. @param {string} text */
export const amountOf = (text) => text.trim().replace(",", ".");

/**
 * @param {HTMLDialogElement} dialog made by the macro `dialog_form`
 * @template {object} About
 * @param {(values: Record<string, string>, about: About, key: string) => Promise<unknown>} send `key`
 *   names this command: another amount or text is another command, the same one sent again is not
 * @returns {(about: About, values?: Record<string, string>, title?: string) => void} opens it
 */
export function dialogForm(dialog, send) {
  const form = $("form", dialog, HTMLFormElement);
  let about = /** @type {About} */ ({});
  let key = newKey();
  form.addEventListener("input", () => (key = newKey()));
  $("[data-close]", dialog).addEventListener("click", () => dialog.close());
  onSubmit(form, (values) => send(values, about, key));
  return (what, values = {}, title = "") => {
    about = what;
    key = newKey();
    form.reset();
    clearErrors(form);
    for (const [name, value] of Object.entries(values)) field(form, name).value = value;
    if (title) $("h2", dialog).textContent = title;
    dialog.showModal();
    $("input, textarea", form).focus();
  };
}

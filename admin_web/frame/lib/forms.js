/** Forms that scripts send: one at a time, errors beside their inputs. */
import { ApiError } from "./api.js";
import { $$, el, optional } from "./elements.js";
import { t } from "./text.js";
import { setBusy, toast, toastError } from "./ui.js";

/** @typedef {import("./elements.js").Control} Control */

/**
 * Runs `send(form values, form)` on submit: one at a time, errors beside their inputs.
 * @param {HTMLFormElement} form
 * @param {(values: Record<string, string>, form: HTMLFormElement) => Promise<unknown>} send
 */
export function onSubmit(form, send) {
  form.noValidate = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter ?? optional("button[type=submit], button:not([type])", form);
    if (form.dataset.sending) return;
    clearErrors(form);
    const gaps = missing(form);
    if (Object.keys(gaps).length) {
      showErrors(form, "", gaps);
      return;
    }
    form.dataset.sending = "yes";
    setBusy(button, true);
    try {
      await send(/** @type {Record<string, string>} */ (Object.fromEntries(new FormData(form))), form);
    } catch (error) {
      if (error instanceof ApiError) showErrors(form, error.message, error.fields);
      else toastError(error);
    } finally {
      delete form.dataset.sending;
      setBusy(button, false);
    }
  });
}

/** @param {HTMLFormElement} form */
export function clearErrors(form) {
  for (const input of $$("[aria-invalid]", form)) input.removeAttribute("aria-invalid");
  for (const place of $$(".field-error", form)) place.textContent = "";
  const whole = optional(".form-error", form);
  if (whole) whole.textContent = "";
}

/**
 * Puts each message beside its input; what has no input goes to the form's own message.
 * @param {HTMLFormElement} form
 * @param {string} message
 * @param {Record<string, string>} [fields] name → what is wrong
 */
export function showErrors(form, message, fields = {}) {
  const unplaced = [];
  let said = false; // the same sentence beside its input and above the form would be one too many
  /** @type {Element | null} */
  let first = null;
  for (const [name, text] of Object.entries(fields)) {
    const base = name.split(".")[0]; // "hours.mon.0" and "increments.1" are said of the whole group
    const input = optional(`[data-field="${CSS.escape(base)}"]`, form) ?? form.elements.namedItem(base);
    const target = input instanceof RadioNodeList ? /** @type {Element} */ (input[0]) : input;
    if (!target) {
      unplaced.push(`${name}: ${text}`);
      continue;
    }
    const place = errorPlace(target);
    place.textContent = text;
    said ||= text === message;
    // A group has no validity of its own in ARIA; its message is found by its description.
    if (target.matches("input, select, textarea")) target.setAttribute("aria-invalid", "true");
    const described = new Set((target.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
    target.setAttribute("aria-describedby", [...described.add(place.id)].join(" "));
    first ??= target;
  }
  const whole = optional(".form-error", form);
  if (whole) whole.textContent = [said ? "" : message, ...unplaced].filter(Boolean).join(" ");
  else if (message && !first) toast(message, "error");
  if (first) firstControl(first)?.focus();
}

/**
 * The place for a field's error: `<p class="field-error" id="<input id>-error">`, made when missing.
 * @param {Element} input
 */
function errorPlace(input) {
  const id = `${input.id || input.getAttribute("name")}-error`;
  let place = document.getElementById(id);
  if (!place) {
    place = el("p", { class: "field-error", id });
    (input.closest(".input-group, .hours-editor, fieldset[data-field]") ?? input).after(place);
  }
  return place;
}

/**
 * What takes the focus of a field or a group of fields.
 * @param {Element} group
 */
function firstControl(group) {
  const itself = group.matches("input, select, textarea") && group instanceof HTMLElement;
  return itself ? group : optional("input, select, textarea, button", group);
}

/** Required inputs that are empty, in the shape of the server's field errors. @param {HTMLFormElement} form */
function missing(form) {
  const controls = /** @type {Control[]} */ ($$("input[required], select[required], textarea[required]", form));
  const empty = controls.filter((input) => !input.value.trim());
  return Object.fromEntries(empty.map((input) => [input.name, t("Please fill this in.")]));
}

/** What every page needs of the screen: elements, toasts, dialogs, forms. */
import { ApiError } from "./api.js";
import { t, tn } from "./text.js";

export { t, tn };

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** The JSON a page carries in `<script type="application/json" id=…>`. */
export function pageData(id = "page-data") {
  const block = document.getElementById(id);
  return block ? JSON.parse(block.textContent) : null;
}

/**
 * Builds an element: `el("button", {class: "btn", type: "button", onclick: f}, "Text", child)`.
 * Strings become text nodes, never HTML.
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Sets a text only when it differs: a live region or a selection is not disturbed for nothing. */
export function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

/** Says something to screen readers only. */
export function announce(text) {
  const region = document.getElementById("announcer");
  if (!region) return;
  // The same text twice in a row is not a change to a live region: a no-break space makes it one.
  region.textContent = region.textContent === text ? `${text}\u00a0` : text;
}

const TOASTS_AT_ONCE = 4;
const TOAST_MS = 10_000; // time to look up from what one is doing, and to read two lines

/** @param {"info" | "error"} kind an error stays until it is closed */
export function toast(text, kind = "info") {
  const region = document.getElementById(kind === "error" ? "toasts-alert" : "toasts-status");
  const close = el("button", { type: "button", class: "btn btn-icon", "aria-label": t("Close this message") }, "✕");
  const box = el("div", { class: kind === "error" ? "toast toast-error" : "toast" }, el("span", {}, text), close);
  close.addEventListener("click", () => box.remove());
  region.append(box);
  while (region.children.length > TOASTS_AT_ONCE) region.firstElementChild.remove();
  if (kind !== "error") setTimeout(() => box.remove(), TOAST_MS);
  return box;
}

/** Shows any error as a toast in words. */
export function toastError(error) {
  if (!(error instanceof ApiError)) console.error(error);
  toast(error instanceof ApiError ? error.message : t("Something went wrong on this page. Reload it and try again."), "error");
}

/** A toast that is shown on the next page (after a redirect). */
export function toastNext(text) {
  sessionStorage.setItem("toast", text);
}

/**
 * Goes to another page. Await it: what led there stays busy until the page is gone, so that a second
 * press is not a second command. Coming back by the browser's Back button ends the wait.
 */
export function leaveFor(path) {
  location.assign(path);
  return new Promise((resolve) => {
    addEventListener("pageshow", resolve, { once: true });
  });
}

/**
 * Asks before something that cannot be undone. Escape and the backdrop mean no.
 * @returns {Promise<boolean>}
 */
export function confirmDialog({ title, text, confirm = t("Yes"), cancel = t("Cancel"), danger = false }) {
  return new Promise((resolve) => {
    const no = el("button", { type: "button", class: "btn btn-secondary" }, cancel);
    const yes = el("button", { type: "button", class: danger ? "btn btn-danger" : "btn btn-primary" }, confirm);
    const dialog = el(
      "dialog",
      { class: "dialog", "aria-labelledby": "confirm-title", "aria-describedby": "confirm-text" },
      el("h2", { id: "confirm-title" }, title),
      el("p", { id: "confirm-text" }, text),
      el("div", { class: "dialog-actions" }, no, yes),
    );
    no.addEventListener("click", () => dialog.close());
    yes.addEventListener("click", () => dialog.close("yes"));
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
    no.focus();
  });
}

/** While busy a button shows it and cannot be pressed again; it keeps the focus. */
export function setBusy(button, busy) {
  if (!button) return;
  if (busy) button.setAttribute("aria-busy", "true");
  else button.removeAttribute("aria-busy");
}

/** The place for a field's error: `<p class="field-error" id="<input id>-error">`, made when missing. */
function errorPlace(input) {
  const id = `${input.id || input.name}-error`;
  let place = document.getElementById(id);
  if (!place) {
    place = el("p", { class: "field-error", id });
    (input.closest(".input-group, .hours-editor, fieldset[data-field]") ?? input).after(place);
  }
  return place;
}

export function clearErrors(form) {
  for (const input of $$("[aria-invalid]", form)) input.removeAttribute("aria-invalid");
  for (const place of $$(".field-error", form)) place.textContent = "";
  const whole = $(".form-error", form);
  if (whole) whole.textContent = "";
}

/** Puts each message beside its input; what has no input goes to the form's own message. */
export function showErrors(form, message, fields = {}) {
  const unplaced = [];
  let said = false; // the same sentence beside its input and above the form would be one too many
  let first = null;
  for (const [name, text] of Object.entries(fields)) {
    const base = name.split(".")[0]; // "hours.mon.0" and "increments.1" are said of the whole group
    const input = $(`[data-field="${CSS.escape(base)}"]`, form) ?? form.elements.namedItem(base);
    const target = input instanceof RadioNodeList ? input[0] : input;
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
  const whole = $(".form-error", form);
  if (whole) whole.textContent = [said ? "" : message, ...unplaced].filter(Boolean).join(" ");
  else if (message && !first) toast(message, "error");
  const focus = first?.matches("input, select, textarea") ? first : first && $("input, select, textarea, button", first);
  focus?.focus();
}

/** Required inputs that are empty, in the shape of the server's field errors. */
function missing(form) {
  const empty = $$("input[required], select[required], textarea[required]", form).filter((input) => !input.value.trim());
  return Object.fromEntries(empty.map((input) => [input.name, t("Please fill this in.")]));
}

/**
 * Runs `send(form values, form)` on submit: one at a time, errors beside their inputs.
 * @param {HTMLFormElement} form
 * @param {(values: Record<string, string>, form: HTMLFormElement) => Promise<void>} send
 */
export function onSubmit(form, send) {
  form.noValidate = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter ?? $("button[type=submit], button:not([type])", form);
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
      await send(Object.fromEntries(new FormData(form)), form);
    } catch (error) {
      if (error instanceof ApiError) showErrors(form, error.message, error.fields);
      else toastError(error);
    } finally {
      delete form.dataset.sending;
      setBusy(button, false);
    }
  });
}

/** Copies and says so. Without a clipboard (plain http) the text is selected for the person to copy. */
export async function copyText(text, { source, done = t("Copied.") } = {}) {
  try {
    await navigator.clipboard.writeText(text);
    toast(done);
  } catch {
    source?.select?.();
    toast(t("Your browser does not let pages copy here. The text is selected: press Ctrl+C."), "error");
  }
}

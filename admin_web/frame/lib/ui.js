/** What every page needs of the screen: elements, toasts, dialogs, forms. */
import { ApiError } from "./api.js";
import { t, tn } from "./text.js";

export { t, tn };

/**
 * @template {Element} T
 * @typedef {{new (): T}} Kind the class of an element, e.g. HTMLInputElement
 */
/**
 * Finds a part of a piece of a page by its name (`data-part`).
 * @typedef {<T extends Element = HTMLElement>(name: string, kind?: Kind<T>) => T} Part
 */

/**
 * The first element that the selector finds; throws when there is none, or one of another kind.
 * @template {Element} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [root]
 * @param {Kind<T>} [kind]
 * @returns {T}
 */
export function $(selector, root = document, kind) {
  const found = optional(selector, root, kind);
  if (!found) throw new Error(`This page has no ${selector}.`);
  return found;
}

/**
 * The first element that the selector finds, or null: what not every page has.
 * @template {Element} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [root]
 * @param {Kind<T>} [kind]
 * @returns {T | null}
 */
export function optional(selector, root = document, kind) {
  const found = root.querySelector(selector);
  return found && ofKind(found, selector, kind);
}

/**
 * All elements that the selector finds.
 * @template {Element} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [root]
 * @param {Kind<T>} [kind]
 * @returns {T[]}
 */
export function $$(selector, root = document, kind) {
  return Array.from(root.querySelectorAll(selector), (found) => ofKind(found, selector, kind));
}

/**
 * The element with this id.
 * @template {Element} [T=HTMLElement]
 * @param {string} id
 * @param {Kind<T>} [kind]
 */
export function byId(id, kind) {
  return $(`#${id}`, document, kind);
}

/**
 * Finds the named parts of what `_….html` put on the page.
 * @param {ParentNode} root
 * @returns {Part}
 */
export function partsOf(root) {
  return (name, kind) => $(`[data-part="${name}"]`, root, kind);
}

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Control */

/**
 * The one field of a form that has this name.
 * @template {Element} [T=Control]
 * @param {HTMLFormElement} form
 * @param {string} name
 * @param {Kind<T>} [kind]
 * @returns {T}
 */
export function field(form, name, kind) {
  const found = form.elements.namedItem(name);
  if (!(found instanceof Element)) throw new Error(`This form has no one field ${name}.`);
  return ofKind(found, name, kind);
}

/**
 * A copy of what a `<template>` holds.
 * @param {string} id
 */
export function copyOf(id) {
  const copy = byId(id, HTMLTemplateElement).content.firstElementChild?.cloneNode(true);
  if (!(copy instanceof HTMLElement)) throw new Error(`The template ${id} is empty.`);
  return copy;
}

/**
 * @template {Element} T
 * @param {Element} found
 * @param {string} name
 * @param {Kind<T>} [kind]
 * @returns {T}
 */
function ofKind(found, name, kind) {
  const wanted = kind ?? HTMLElement;
  if (!(found instanceof wanted)) throw new Error(`${name} is no ${wanted.name}.`);
  return /** @type {T} */ (found);
}

/** The JSON a page carries in `<script type="application/json" id=…>`. */
export function pageData(id = "page-data") {
  const block = document.getElementById(id);
  return block ? JSON.parse(block.textContent) : null;
}

/** @typedef {Node | string | null | undefined | false} Child what is none of the first two is left out */

/**
 * Builds an element: `el("button", {class: "btn", type: "button", onclick: f}, "Text", child)`.
 * Strings become text nodes, never HTML.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child instanceof Node || typeof child === "string"));
  return element;
}

/**
 * Sets a text only when it differs: a live region or a selection is not disturbed for nothing.
 * @param {Element | null} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

/** Says something to screen readers only. @param {string} text */
export function announce(text) {
  const region = document.getElementById("announcer");
  if (!region) return;
  // The same text twice in a row is not a change to a live region: a no-break space makes it one.
  region.textContent = region.textContent === text ? `${text}\u00a0` : text;
}

const TOASTS_AT_ONCE = 4;
const TOAST_MS = 10_000; // time to look up from what one is doing, and to read two lines

/**
 * @param {string} text
 * @param {"info" | "error"} [kind] an error stays until it is closed
 */
export function toast(text, kind = "info") {
  const region = byId(kind === "error" ? "toasts-alert" : "toasts-status");
  const close = el("button", { type: "button", class: "btn btn-icon", "aria-label": t("Close this message") }, "✕");
  const box = el("div", { class: kind === "error" ? "toast toast-error" : "toast" }, el("span", {}, text), close);
  close.addEventListener("click", () => box.remove());
  region.append(box);
  while (region.children.length > TOASTS_AT_ONCE) region.firstElementChild?.remove();
  if (kind !== "error") setTimeout(() => box.remove(), TOAST_MS);
  return box;
}

/** Shows any error as a toast in words. @param {unknown} error */
export function toastError(error) {
  if (!(error instanceof ApiError)) console.error(error);
  toast(error instanceof ApiError ? error.message : t("Something went wrong on this page. Reload it and try again."), "error");
}

/** A toast that is shown on the next page (after a redirect). @param {string} text */
export function toastNext(text) {
  sessionStorage.setItem("toast", text);
}

/**
 * Goes to another page. Await it: what led there stays busy until the page is gone, so that a second
 * press is not a second command. Coming back by the browser's Back button ends the wait.
 * @param {string} path
 */
export function leaveFor(path) {
  location.assign(path);
  return new Promise((resolve) => {
    addEventListener("pageshow", resolve, { once: true });
  });
}

/**
 * Asks before something that cannot be undone. Escape and the backdrop mean no.
 * @param {{title: string, text: string, confirm?: string, cancel?: string, danger?: boolean}} words
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

/**
 * While busy a button shows it and cannot be pressed again; it keeps the focus.
 * @param {Element | null} button
 * @param {boolean} busy
 */
export function setBusy(button, busy) {
  if (!button) return;
  if (busy) button.setAttribute("aria-busy", "true");
  else button.removeAttribute("aria-busy");
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

/**
 * Copies and says so. Without a clipboard (plain http) the text is selected for the person to copy.
 * @param {string} text
 * @param {{source?: HTMLElement | null, done?: string}} [options] `source`: the field that shows it
 */
export async function copyText(text, { source, done = t("Copied.") } = {}) {
  try {
    await navigator.clipboard.writeText(text);
    toast(done);
  } catch {
    if (source && "select" in source && typeof source.select === "function") source.select();
    toast(t("Your browser does not let pages copy here. The text is selected: press Ctrl+C."), "error");
  }
}

/** What every page says to a person: toasts, a question, what is busy, where it goes on. */
import { ApiError } from "./api.js";
import { byId, el } from "./elements.js";
import { t } from "./text.js";

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

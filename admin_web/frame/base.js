/** What base.html itself needs: the menu on small screens, signing out, times in the viewer's zone. */
import { del } from "./lib/api.js";
import { localizeTimes } from "./lib/time.js";
import { optional } from "./lib/elements.js";
import { leaveFor, setBusy, toast, toastError } from "./lib/ui.js";

const toggle = optional("#nav-toggle");
const nav = optional("#site-nav");

/** @param {boolean} open */
function openMenu(open) {
  nav?.toggleAttribute("data-open", open);
  toggle?.setAttribute("aria-expanded", String(open));
}

toggle?.addEventListener("click", () => openMenu(!nav?.hasAttribute("data-open")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !nav?.hasAttribute("data-open")) return;
  openMenu(false);
  toggle?.focus();
});

const signOut = optional("#sign-out");
signOut?.addEventListener("click", async () => {
  setBusy(signOut, true);
  try {
    await del("/api/session");
    await leaveFor("/");
  } catch (error) {
    toastError(error);
  } finally {
    setBusy(signOut, false);
  }
});

localizeTimes();

const waiting = sessionStorage.getItem("toast");
if (waiting) {
  sessionStorage.removeItem("toast");
  toast(waiting);
}

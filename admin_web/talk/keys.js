/** Keyboard shortcuts of a page. Single keys can be switched off (WCAG 2.1.4) and are remembered so. */

const STORE = "tipmeet.keys";

/** `keys`: a key as the browser names it (so "H" is Shift+H) → what to do. */
export function bindKeys({ keys, active, keysOn = null }) {
  if (keysOn) {
    keysOn.checked = enabled();
    keysOn.addEventListener("change", () => save(keysOn.checked));
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || !active() || !enabled()) return;
    if (event.target.closest?.("input:not([type=checkbox]), select, textarea, [contenteditable]")) return;
    const action = keys[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}

function enabled() {
  try {
    return localStorage.getItem(STORE) !== "off";
  } catch {
    return true;
  }
}

function save(on) {
  try {
    localStorage.setItem(STORE, on ? "on" : "off");
  } catch {
    // No storage in this window: the keys stay as they are.
  }
}

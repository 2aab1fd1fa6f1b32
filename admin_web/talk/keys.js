/** Keyboard shortcuts of a page. Single keys can be switched off (WCAG 2.1.4) and are remembered so. */

const STORE = "tipmeet.keys";

/**
 * `keys`: a key as the browser names it (so "H" is Shift+H) → what to do, while `active()`; `keysOn`: the
 * checkbox that switches them on.
 * @param {{keys: Record<string, () => unknown>, active: () => boolean, keysOn?: HTMLInputElement | null}} options
 */
export function bindKeys({ keys, active, keysOn = null }) {
  if (keysOn) {
    keysOn.checked = enabled();
    keysOn.addEventListener("change", () => save(keysOn.checked));
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || !active() || !enabled()) return;
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest("input:not([type=checkbox]), select, textarea, [contenteditable]")) return;
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

/** @param {boolean} on */
function save(on) {
  try {
    localStorage.setItem(STORE, on ? "on" : "off");
  } catch {
    // No storage in this window: the keys stay as they are.
  }
}

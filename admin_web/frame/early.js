/**
 * What is pressed before the page's modules have run waits for them: without this a form would be
 * sent by the browser itself, and what was typed be lost, and a press on a button do nothing.
 *
 * A classic script in the head, so that it runs before anything can be pressed. Modules have run when
 * the document says DOMContentLoaded. Forms with an address of their own (searches) need no script.
 */
{
  /** @type {Map<HTMLElement, HTMLElement | null>} */
  const waiting = new Map(); // form or button → the button that sent the form

  /** @param {Event} event */
  const hold = (event) => {
    const sent = event instanceof SubmitEvent;
    const pressed = event.target instanceof Element ? event.target : null;
    const element = sent ? pressed : pressed?.closest("button[type=button]");
    if (!(element instanceof HTMLElement) || (sent && element.hasAttribute("action"))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const submitter = sent ? event.submitter : null;
    waiting.set(element, submitter);
    (submitter ?? element).setAttribute("aria-busy", "true");
  };

  addEventListener("click", hold, true);
  addEventListener("submit", hold, true);
  addEventListener("DOMContentLoaded", () => {
    removeEventListener("click", hold, true);
    removeEventListener("submit", hold, true);
    for (const [element, submitter] of waiting) {
      (submitter ?? element).removeAttribute("aria-busy");
      if (!element.isConnected) continue;
      if (element instanceof HTMLFormElement) element.requestSubmit(submitter);
      else element.click();
    }
  });
}

/** The ringing callers: who, for which service, how many minutes they can pay for, how long it rings. */

import { secondsLeft } from "../talk/clock.js";
import { bindKeys } from "../talk/keys.js";
import { affordable } from "../talk/stage.js";
import { rate } from "../frame/lib/money.js";
import { t } from "../frame/lib/text.js";
import { $, el, setText } from "../frame/lib/elements.js";
import { setBusy } from "../frame/lib/ui.js";

/** @typedef {(call: Call) => Promise<void>} Answer */

export class RingCards {
  #root;
  /** @type {Map<string, {call: Call, card: HTMLElement, count: HTMLElement}>} */
  #cards = new Map(); // call id → what shows it
  #onAccept;
  #onDecline;

  /**
   * The buttons are busy while `onAccept(call)` or `onDecline(call)` runs; the keys answer while `active()`.
   * @param {HTMLElement} root
   * @param {{onAccept: Answer, onDecline: Answer, active: () => boolean}} options
   */
  constructor(root, { onAccept, onDecline, active }) {
    this.#root = root;
    this.#onAccept = onAccept;
    this.#onDecline = onDecline;
    setInterval(() => this.#count(), 500);
    bindKeys({
      active: () => active() && this.#cards.size > 0,
      keys: { a: () => this.#press("accept"), d: () => this.#press("decline") },
    });
  }

  get calls() {
    return [...this.#cards.values()].map(({ call }) => call);
  }

  /** @param {Call} call */
  add(call) {
    const known = this.#cards.get(call.id);
    if (known) {
      known.call = call;
      return;
    }
    const entry = this.#card(call);
    this.#cards.set(call.id, entry);
    this.#root.append(entry.card);
    this.#count();
  }

  /** Whether it was there. @param {string} id */
  remove(id) {
    const entry = this.#cards.get(id);
    if (!entry) return false;
    this.#cards.delete(id);
    entry.card.remove();
    return true;
  }

  clear() {
    for (const id of [...this.#cards.keys()]) this.remove(id);
  }

  /** @param {string} id */
  focus(id) {
    const card = this.#cards.get(id)?.card;
    if (card) $("[data-testid=accept]", card).focus();
  }

  /** @param {Call} call */
  #card(call) {
    /** @type {(name: string, kind: string, text: string, key: string, action: Answer) => HTMLElement} */
    const button = (name, kind, text, key, action) => {
      const made = el("button", { type: "button", class: `btn btn-lg ${kind}`, "data-testid": name }, text, el("kbd", { "aria-hidden": "true" }, key));
      made.addEventListener("click", async () => {
        if (made.getAttribute("aria-busy")) return;
        setBusy(made, true);
        await action(call);
        setBusy(made, false);
      });
      return made;
    };
    const free = call.tariff.price_micros === 0;
    // Numbers that change stay out of the alert: it is read once, when the card appears.
    const count = el("p", { class: "ring-count num", role: "timer", "aria-live": "off" });
    const card = el(
      "article",
      { class: "card ring-card", "data-testid": "ring-card", "data-call": call.id },
      el("div", { class: "ring-who" },
        el("h2", {}, t("{name} is calling", { name: call.client.name })),
        el("p", {}, `${call.service.title} · ${free ? t("free of charge") : rate(call.tariff.price_micros, call.tariff.period_s)}`),
        el("p", { class: "ring-pays", "data-testid": "ring-affordable" },
          free ? t("This call is free.") : t("Can pay for {time}.", { time: affordable(call.affordable_s) }))),
      count,
      el("div", { class: "ring-actions" },
        button("accept", "btn-primary", t("Accept"), "A", this.#onAccept),
        button("decline", "btn-danger-quiet", t("Decline"), "D", this.#onDecline)),
    );
    return { call, card, count };
  }

  #count() {
    for (const { call, count } of this.#cards.values()) {
      const left = secondsLeft(call.deadline_at_ms);
      setText(count, left === null ? "" : t("{n} s", { n: left }));
    }
  }

  /** The keys answer the card that has the focus, else the one that has rung longest. @param {string} name */
  #press(name) {
    const card = document.activeElement?.closest(".ring-card") ?? this.#root.firstElementChild;
    if (card) $(`[data-testid=${name}]`, card).click();
  }
}

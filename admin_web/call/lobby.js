/**
 * The lobby: what the call costs, what the balance buys, consent, and the one button. When it
 * cannot be pressed it says why, in words, and what to do about it.
 */

import { get, post } from "../frame/lib/api.js";
import { charge, decimal, money, parseMoney, rate } from "../frame/lib/money.js";
import { codeOf, messageOf } from "../frame/lib/problem.js";
import { t } from "../frame/lib/text.js";
import { talkTime } from "../frame/lib/time.js";
import { el, partsOf, setText } from "../frame/lib/elements.js";
import { announce, setBusy } from "../frame/lib/ui.js";
import { consentText, freeRule, incrementRule } from "../talk/meter.js";
import { microphoneHeadline } from "../devices/problems.js";

const REFRESH_MS = 8_000;

/** What keeps the button from being pressed. @typedef {{text: string, code?: string, link?: [href: string, text: string], retry?: boolean}} Obstacle */
/**
 * What the call page starts from (admin_web/pages/talk.py).
 * @typedef {{now_ms: number, user: User | null, ice_servers: IceServers, service: PublicService, quote: Quote | null,
 *   resuming: boolean, own: boolean}} CallData
 */
/** @typedef {(wanted: {tariff: Agreed, cap: string | null}) => Promise<void>} OnCall */
/** A tariff as one agrees to it. @typedef {Rates & {hash: string, version: number}} Agreed */

export class Lobby {
  #part;
  #data;
  #check;
  #busy = false;
  /** @type {{code: string, text: string} | null} */
  #refused = null; // what the server said to the last press
  /** @type {string | null} */
  #consented = null; // hash of the tariff the box was ticked for
  #timer = 0;
  #said = "";

  /**
   * `onCall({ tariff, cap })` (cap: a decimal string or null) starts the call and rejects with the server's words.
   * @param {HTMLElement} root
   * @param {CallData} data
   * @param {{check: import("../devices/device_check.js").DeviceCheck, devices: import("../devices/devices.js").Devices, onCall: OnCall}} parts
   */
  constructor(root, data, { check, devices, onCall }) {
    this.#data = data;
    this.#check = check;
    this.#part = partsOf(root);
    const consent = this.#part("consent", HTMLInputElement);
    consent.addEventListener("change", () => {
      this.#consented = consent.checked ? this.tariff.hash : null;
      this.#refused = null;
      this.render();
    });
    for (const name of ["guest-name", "cap"]) {
      this.#part(name).addEventListener("input", () => {
        this.#refused = null;
        this.render();
      });
    }
    this.#part("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#press(onCall);
    });
    devices.addEventListener("change", () => this.render());
    document.addEventListener("visibilitychange", () => !document.hidden && this.#timer && this.refresh());
  }

  get service() {
    return this.#data.service;
  }

  get user() {
    return this.#data.user;
  }

  set user(user) {
    this.#data.user = user;
  }

  get quote() {
    return this.#data.quote;
  }

  /** The tariff that applies to this caller now (the quote's), else the public one. @returns {Agreed} */
  get tariff() {
    return this.quote?.tariff ?? { ...this.service, hash: this.service.tariff_hash, version: this.service.tariff_version };
  }

  get free() {
    return this.tariff.price_micros === 0;
  }

  /** Nobody who could pay: not signed in, or a guest of a free service. */
  get #stranger() {
    return !this.free && (!this.user || this.user.role === "guest");
  }

  get isGuest() {
    return !this.user && this.free;
  }

  show() {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => !document.hidden && this.refresh(), REFRESH_MS);
    this.render();
  }

  hide() {
    clearInterval(this.#timer);
    this.#timer = 0;
  }

  /** Asks again for availability, price and balance; a failure leaves what was there. */
  async refresh() {
    const base = `/api/public/services/${encodeURIComponent(this.service.slug)}`;
    try {
      const [{ service }, answer] = await Promise.all([get(base), this.#canQuote() ? get(`${base}/quote`) : null]);
      // An old refusal ("busy") must not outlive what it was about.
      if (service.availability !== this.service.availability) this.#refused = null;
      this.#data.service = service;
      this.#data.quote = answer?.quote ?? null;
    } catch {
      return;
    }
    this.render();
  }

  #canQuote() {
    return this.user !== null && ["client", "guest"].includes(this.user.role);
  }

  /** @param {OnCall} onCall */
  async #press(onCall) {
    const problem = this.problem();
    if (this.#busy) return;
    if (problem) {
      announce(problem.text);
      return;
    }
    this.#busy = true;
    this.#refused = null;
    setBusy(this.#part("call"), true);
    try {
      if (this.isGuest) {
        this.user = (await post("/api/guests", { name: this.#guestName() })).user;
        await this.refresh();
      }
      await onCall({ tariff: this.tariff, cap: this.#cap ? decimal(this.#cap) : null });
    } catch (error) {
      await this.refresh();
      this.#refused = { code: codeOf(error), text: messageOf(error) };
    } finally {
      this.#busy = false;
      setBusy(this.#part("call"), false);
      this.render();
    }
  }

  /** The limit in micro-units, 0 for none, null when what was typed is not an amount. */
  get #cap() {
    const typed = this.#part("cap", HTMLInputElement).value.trim();
    return typed ? parseMoney(typed) : 0;
  }

  #guestName() {
    return this.#part("guest-name", HTMLInputElement).value.trim();
  }

  /** Why the button cannot be pressed, or null when it can. @returns {Obstacle | null} */
  problem() {
    const { user, service, quote } = this;
    const here = encodeURIComponent(location.pathname);
    if (this.#stranger) return { text: t("Sign in to call. An account takes a minute.") };
    if (user && !["client", "guest"].includes(user.role)) {
      return quote?.code === "own_service" || this.#data.own
        ? { text: t("This is your own service. Clients see this page when they call you."), link: ["/console", t("Open the console")] }
        : { text: t("Calls are made from a client account."), link: [`/signin?next=${here}`, t("Sign in with one")] };
    }
    if (quote && !quote.can_call) return this.#quoteProblem(quote);
    if (service.availability !== "on_duty") return { text: availabilityText(service) };
    if (this.#check.problem) return { text: microphoneHeadline(this.#check.problem) + "." };
    if (!this.#check.ready) {
      return {
        text: this.#check.asking
          ? t("Answer your browser’s question about microphone and camera.")
          : t("Check your microphone first."),
      };
    }
    if (this.#cap === null) return { text: t("The limit for this call is not an amount of money.") };
    if (this.isGuest && !this.#guestName()) return { text: t("Say who is calling: fill in your name.") };
    if (this.#refused) return { ...this.#withLink(this.#refused), retry: true };
    if (!this.free && this.#consented !== this.tariff.hash) {
      return this.#consented
        ? { text: t("The price has changed. Read it again and tick the box.") }
        : { text: t("Tick the box to agree to the price.") };
    }
    return null;
  }

  /** @param {Quote} quote @returns {Obstacle} */
  #quoteProblem(quote) {
    if (quote.code === "off_duty" || quote.code === "busy") return { text: availabilityText(this.service, quote.code) };
    return this.#withLink({ code: quote.code ?? "", text: quote.detail ?? t("This service cannot be called now.") });
  }

  /** @param {{code: string, text: string}} refusal @returns {Obstacle} */
  #withLink({ code, text }) {
    const here = encodeURIComponent(location.pathname);
    /** @type {Record<string, [href: string, text: string]>} */
    const links = {
      insufficient_funds: [`/wallet?next=${here}`, t("Add money to your wallet")],
      own_service: ["/console", t("Open the console")],
      not_signed_in: [`/signin?next=${here}`, t("Sign in")],
    };
    return { code, text, link: links[code] };
  }

  render() {
    const { service, quote, tariff } = this;
    // Without a free time in the first place there is none to be used up.
    const probe = !quote || quote.free_probe || service.threshold_s === 0;
    setText(this.#part("price"), this.free ? t("Free of charge") : rate(tariff.price_micros, tariff.period_s));
    setText(this.#part("rule"), [freeRule(tariff, probe), incrementRule(tariff)].filter(Boolean).join(" "));
    renderAvailability(this.#part("availability"), service.availability);
    this.#part("lock").hidden = this.free;
    setText(this.#part("version"), String(tariff.version));
    setText(this.#part("hash"), tariff.hash);
    this.#renderBalance(quote);
    const consent = this.#part("consent", HTMLInputElement);
    this.#part("consent-row").hidden = this.free || this.#stranger || !this.#canQuote();
    this.#part("cap-row").hidden = this.#part("consent-row").hidden;
    setText(this.#part("consent-text"), consentText(tariff, probe));
    consent.checked = this.#consented === tariff.hash && this.#consented !== null;
    this.#part("guest").hidden = !this.isGuest;
    this.#part("sign").hidden = !this.#stranger;
    this.#part("call").hidden = !this.#part("sign").hidden;
    this.#renderProblem();
  }

  /** @param {Quote | null} quote */
  #renderBalance(quote) {
    const box = this.#part("balance");
    box.hidden = !quote || this.free || this.#stranger;
    if (!quote || box.hidden) return;
    setText(this.#part("balance-amount"), money(quote.available_micros));
    const affordableS = quote.affordable_s ?? 0;
    const enough = affordableS > 0 && quote.available_micros >= quote.needed_micros;
    setText(this.#part("balance-buys"), enough ? t("about {time} of talk", { time: talkTime(affordableS) }) : t("not enough for this call"));
    setText(this.#part("held"), !enough ? "" : t("{amount} are set aside while you talk; what is not used comes back at the end.", { amount: charge(quote.needed_micros) }));
  }

  #renderProblem() {
    const problem = this.problem();
    const place = this.#part("problem");
    const button = this.#part("call");
    // Not `disabled`: it stays in the tab order and tells its reason to everybody.
    button.setAttribute("aria-disabled", String(Boolean(problem && !problem.retry)));
    place.hidden = !problem;
    const key = problem ? problem.text + (problem.link?.[0] ?? "") : "";
    if (key === this.#said) return;
    this.#said = key;
    place.replaceChildren(...(problem ? [el("p", {}, problem.text)] : []));
    if (problem?.link) place.append(el("a", { class: "btn btn-secondary", href: problem.link[0] }, problem.link[1]));
  }
}

/** @param {PublicService} service @param {string} [code] why it cannot be called */
function availabilityText({ provider: { name }, availability }, code = availability) {
  return code === "busy"
    ? t("{name} is in a call. This page notices by itself when it ends.", { name })
    : t("{name} is off duty. This page notices by itself when that changes.", { name });
}

/** @param {HTMLElement} badge @param {Duty} availability */
function renderAvailability(badge, availability) {
  const [text, kind] = {
    on_duty: [t("On duty"), "badge-ok"],
    busy: [t("In a call"), "badge-warn"],
    off_duty: [t("Off duty"), ""],
  }[availability];
  if (badge.dataset.availability === availability) return;
  badge.dataset.availability = availability;
  badge.className = `badge ${kind}`;
  badge.replaceChildren(el("span", { class: availability === "on_duty" ? "dot" : "dot dot-hollow", "aria-hidden": "true" }), text);
}

/** The receipt on screen the moment a call ends: every figure can be recomputed from what it shows. */

import { charge, decimal, exact, money, rate } from "../frame/lib/money.js";
import { t } from "../frame/lib/text.js";
import { clock, duration, formatDateTime, formatTime } from "../frame/lib/time.js";
import { el } from "../frame/lib/elements.js";
import { freeRule, incrementRule } from "./meter.js";
import { reasonText } from "./state_words.js";

const INTERVALS_SHOWN = 20;

/**
 * The receipt of a settled call; without one yet, what is known and that the rest follows.
 * @param {Call} call
 */
export function receiptElement(call) {
  const { side, receipt } = call;
  const name = side === "client" ? call.provider.name : call.client.name;
  const head = [
    el("h1", { tabindex: "-1" }, t("Call with {name}", { name })),
    el("p", { class: "muted" }, `${call.service.title} · ${reasonText(call.reason, side, name)}`),
  ];
  if (!receipt) {
    const text = call.state === "ended" ? t("The receipt is being written…") : t("Nothing was charged.");
    return el("section", { class: "card receipt stack" }, head, el("p", { role: "status" }, text));
  }
  const rules = { ...call.tariff, ...receipt };
  const provider = side === "provider";
  return el(
    "section",
    { class: "card receipt stack", "data-testid": "receipt", "data-call": call.id },
    head,
    total(receipt, provider),
    el("dl", { class: "facts num" }, times(rules), fact(t("Price"), priceText(rules)), balances(receipt, provider)),
    el("div", { class: "receipt-sum num" }, el("h2", {}, t("How it adds up")), sums(rules, receipt, provider)),
    intervals(receipt),
    el("p", { class: "hint" }, t("Call {id}, tariff version {version} ({hash})", {
      id: call.id,
      version: rules.version ?? "–",
      hash: rules.hash ?? "–",
    })),
  );
}

/** @param {Receipt} receipt @param {boolean} provider whether this is the provider's copy */
function total(receipt, provider) {
  return el(
    "div",
    { class: "receipt-total" },
    el("p", { class: "stat" },
      el("span", { class: "stat-label" }, provider ? t("The client pays") : t("You pay")),
      el("span", { class: "stat-value", "data-testid": "receipt-charged", "data-micros": receipt.charged_micros }, charge(receipt.charged_micros, receipt.balance_after_micros ?? null))),
    provider && el("p", { class: "stat" },
      el("span", { class: "stat-label" }, t("You earn")),
      el("span", { class: "stat-value", "data-testid": "receipt-earned", "data-micros": receipt.provider_micros }, money(receipt.provider_micros ?? 0))),
    el("p", { class: "stat" },
      el("span", { class: "stat-label" }, t("Connected")),
      el("span", { class: "stat-value" }, clock(receipt.connected_s))),
  );
}

/** @param {Receipt} receipt */
function times(receipt) {
  return [
    ...fact(t("Started"), formatDateTime(receipt.opened_at_ms)),
    ...fact(t("Ended"), formatDateTime(receipt.ended_at_ms)),
    ...fact(receipt.threshold_mode === "gift" ? t("Free time") : t("Not charged"), duration(receipt.free_s)),
    ...fact(t("Charged time"), duration(receipt.billed_s)),
    ...(receipt.paused_s ? fact(t("Paused"), duration(receipt.paused_s)) : []),
  ];
}

/** @param {Rates} rules */
function priceText(rules) {
  return rules.price_micros === 0
    ? t("Free of charge")
    : [`${rate(rules.price_micros, rules.period_s)}.`, freeRule(rules), incrementRule(rules)].filter(Boolean).join(" ");
}

/** @param {Receipt} receipt @param {boolean} provider */
function balances(receipt, provider) {
  const { balance_before_micros: before, balance_after_micros: after } = receipt;
  if (provider || before == null || after == null) return [];
  return [
    ...fact(t("Balance before"), money(before)),
    ...fact(t("Balance after"), money(after)),
  ];
}

/**
 * The arithmetic, one line a step.
 * @param {Rates & {commission_bps?: number}} rules
 * @param {Receipt} receipt
 * @param {boolean} provider
 */
function sums(rules, receipt, provider) {
  const lines = [];
  const { price_micros: price, period_s: period } = rules;
  if (price === 0) {
    lines.push(t("The call was free."));
  } else if (receipt.billed_s === 0) {
    lines.push(
      rules.threshold_s > 0
        ? withinThreshold(rules, receipt.connected_s)
        : t("No second of connection was proven: nothing is charged."),
    );
  } else {
    const even = (BigInt(price) * BigInt(receipt.billed_s)) % BigInt(period) === 0n;
    lines.push(t("{n} s × {price} ÷ {period} s = {charge}", {
      n: receipt.billed_s,
      price: exact(price),
      period,
      charge: exact(receipt.charged_micros),
    }) + (even ? "" : ` ${t("(cut to a millionth, in the client’s favour)")}`));
  }
  if (provider && receipt.charged_micros > 0) {
    const share = decimal(Number(rules.commission_bps ?? 0) * 10_000, 0); // basis points as percent
    const [commission, earned] = [exact(receipt.commission_micros ?? 0), exact(receipt.provider_micros ?? 0)];
    lines.push(
      t("{charge} × {share} % commission = {commission}", { charge: exact(receipt.charged_micros), share, commission }),
      t("{charge} − {commission} = {earned} for you", { charge: exact(receipt.charged_micros), commission, earned }),
    );
  }
  return lines.map((line) => el("p", {}, line));
}

/** @param {FreeStart} tariff @param {number} seconds */
function withinThreshold({ threshold_s: threshold, threshold_mode: mode }, seconds) {
  return mode === "gift"
    ? t("{n} s of connection are within the free {free} s: nothing is charged.", { n: seconds, free: threshold })
    : t("{n} s of connection are within the {free} s to decide: nothing is charged.", { n: seconds, free: threshold });
}

/** @param {Receipt} receipt */
function intervals(receipt) {
  const list = receipt.intervals ?? [];
  if (!list.length) return null;
  return el(
    "details",
    {},
    el("summary", {}, t("When both of you were connected")),
    el("ul", { class: "num" }, list.slice(0, INTERVALS_SHOWN).map(([from, to]) =>
      el("li", {}, `${formatTime(from)} – ${formatTime(to)} (${duration(Math.round((to - from) / 1000))})`))),
    list.length > INTERVALS_SHOWN && el("p", { class: "hint" }, t("The full receipt shows all of them.")),
  );
}

/** @param {string} name @param {string} value */
function fact(name, value) {
  return [el("dt", {}, name), el("dd", {}, value)];
}

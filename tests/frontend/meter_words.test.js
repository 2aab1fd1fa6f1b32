import assert from "node:assert/strict";
import { test } from "node:test";

import { load, openPage } from "./page.js";

openPage();
const { chargingText, consentText, endsByLimit, freeRule, incrementRule, leftLabel, meterView, phaseOf, warningText } =
  await load("talk/meter.js");

const tariff = (change) => ({
  price_micros: 300_000, period_s: 60, threshold_s: 60, threshold_mode: "retroactive", increments: [1, 1], ...change,
});
const gift = tariff({ threshold_mode: "gift" });
const free = tariff({ price_micros: 0, threshold_s: 0 });
const meter = (change) => ({
  seconds: 0, free_left_s: 60, charged_micros: 0, balance_micros: 25_000_000, affordable_s: 5_000, ends_by: "balance", ...change,
});

test("a call waits, is free, then charged", () => {
  assert.equal(phaseOf(tariff(), null), "waiting");
  assert.equal(phaseOf(tariff(), meter({ seconds: 10, free_left_s: 50 })), "free");
  assert.equal(phaseOf(tariff(), meter({ seconds: 61, free_left_s: 0, charged_micros: 305_000 })), "charging");
  assert.equal(phaseOf(tariff({ threshold_s: 0 }), meter({ free_left_s: 0 })), "waiting");
  assert.equal(phaseOf(free, meter({ seconds: 100 })), "free_call");
});

test("before the first proof the meter stands at nothing", () => {
  const view = meterView(tariff(), null);
  assert.equal(view.elapsed, "0:00");
  assert.equal(view.charged, "$0.00");
  assert.equal(view.free, "60 s to decide");
  assert.deepEqual([view.balance, view.earned, view.left, view.low], [null, null, null, false]);
});

test("free seconds are called free only where they stay free", () => {
  assert.equal(meterView(gift, meter({ seconds: 18, free_left_s: 42 })).free, "42 s free left");
  assert.equal(meterView(tariff(), meter({ seconds: 18, free_left_s: 42 })).free, "42 s to decide");
  assert.equal(meterView(tariff(), meter({ seconds: 61, free_left_s: 0, charged_micros: 305_000 })).free, null);
});

test("a free call has no figures of money", () => {
  const view = meterView(free, meter({ seconds: 75, affordable_s: null, ends_by: null }));
  assert.equal(view.free, "Free call");
  assert.equal(view.elapsed, "1:15");
  assert.deepEqual([view.charged, view.balance, view.left, view.low], [null, null, null, false]);
});

test("each side sees its own figures", () => {
  const client = meterView(tariff(), meter({ seconds: 63, free_left_s: 0, charged_micros: 315_000, balance_micros: 24_685_000 }));
  assert.deepEqual([client.charged, client.balance, client.earned], ["$0.32", "$24.68", null]);
  const told = { seconds: 63, free_left_s: 0, charged_micros: 315_000, provider_micros: 267_750, affordable_s: 5_000 };
  const provider = meterView(tariff(), told);
  assert.deepEqual([provider.charged, provider.balance, provider.earned], ["$0.32", null, "$0.26"]);
});

test("little time left is low only while it is being charged", () => {
  const charging = { seconds: 90, free_left_s: 0, charged_micros: 450_000 };
  assert.equal(meterView(tariff(), meter({ ...charging, affordable_s: 120 })).low, true);
  assert.equal(meterView(tariff(), meter({ ...charging, affordable_s: 121 })).low, false);
  assert.equal(meterView(tariff(), meter({ affordable_s: 30 })).low, false);
  assert.equal(meterView(tariff(), meter({ ...charging, affordable_s: 0 })).left, "0:00");
});

test("the rule of the first seconds says what they cost", () => {
  assert.equal(freeRule(free), "This call is free.");
  assert.equal(freeRule(tariff({ threshold_s: 0 })), "The call is charged from the first second.");
  assert.equal(freeRule(gift), "The first 60 seconds are free and stay free.");
  assert.match(freeRule(tariff()), /^60 seconds to decide: hang up in time and pay nothing\./);
  assert.match(freeRule(tariff(), false), /charged from the first second\.$/);
});

test("round times are said in minutes, crooked and short ones in seconds", () => {
  const said = (threshold_s) => freeRule(tariff({ threshold_s, threshold_mode: "gift" }));
  assert.match(said(90), /90 seconds/);
  assert.match(said(120), /2 minutes/);
  assert.match(said(125), /125 seconds/);
});

test("rounding is said only where there is some", () => {
  assert.equal(incrementRule(tariff()), "");
  assert.equal(incrementRule({ ...free, increments: [60, 60] }), "");
  assert.equal(incrementRule(tariff({ increments: [60, 60] })), "Charged in steps of 1 min.");
  assert.equal(incrementRule(tariff({ increments: [60, 10] })), "At least 1 min are charged, then steps of 10 s.");
});

test("a client agrees to the price and to what the first seconds cost", () => {
  assert.equal(consentText(tariff({ threshold_s: 0 })), "I agree to pay $0.30 per minute, charged from the first second.");
  assert.equal(consentText(tariff(), false), "I agree to pay $0.30 per minute, charged from the first second.");
  assert.equal(consentText(gift), "I agree to pay $0.30 per minute after the first 60 seconds, which are free.");
  assert.match(consentText(tariff()), /If I hang up within 60 seconds, I pay nothing/);
});

test("when charging begins each side hears it in its own words", () => {
  assert.match(chargingText(tariff(), "client"), /the first 60 seconds included\.$/);
  assert.match(chargingText(gift, "client"), /From now on the call costs \$0\.30 per minute/);
  assert.match(chargingText(tariff(), "provider"), /The call is being charged/);
  assert.equal(chargingText(tariff({ threshold_s: 0 }), "client"), "The meter runs: $0.30 per minute.");
});

test("a limit is called a limit, a balance a balance", () => {
  const limit = { byLimit: true, left: "0:30", cap: 5_000_000 };
  const balance = { byLimit: false, left: "0:30", cap: null };
  assert.equal(warningText(limit, "client", "Ada"), "Your limit of $5.00 for this call is reached in 0:30.");
  assert.equal(warningText(balance, "client", "Ada"), "Your balance is used up in 0:30.");
  assert.equal(warningText(limit, "provider", "Ada"), "The client’s limit for this call is reached in 0:30.");
  assert.equal(warningText(balance, "provider", "Ada"), "Ada’s balance is used up in 0:30.");
  assert.equal(endsByLimit(null), false);
  assert.equal(leftLabel(meter({ ends_by: "spending_cap" }), "client"), "Until your limit");
  assert.equal(leftLabel(meter(), "client"), "Time left");
});

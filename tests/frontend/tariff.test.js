import assert from "node:assert/strict";
import { test } from "node:test";

const { billedSeconds, sampleTimes, shares } = await import("../../admin_web/frame/lib/tariff.js");

const tariff = (change) => ({
  price_micros: 300_000, period_s: 60, threshold_s: 60, threshold_mode: "retroactive", increments: [1, 1],
  commission_bps: 1_500, ...change,
});

test("who hangs up in time pays nothing, who talks on pays from the first second", () => {
  assert.equal(billedSeconds(tariff(), 60), 0n);
  assert.equal(billedSeconds(tariff(), 61), 61n);
});

test("a gift stays one", () => {
  assert.equal(billedSeconds(tariff({ threshold_mode: "gift" }), 61), 1n);
});

test("time is billed in steps, the first of its own size", () => {
  const steps = tariff({ threshold_s: 0, increments: [60, 10] });
  assert.deepEqual([1, 60, 61, 70, 71].map((s) => billedSeconds(steps, s)), [60n, 60n, 70n, 70n, 80n]);
  assert.equal(billedSeconds(steps, 0), 0n);
});

test("the charge is cut in the client's favour, the platform's part in the provider's", () => {
  const odd = tariff({ threshold_s: 0, price_micros: 100_000, commission_bps: 3_333 });
  assert.deepEqual(shares(odd, 1), { charge: 1_666n, platform: 555n, provider: 1_111n });
});

test("sums beyond what a float holds are exact", () => {
  const dear = tariff({ threshold_s: 0, price_micros: 999_999_999_999_999, commission_bps: 1 });
  const { charge, platform, provider } = shares(dear, 86_400);
  assert.equal(charge, 1_439_999_999_999_998_560n);
  assert.equal(platform + provider, charge);
});

test("samples are the threshold, a second over it, then round times beyond", () => {
  assert.deepEqual(sampleTimes(tariff()), [60, 61, 300, 600, 1800, 3600]);
  assert.deepEqual(sampleTimes(tariff({ threshold_s: 0 })), [300, 600, 1800, 3600]);
  assert.deepEqual(sampleTimes(tariff({ threshold_s: 600 })), [600, 601, 1800, 3600]);
});

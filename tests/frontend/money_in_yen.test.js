import assert from "node:assert/strict";
import { test } from "node:test";

import { load, openPage } from "./page.js";

openPage({ currency: "JPY" });
const { charge, exact, money, rate } = await load("frame/lib/money.js");

test("a currency without a smaller coin is shown in whole yen", () => {
  assert.equal(money(1_500_000), "¥1");
  assert.equal(money(-1_500_000), "-¥2");
  assert.equal(money(1_000_000_000_000), "¥1,000,000");
});

test("a part of a yen that is paid counts as one", () => {
  assert.equal(charge(1_000_001), "¥2");
  assert.equal(charge(500_000, 9_500_000), "¥1");
  assert.equal(charge(500_000, 9_000_000), "¥0");
});

test("an exact amount has no empty decimals", () => {
  assert.equal(exact(30_000_000), "¥30");
  assert.equal(exact(30_500_000), "¥30.5");
  assert.equal(rate(30_000_000, 60), "¥30 per minute");
});

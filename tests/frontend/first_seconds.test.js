import assert from "node:assert/strict";
import { test } from "node:test";

import { load, openPage } from "./page.js";

openPage();
const { freeRule } = await load("frame/lib/rules.js");

const rule = (change) => freeRule({ price_micros: 300_000, threshold_s: 60, threshold_mode: "retroactive", ...change });

test("free is said only of what stays free", () => {
  assert.equal(rule({ threshold_mode: "gift" }), "The first 60 seconds are free. Charging starts after them.");
  assert.match(rule({}), /^60 seconds to decide: hang up in time and pay nothing\./);
});

test("one second is one second", () => {
  assert.match(rule({ threshold_s: 1 }), /^1 second to decide/);
});

test("without a price, or without such seconds, there is nothing to explain", () => {
  assert.equal(rule({ price_micros: 0 }), "This call is free.");
  assert.equal(rule({ threshold_s: 0 }), "Charging starts with the first second.");
});

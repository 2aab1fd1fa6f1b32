import assert from "node:assert/strict";
import { test } from "node:test";

import { load, openPage } from "./page.js";

openPage();
const { charge, decimal, exact, money, parseMoney, rate } = await load("frame/lib/money.js");

test("what one has is shown in whole cents, rounded down", () => {
  assert.equal(money(305_000), "$0.30");
  assert.equal(money(309_999), "$0.30");
  assert.equal(money(1), "$0.00");
  assert.equal(money(1_234_567_890_000), "$1,234,567.89");
});

test("below zero, rounding down is towards less money", () => {
  assert.equal(money(-300_000), "-$0.30");
  assert.equal(money(-300_001), "-$0.31");
  assert.equal(money(-1), "-$0.01");
});

test("a signed amount says plus, zero has no sign", () => {
  assert.equal(money(300_000, { signed: true }), "+$0.30");
  assert.equal(money(-300_000, { signed: true }), "-$0.30");
  assert.equal(money(0, { signed: true }), "$0.00");
});

test("amounts that no float holds are shown to the last digit", () => {
  assert.equal(exact(9_007_199_254_740_993n), "$9,007,199,254.740993");
  assert.equal(money(9_007_199_254_740_993n), "$9,007,199,254.74");
});

test("what is paid is rounded up when no balance is known", () => {
  assert.equal(charge(300_000), "$0.30");
  assert.equal(charge(300_001), "$0.31");
  assert.equal(charge(0), "$0.00");
});

test("what is paid is what the balance on screen fell by", () => {
  for (const [before, paid] of [[25_000_000, 315_000], [10_009_999, 1], [10_009_999, 9_999], [999_999, 10_000]]) {
    const left = before - paid;
    const shown = (text) => Math.round(Number(text.slice(1)) * 100);
    assert.equal(shown(money(before)) - shown(money(left)), shown(charge(paid, left)), `${before} − ${paid}`);
  }
});

test("where a sum is worked out every digit stands, never fewer than the cents", () => {
  assert.equal(exact(305_000), "$0.305");
  assert.equal(exact(300_000), "$0.30");
  assert.equal(exact(1), "$0.000001");
  assert.equal(exact(-925_000), "-$0.925");
});

test("a decimal string has no zeros beyond what is asked for", () => {
  assert.equal(decimal(305_000), "0.305");
  assert.equal(decimal(2_000_000), "2.00");
  assert.equal(decimal(2_000_000, 0), "2");
  assert.equal(decimal(-500_000), "-0.50");
});

test("a rate names its period", () => {
  assert.equal(rate(300_000, 60), "$0.30 per minute");
  assert.equal(rate(36_000_000, 3600), "$36.00 per hour");
});

test("what a person types is read in micro-units", () => {
  assert.equal(parseMoney("0.30"), 300_000);
  assert.equal(parseMoney(" 1,5 "), 1_500_000);
  assert.equal(parseMoney(".5"), 500_000);
  assert.equal(parseMoney("2."), 2_000_000);
  assert.equal(parseMoney("0.000001"), 1);
  assert.equal(parseMoney("999999999"), 999_999_999_000_000);
});

test("what is no amount is refused", () => {
  for (const typed of ["", " ", ".", ",", "1e3", "-1", "+1", "1.2.3", "0.1234567", "1234567890", "abc", "$1", "1 000"]) {
    assert.equal(parseMoney(typed), null, JSON.stringify(typed));
  }
});

test("what was shown exactly is read back as the same amount", () => {
  for (const micros of [0, 1, 10, 999_999, 1_000_000, 123_456_789]) assert.equal(parseMoney(decimal(micros)), micros);
});

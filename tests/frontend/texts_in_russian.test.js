import assert from "node:assert/strict";
import { test } from "node:test";

import { load, openPage } from "./page.js";

openPage({
  lang: "ru",
  texts: {
    "{n} minutes|one": "{n} минута",
    "{n} minutes|few": "{n} минуты",
    "{n} minutes|many": "{n} минут",
    "{n} second": "{n} секунда",
    "{n} seconds": "{n} секунд",
  },
});
const { tn } = await load("frame/lib/text.js");
const { talkTime } = await load("frame/lib/time.js");
const { money } = await load("frame/lib/money.js");

test("Russian counts one, few, many by the last digits", () => {
  const said = [1, 2, 4, 5, 11, 12, 14, 21, 22, 25, 100, 101, 111].map((n) => tn(n, "{n} minute", "{n} minutes"));
  assert.deepEqual(said, [
    "1 минута", "2 минуты", "4 минуты", "5 минут", "11 минут", "12 минут", "14 минут",
    "21 минута", "22 минуты", "25 минут", "100 минут", "101 минута", "111 минут",
  ]);
});

test("without the forms of the language the two of the source are translated", () => {
  assert.equal(tn(1, "{n} second", "{n} seconds"), "1 секунда");
  assert.equal(tn(3, "{n} second", "{n} seconds"), "3 секунд");
});

test("what a balance buys is counted the same way", () => {
  assert.equal(talkTime(22 * 60), "22 минуты");
});

test("money is written as the language writes it", () => {
  assert.equal(money(1_234_500_000).replace(/\s/gu, " "), "1 234,50 $");
});

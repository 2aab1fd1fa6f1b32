import assert from "node:assert/strict";
import { test } from "node:test";

import { load, openPage } from "./page.js";

openPage({ currency: "KWD" });
const { charge, exact, money } = await load("frame/lib/money.js");
const plain = (text) => text.replace(/\s/u, " ");

test("a currency of a thousand coins has three digits", () => {
  assert.equal(plain(money(1_234_999)), "KWD 1.234");
  assert.equal(plain(charge(1_234_001)), "KWD 1.235");
  assert.equal(plain(exact(300_000)), "KWD 0.300");
  assert.equal(plain(exact(300_050)), "KWD 0.30005");
});

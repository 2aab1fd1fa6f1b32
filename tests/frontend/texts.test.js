import assert from "node:assert/strict";
import { test } from "node:test";

import { load, openPage } from "./page.js";

openPage({ texts: { "Hello {name}": "Good day {name}" } });
const { t, tn } = await load("frame/lib/text.js");

test("a text with a translation is shown in it", () => {
  assert.equal(t("Hello {name}", { name: "Ada" }), "Good day Ada");
});

test("a text without one is shown as it is written", () => {
  assert.equal(t("Bye {name}", { name: "Ada" }), "Bye Ada");
});

test("a placeholder without a value stays, a value twice named stands twice", () => {
  assert.equal(t("{a} and {b}", { a: 1 }), "1 and {b}");
  assert.equal(t("{a} {a}", { a: 0 }), "0 0");
});

test("a value that looks like a placeholder is left alone", () => {
  assert.equal(t("{name} calls", { name: "{other}" }), "{other} calls");
});

test("one is singular, everything else plural", () => {
  const said = [0, 1, 2, 21].map((n) => tn(n, "{n} call", "{n} calls"));
  assert.deepEqual(said, ["0 calls", "1 call", "2 calls", "21 calls"]);
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { load, openPage } from "./page.js";

openPage();
const { grade, steady } = await load("talk/quality.js");

const start = { at_ms: 0, packets: 1_000, lost: 10, frames: 0, rtt_ms: 50 };
const after = (change) => ({ ...start, at_ms: 3_000, packets: 1_150, ...change });

test("a quick line that loses nothing is good", () => {
  assert.equal(grade(start, after({})), "good");
});

test("loss counts only since the sample before", () => {
  assert.equal(grade(start, after({ lost: 13 })), "good");
  assert.equal(grade(start, after({ lost: 14 })), "fair");
  assert.equal(grade(start, after({ lost: 25 })), "poor");
});

test("a long way is as bad as loss", () => {
  assert.equal(grade(start, after({ rtt_ms: 250 })), "fair");
  assert.equal(grade(start, after({ rtt_ms: 600 })), "poor");
});

test("what the server sees counts when it is worse", () => {
  assert.equal(grade(start, after({}), { loss: 0.05, rtt_ms: null }), "fair");
  assert.equal(grade(start, after({}), { loss: 0, rtt_ms: 700 }), "poor");
  assert.equal(grade(start, after({ lost: 25 }), { loss: 0, rtt_ms: 1 }), "poor");
});

test("nothing for long enough is nothing; for a moment it is not", () => {
  assert.equal(grade(start, after({ packets: 1_000 })), "none");
  assert.equal(grade(start, { ...start, at_ms: 1_000 }), "good");
});

test("a link that began anew, with smaller counts, is no loss", () => {
  assert.equal(grade(start, { ...start, at_ms: 1_000, packets: 5, lost: 0 }), "good");
});

test("a grade must be seen twice in a row before it is shown", () => {
  const next = steady();
  assert.deepEqual(["poor", "good", "poor", "poor", "good", "fair", "fair"].map(next), [
    "good", "good", "good", "poor", "poor", "poor", "fair",
  ]);
});

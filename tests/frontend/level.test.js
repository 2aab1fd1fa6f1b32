import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./page.js";

const { levelOf } = await load("devices/level.js");

const tone = (amplitude) => Float32Array.from({ length: 1024 }, (_, i) => amplitude * Math.sin(i / 10));

test("silence is nothing, full volume nearly everything", () => {
  assert.equal(levelOf(new Float32Array(1024)), 0);
  assert.ok(levelOf(tone(1)) > 0.9);
  assert.equal(levelOf(new Float32Array(1024).fill(2)), 1);
});

test("each tenfold drop takes the same step", () => {
  const [loud, middle, soft] = [1, 0.1, 0.01].map((amplitude) => levelOf(tone(amplitude)));
  assert.ok(Math.abs(loud - middle - (middle - soft)) < 1e-3);
  assert.ok(loud > middle && middle > soft);
});

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { load, openPage } from "./page.js";

openPage();
const { secondsLeft, serverNow, setServerNow } = await load("talk/clock.js");

const HERE_MS = 1_800_000_000_000;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["Date"], now: HERE_MS });
  mock.method(performance, "getEntriesByType", () => []);
});

test("a clock that is wrong here does not matter", () => {
  setServerNow(HERE_MS - 90_000);
  assert.equal(serverNow(), HERE_MS - 90_000);
  mock.timers.tick(1_500);
  assert.equal(serverNow(), HERE_MS - 88_500);
});

test("the server's time is that of the page's first byte, not of its script", () => {
  const arrived = performance.timeOrigin + 200;
  mock.timers.setTime(Math.round(arrived) + 3_000);
  mock.method(performance, "getEntriesByType", () => [{ responseStart: 200 }]);
  setServerNow(HERE_MS);
  assert.ok(Math.abs(serverNow() - (HERE_MS + 3_000)) <= 1);
});

test("seconds until a deadline are whole, counted from above, never negative", () => {
  setServerNow(HERE_MS);
  const left = [10_000, 9_001, 1, 0, -5_000].map((ms) => secondsLeft(HERE_MS + ms));
  assert.deepEqual(left, [10, 10, 1, 0, 0]);
});

test("no deadline is no number", () => {
  assert.deepEqual([null, undefined].map(secondsLeft), [null, null]);
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { load, openPage } from "./page.js";

process.env.TZ = "Europe/Berlin";
openPage();
const { clock, duration, formatMoment, localizeTimes, talkTime, zone } = await load("frame/lib/time.js");

test("a clock shows hours only when there are some", () => {
  const shown = [0, 9, 75, 3599, 3600, 3675, 36_000].map(clock);
  assert.deepEqual(shown, ["0:00", "0:09", "1:15", "59:59", "1:00:00", "1:01:15", "10:00:00"]);
});

test("a clock never runs ahead, nor below zero", () => {
  assert.equal(clock(59.999), "0:59");
  assert.equal(clock(-5), "0:00");
});

test("a duration in words leaves out what is nought", () => {
  const said = [0, 42, 60, 75, 3600, 3720, 3725].map(duration);
  assert.deepEqual(said, ["0 s", "42 s", "1 min", "1 min 15 s", "1 h", "1 h 2 min", "1 h 2 min"]);
});

test("what a balance buys is rounded down, never up", () => {
  const said = [1, 59, 60, 119, 754, 7199, 7200, 10_799].map(talkTime);
  assert.deepEqual(said, [
    "1 second", "59 seconds", "1 minute", "1 minute", "12 minutes", "119 minutes", "2 hours", "2 hours",
  ]);
});

test("a moment of today is its time, an earlier one has its date", () => {
  const at = Date.UTC(2026, 10, 24, 8, 12); // 9:12 in Berlin
  const plain = (text) => text.replace(/\s/gu, " ");
  assert.equal(plain(formatMoment(at, at + 3_600_000)), "9:12 AM");
  assert.equal(plain(formatMoment(at, at + 86_400_000)), "Nov 24, 2026, 9:12 AM");
});

test("times of a page are rewritten for the viewer's zone, the zone beside them", () => {
  const at = Date.UTC(2026, 10, 24, 23, 30);
  const element = { dataset: { atMs: String(at), format: "date" }, textContent: "", title: "" };
  localizeTimes({ querySelectorAll: () => [element] });
  assert.equal(zone, "Europe/Berlin");
  assert.equal(element.textContent, "Nov 25, 2026");
  assert.match(element.title, /\(Europe\/Berlin\)$/);
});

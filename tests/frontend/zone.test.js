import assert from "node:assert/strict";
import { test } from "node:test";

const { instantOf, intervalIn, offsetMs, weekdayIn } = await import("../../admin_web/public/zone.js");

const HOUR_MS = 3_600_000;
const winter = Date.UTC(2026, 0, 14, 12); // a Wednesday
const summer = Date.UTC(2026, 6, 15, 12);

test("a zone is as far ahead as its clocks are at that time of the year", () => {
  assert.equal(offsetMs("Europe/Berlin", winter), HOUR_MS);
  assert.equal(offsetMs("Europe/Berlin", summer), 2 * HOUR_MS);
  assert.equal(offsetMs("America/New_York", winter), -5 * HOUR_MS);
  assert.equal(offsetMs("Asia/Kathmandu", winter), 5.75 * HOUR_MS);
});

test("a wall time after a change of clocks is found with the offset that holds then", () => {
  const wall = Date.UTC(2026, 2, 29, 9); // Berlin went to summer time at two that night
  assert.equal(instantOf(wall, "Europe/Berlin"), Date.UTC(2026, 2, 29, 7));
});

test("the weekday is that of the zone, not of the reader", () => {
  const late = Date.UTC(2026, 0, 14, 23, 30);
  assert.equal(weekdayIn("UTC", late), 2);
  assert.equal(weekdayIn("Asia/Tokyo", late), 3);
});

test("an interval may lie on another day for the reader", () => {
  const seen = intervalIn("America/Los_Angeles", "Asia/Tokyo", 0, "09:00", "17:00", winter);
  assert.deepEqual(seen, { from: { day: 6, time: "16:00" }, to: { day: 0, time: "00:00" } });
});

test("the end of a day is midnight of the next", () => {
  const seen = intervalIn("UTC", "UTC", 4, "20:00", "24:00", winter);
  assert.deepEqual(seen, { from: { day: 4, time: "20:00" }, to: { day: 5, time: "00:00" } });
});

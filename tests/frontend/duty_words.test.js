import assert from "node:assert/strict";
import { test } from "node:test";

import { load, openPage } from "./page.js";

openPage();
const { dutyWord, offDutyText } = await load("console/duty_words.js");

test("duty has a word for each of its states", () => {
  assert.deepEqual(["on_duty", "busy", "off_duty"].map(dutyWord), ["On duty", "In a call", "Off duty"]);
});

test("duty that never was on is not over", () => {
  assert.equal(offDutyText(null, null), "Nobody can call you. Switch it on when you are ready.");
});

test("duty that ended by itself says why, one's own switch does not", () => {
  assert.match(offDutyText("pages_closed", "9:12 AM"), /^Off duty since 9:12 AM: every page of this site was closed\./);
  assert.match(offDutyText("switched_off", "9:12 AM"), /^Off duty since 9:12 AM\. Nobody can call you/);
});

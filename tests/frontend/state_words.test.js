import assert from "node:assert/strict";
import { test } from "node:test";

import { load, openPage } from "./page.js";

openPage();
const { bannerOf, reasonText } = await load("talk/state_words.js");

const lived = ({ state = "live", asked = false, link = "connected", ...change }) => ({
  call: { state, resume_asked: asked }, side: "client", peerName: "Ada", link: { state: link }, meter: null, offline: false, ...change,
});

test("a call that simply runs needs no banner", () => {
  assert.equal(bannerOf(lived({})), null);
  assert.equal(bannerOf(lived({ link: "connecting", meter: { seconds: 5 } })), null);
});

test("whoever lost the connection is named", () => {
  assert.equal(bannerOf(lived({ state: "interrupted" })).title, "Waiting for Ada");
  assert.equal(bannerOf(lived({ state: "interrupted", link: "reconnecting" })).title, "Your connection was lost");
  assert.equal(bannerOf(lived({ link: "reconnecting" })).title, "Your connection was lost");
});

test("without a line to the server the talk goes on, quietly", () => {
  const banner = bannerOf(lived({ offline: true }));
  assert.equal(banner.quiet, true);
  assert.equal(banner.title, "No line to the server");
});

test("a call that was left says so, whatever state the server knows", () => {
  assert.equal(bannerOf(lived({ state: "on_hold", link: "closed", offline: true })).title, "You left the call");
});

test("on hold each side reads whose balance it is", () => {
  assert.equal(bannerOf(lived({ state: "on_hold" })).title, "Your balance is used up");
  assert.equal(bannerOf(lived({ state: "on_hold", side: "provider" })).title, "Ada’s balance is used up");
});

test("only who may act has a button while the clock is paused", () => {
  const action = (change) => bannerOf(lived({ state: "paused", ...change })).action;
  assert.equal(action({ side: "provider" }), "Let it run again");
  assert.equal(action({ side: "provider", asked: true }), undefined);
  assert.equal(action({}), undefined);
  assert.equal(action({ asked: true }), "Agree, charge again");
});

test("who hung up is said from where one stands", () => {
  assert.equal(reasonText("client_hung_up", "client", "Ada"), "You hung up.");
  assert.equal(reasonText("client_hung_up", "provider", "Ada"), "Ada hung up.");
  assert.equal(reasonText("no_answer", "provider", "Ada"), "You did not answer in time.");
  assert.equal(reasonText("cancelled", "client", "Ada"), "You cancelled the call.");
});

test("every reason of the protocol has its words, an unknown one some", () => {
  const reasons = [
    "client_hung_up", "provider_hung_up", "balance_exhausted", "media_lost", "spend_cap", "operator_ended",
    "server_lost", "declined", "no_answer", "cancelled", "failed",
  ];
  const other = reasonText("from a newer server", "client", "Ada");
  assert.equal(other, "The call is over.");
  assert.equal(reasonText(null, "client", "Ada"), other);
  for (const reason of reasons) assert.notEqual(reasonText(reason, "operator", "Ada"), other, reason);
});

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { load, openPage } from "./page.js";

openPage();
const { browserName, cameraNotice, microphoneHeadline, microphoneSteps, problemOf } = await load("devices/problems.js");

const REASONS = ["denied", "dismissed", "system", "missing", "busy", "insecure", "unsupported"];

function browser({ secure = true, devices = { getUserMedia() {} } } = {}) {
  globalThis.window = { isSecureContext: secure, RTCPeerConnection: class {} };
  Object.defineProperty(globalThis, "navigator", { value: { mediaDevices: devices }, configurable: true });
}

beforeEach(() => browser());

const refusal = (name, message = "") => new DOMException(message, name);

test("each refusal of the browser has its reason", () => {
  assert.equal(problemOf(refusal("NotAllowedError", "Permission denied")), "denied");
  assert.equal(problemOf(refusal("NotAllowedError", "Permission dismissed")), "dismissed");
  assert.equal(problemOf(refusal("NotAllowedError", "Permission denied by system")), "system");
  assert.equal(problemOf(refusal("SecurityError")), "denied");
  assert.equal(problemOf(refusal("NotFoundError")), "missing");
  assert.equal(problemOf(refusal("OverconstrainedError")), "missing");
  assert.equal(problemOf(refusal("NotReadableError")), "busy");
});

test("a page that may not ask says so before anything else", () => {
  browser({ secure: false });
  assert.equal(problemOf(refusal("NotFoundError")), "insecure");
  browser({ devices: null });
  assert.equal(problemOf(null), "unsupported");
});

test("every reason has a heading, steps, a sentence for the camera", () => {
  for (const reason of REASONS) {
    assert.ok(microphoneHeadline(reason), reason);
    assert.ok(microphoneSteps(reason, "chrome").length, reason);
    assert.match(cameraNotice(reason), /The call goes on with sound only\.$/);
  }
});

test("where the permission lies is told for each browser", () => {
  const names = ["chrome", "edge", "firefox", "safari", "ios", "chrome_android", "firefox_android"];
  const first = names.map((name) => microphoneSteps("denied", name)[0]);
  assert.equal(new Set(first).size, names.length);
  for (const name of names) assert.equal(microphoneSteps("denied", name).at(-1), "Then press “Try again”.");
});

test("browsers are told apart by what they call themselves", () => {
  const named = {
    chrome: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    edge: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
    firefox: "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    safari: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
    ios: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0 Mobile/15E148 Safari/604.1",
    chrome_android: "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
    firefox_android: "Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0",
  };
  for (const [name, agent] of Object.entries(named)) assert.equal(browserName(agent, 0), name);
  assert.equal(browserName(named.safari, 5), "ios"); // an iPad that says it is a Mac
  assert.equal(browserName("something else", 0), "chrome");
});

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { load, openPage } from "./page.js";

openPage();
const { ApiError, del, get, newKey, post } = await load("frame/lib/api.js");
const { codeOf, messageOf } = await load("frame/lib/problem.js");

const seen = [];
const answers = {
  "/ok": [200, "application/json", '{"amount": 1}'],
  "/nothing": [204, "", ""],
  "/no": [422, "application/problem+json", '{"title": "No", "detail": "Not so.", "code": "bad_request", "fields": {"name": "Too long."}}'],
  "/title": [404, "application/problem+json", '{"title": "Not found", "code": "not_found"}'],
  "/proxy": [502, "text/html", "<h1>Bad gateway</h1>"],
  "/broken": [200, "application/json", "{"],
};
const server = createServer((request, response) => {
  seen.push(request);
  const [status, type, body] = answers[request.url];
  response.writeHead(status, type ? { "Content-Type": type } : {}).end(body);
});
let site = "";

before(async () => {
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  site = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());

const refused = (asked) => asked.then(() => assert.fail("it was not refused"), (error) => error);

test("an answer comes parsed, none comes as null", async () => {
  assert.deepEqual(await get(`${site}/ok`), { amount: 1 });
  assert.equal(await del(`${site}/nothing`), null);
});

test("a command says that it is JSON, with its key", async () => {
  await post(`${site}/ok`, {}, { idempotencyKey: "once" });
  const { headers, method } = seen.at(-1);
  assert.deepEqual([method, headers["content-type"], headers["idempotency-key"]], ["POST", "application/json", "once"]);
  await del(`${site}/nothing`);
  assert.equal(seen.at(-1).headers["content-type"], "application/json");
});

test("a refusal is in the server's words, beside its fields", async () => {
  const error = await refused(post(`${site}/no`));
  assert.ok(error instanceof ApiError);
  assert.deepEqual([error.message, error.status, error.code, error.fields], ["Not so.", 422, "bad_request", { name: "Too long." }]);
  assert.equal((await refused(get(`${site}/title`))).message, "Not found");
});

test("an answer of something in between is a failure in words", async () => {
  for (const path of ["/proxy", "/broken"]) {
    const error = await refused(get(site + path));
    assert.equal(codeOf(error), "internal", path);
    assert.match(messageOf(error), /^The server could not do that\./);
  }
});

test("a server that is away is a failure in words", async () => {
  const error = await refused(get("http://127.0.0.1:9/ok"));
  assert.equal(codeOf(error), "network");
  assert.match(messageOf(error), /^The server cannot be reached\./);
});

test("what was called off is not a failure of the server", async () => {
  const error = await refused(get(`${site}/ok`, { signal: AbortSignal.abort() }));
  assert.equal(error.name, "AbortError");
  assert.equal(codeOf(error), ""); // a DOMException's own code is a number
});

test("keys are not the same twice, with or without randomUUID", () => {
  const keys = new Set(Array.from({ length: 100 }, newKey));
  assert.equal(keys.size, 100);
  Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });
  assert.match(newKey(), /^[0-9a-f]{32}$/);
});

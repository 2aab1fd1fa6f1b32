import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./page.js";

const { speechOptions } = await load("talk/sdp.js");

const answer = (...lines) => `${["v=0", "m=audio 9 UDP/TLS/RTP/SAVPF 111 63", ...lines].join("\r\n")}\r\n`;

test("Opus is asked for error correction and silence, other options stay", () => {
  const sdp = speechOptions(answer("a=rtpmap:111 opus/48000/2", "a=fmtp:111 minptime=10;stereo=0", "a=mid:0"));
  assert.ok(sdp.includes("a=fmtp:111 minptime=10;stereo=0;useinbandfec=1;usedtx=1\r\na=mid:0\r\n"), sdp);
});

test("what the relay said of the two is overruled, not said twice", () => {
  const sdp = speechOptions(answer("a=rtpmap:111 opus/48000/2", "a=fmtp:111 useinbandfec=0; usedtx=0"));
  assert.ok(sdp.includes("a=fmtp:111 useinbandfec=1;usedtx=1\r\n"), sdp);
  assert.equal(sdp.match(/useinbandfec/g).length, 1);
});

test("without a line of options one is put behind the codec", () => {
  const sdp = speechOptions(answer("a=rtpmap:111 opus/48000/2", "a=mid:0"));
  assert.ok(sdp.includes("a=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1;usedtx=1\r\na=mid:0\r\n"), sdp);
});

test("another codec's options are not touched", () => {
  const red = "a=fmtp:63 111/111";
  const sdp = speechOptions(answer("a=rtpmap:63 red/48000/2", red, "a=rtpmap:111 opus/48000/2", "a=fmtp:111 minptime=10"));
  assert.ok(sdp.includes(`${red}\r\n`), sdp);
});

test("an answer without Opus stays as it is", () => {
  const sdp = answer("a=rtpmap:0 PCMU/8000");
  assert.equal(speechOptions(sdp), sdp);
});

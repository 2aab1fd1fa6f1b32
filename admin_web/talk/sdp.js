/** The one change this page makes to an SDP: what the browser's Opus encoder is asked to do. */

/**
 * The answer with in-band FEC (a lost packet is mended from the next) and DTX (silence costs
 * next to nothing) for Opus. They are the receiver's wishes (RFC 7587, section 6.1), so they
 * belong into the answer, and need no tampering with our own offer.
 * @param {string} answer an SDP
 */
export function speechOptions(answer) {
  const opus = /^a=rtpmap:(\d+) opus\/48000/im.exec(answer);
  if (!opus) return answer;
  const wanted = { useinbandfec: "1", usedtx: "1" };
  const line = new RegExp(`^a=fmtp:${opus[1]} (.*?)\\r?$`, "m").exec(answer);
  const given = line ? Object.fromEntries(line[1].split(";").map((pair) => pair.trim().split("="))) : {};
  const options = Object.entries({ ...given, ...wanted }).map(([name, value]) => `${name}=${value}`);
  const fmtp = `a=fmtp:${opus[1]} ${options.join(";")}`;
  if (line) return answer.replace(line[0].trimEnd(), fmtp);
  return answer.replace(/^(a=rtpmap:\d+ opus\/48000.*?)(\r?\n)/im, `$1$2${fmtp}$2`);
}

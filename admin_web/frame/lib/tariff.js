/**
 * The charge of a tariff, for previews while someone types. What is billed is computed by the server
 * (metering.tariff); tests/admin_web compares the two.
 */

/** @type {(a: bigint, b: bigint) => bigint} */
const ceilDiv = (a, b) => (a + b - 1n) / b;

/** @typedef {Pick<Rates, "threshold_s" | "threshold_mode" | "increments">} Rounding */

/**
 * Seconds billed for `connectedS` proven seconds.
 * @param {Rounding} tariff
 * @param {number} connectedS
 */
export function billedSeconds(tariff, connectedS) {
  let seconds = BigInt(connectedS);
  const threshold = BigInt(tariff.threshold_s);
  if (seconds <= threshold) return 0n;
  if (tariff.threshold_mode === "gift") seconds -= threshold;
  const [initial, next] = tariff.increments.map(BigInt);
  const beyond = seconds > initial ? seconds - initial : 0n;
  return initial + next * ceilDiv(beyond, next);
}

/**
 * What `connectedS` seconds cost, in micro-units.
 * @param {Rates & {commission_bps: number}} tariff
 * @param {number} connectedS
 */
export function shares(tariff, connectedS) {
  const charge = (BigInt(tariff.price_micros) * billedSeconds(tariff, connectedS)) / BigInt(tariff.period_s);
  const platform = (charge * BigInt(tariff.commission_bps)) / 10_000n;
  return { charge, platform, provider: charge - platform };
}

/**
 * Connected times worth showing for a tariff: inside the free start, just over it, then round ones.
 * @param {Pick<Rates, "threshold_s">} tariff
 */
export function sampleTimes({ threshold_s: threshold }) {
  const times = threshold > 0 ? [threshold, threshold + 1] : [];
  return [...times, ...[300, 600, 1800, 3600].filter((s) => s > threshold + 1)];
}

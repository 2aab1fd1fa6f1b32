/** How loud a microphone is right now, for a meter on screen. */

const FLOOR_DB = -60; // below this a room counts as silent
const EVERY_MS = 80;

/**
 * Calls `show(level)` with 0…1 about 12 times a second until the returned function is called.
 * Costs nothing while the page is hidden.
 * @param {MediaStreamTrack} track
 * @param {(level: number) => void} show
 */
export function watchLevel(track, show) {
  const context = new AudioContext();
  const source = context.createMediaStreamSource(new MediaStream([track]));
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    if (document.hidden) return;
    if (context.state === "suspended") context.resume().catch(() => {});
    analyser.getFloatTimeDomainData(samples);
    show(levelOf(samples));
  }, EVERY_MS);
  return () => {
    clearInterval(timer);
    source.disconnect();
    context.close().catch(() => {});
  };
}

/** Root mean square in decibels, mapped to 0…1 (ears are logarithmic). @param {Float32Array} samples */
export function levelOf(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const db = 10 * Math.log10(sum / samples.length || 1e-12);
  return Math.min(1, Math.max(0, 1 - db / FLOOR_DB));
}

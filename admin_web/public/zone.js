/** Weekly hours from one time zone in another, with Intl alone. Days are 0 (Monday) to 6. */

const DAY_MS = 86_400_000;

/** How far `zone` is ahead of UTC at an instant, in ms. @param {string} zone @param {number} atMs */
export function offsetMs(zone, atMs) {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone, hourCycle: "h23",
    year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
  }).formatToParts(atMs);
  /** @param {Intl.DateTimeFormatPartTypes} type */
  const of = (type) => Number(parts.find((part) => part.type === type)?.value);
  const wall = Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
  return wall - Math.floor(atMs / 1000) * 1000;
}

/**
 * The instant at which clocks in `zone` show this wall time (given as if it were UTC).
 * @param {number} wallMs
 * @param {string} zone
 */
export function instantOf(wallMs, zone) {
  const guess = wallMs - offsetMs(zone, wallMs);
  // A second look at the offset that holds then, for the hours around a change of clocks.
  return wallMs - offsetMs(zone, guess);
}

/** The weekday in `zone` at an instant. @param {string} zone @param {number} atMs */
export function weekdayIn(zone, atMs) {
  return (new Date(atMs + offsetMs(zone, atMs)).getUTCDay() + 6) % 7;
}

/**
 * The interval on the next such weekday, as wall times in `viewerZone`.
 * @param {string} viewerZone
 * @param {string} zone
 * @param {number} day
 * @param {string} from "09:00" in `zone`
 * @param {string} to
 * @param {number} nowMs
 * @returns {{from: {day: number, time: string}, to: {day: number, time: string}}}
 */
export function intervalIn(viewerZone, zone, day, from, to, nowMs) {
  const today = new Date(nowMs + offsetMs(zone, nowMs));
  const midnight = Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate());
  const ahead = (day - ((today.getUTCDay() + 6) % 7) + 7) % 7;
  /** @param {string} time */
  const wall = (time) => {
    const [hours, minutes] = time.split(":").map(Number);
    return midnight + ahead * DAY_MS + (hours * 60 + minutes) * 60_000;
  };
  /** @param {number} wallMs */
  const view = (wallMs) => {
    const at = instantOf(wallMs, zone);
    const local = new Date(at + offsetMs(viewerZone, at));
    return { day: (local.getUTCDay() + 6) % 7, time: local.toISOString().slice(11, 16) };
  };
  return { from: view(wall(from)), to: view(wall(to)) };
}

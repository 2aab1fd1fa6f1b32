/** The selects and the level meter of `_devices.html`, wherever they are shown. */

import { t } from "../frame/lib/text.js";
import { $, $$, el, partsOf, setText } from "../frame/lib/elements.js";
import { watchLevel } from "./level.js";

/** @typedef {import("./devices.js").Devices} Devices */

const HEARD = 0.35; // speech at an arm's length is well above, a quiet room below
const QUIET_AFTER_MS = 4_000;
const canChooseSpeaker = "setSinkId" in HTMLMediaElement.prototype;

/**
 * Binds one `_devices.html` to the devices. `active(true)` while it is on screen: only then the
 * level is measured. `onSpeaker(id)` when another speaker is chosen.
 * @param {ParentNode} root
 * @param {Devices} devices
 * @param {{onSpeaker?: (id: string) => void}} [options]
 */
export function bindDeviceChoice(root, devices, { onSpeaker = () => {} } = {}) {
  const part = partsOf(root);
  const level = part("level");
  const bar = $(":scope > *", level);
  const text = part("level-text");
  const selects = $$("select[data-kind]", root, HTMLSelectElement);
  let shown = false;
  /** @type {MediaStreamTrack | null} */
  let measured = null;
  let stop = () => {};

  for (const select of selects) {
    select.addEventListener("change", () => {
      devices.choose(kindOf(select), select.value);
      if (select.dataset.kind === "audiooutput") onSpeaker(select.value);
    });
  }
  devices.addEventListener("change", render);

  function render() {
    if (!shown) return;
    for (const select of selects) fill(select, devices);
    if (measured !== devices.audio) {
      stop();
      measured = devices.audio;
      stop = measured ? watchLevel(measured, meter()) : () => {};
      if (!measured) setText(text, "");
    }
  }

  function meter() {
    let heardAt = 0;
    let spokenAt = 0;
    const since = performance.now();
    /** @param {number} value */
    return (value) => {
      const now = performance.now();
      bar.style.setProperty("--level", value.toFixed(2));
      if (value >= HEARD) heardAt = now;
      // A screen reader may ask for the value: once a second is plenty.
      if (now - spokenAt > 1000) {
        level.setAttribute("aria-valuenow", String(Math.round(value * 100)));
        spokenAt = now;
      }
      if (devices.muted) setText(text, t("Muted: nobody hears you."));
      else if (heardAt && now - heardAt < QUIET_AFTER_MS) setText(text, t("Your microphone works."));
      else if (now - since > QUIET_AFTER_MS) setText(text, t("Nothing heard: say something, or choose another microphone."));
      else setText(text, t("Say something to see the bar move."));
    };
  }

  return {
    /** @param {boolean} on */
    active(on) {
      shown = on;
      if (on) {
        render();
      } else {
        stop();
        measured = null;
        stop = () => {};
      }
    },
  };
}

/** @param {HTMLSelectElement} select */
function kindOf(select) {
  return /** @type {import("./devices.js").DeviceKind} */ (select.dataset.kind);
}

/** @param {HTMLSelectElement} select @param {Devices} devices */
function fill(select, devices) {
  const kind = kindOf(select);
  const list = devices.list[kind];
  const none = kind === "audiooutput" ? !canChooseSpeaker || list.length === 0 : list.length === 0;
  const place = select.closest(".field");
  if (place instanceof HTMLElement) place.hidden = none && kind !== "audioinput";
  const options = list.map((device) => el("option", { value: device.deviceId }, device.label));
  if (!options.length) options.push(el("option", { value: "" }, t("None found")));
  select.disabled = !list.length;
  select.replaceChildren(...options);
  const chosen = devices.chosen(kind);
  if (list.some((device) => device.deviceId === chosen)) select.value = chosen;
}

/** The device check before a call or a shift: preview, level, choice, and help when one is missing. */

import { t } from "../frame/lib/text.js";
import { $, el, partsOf, setText } from "../frame/lib/elements.js";
import { setBusy } from "../frame/lib/ui.js";
import { bindDeviceChoice } from "./device_choice.js";
import { shownIn } from "./devices.js";
import { cameraNotice, microphoneHeadline, microphoneSteps } from "./problems.js";

/** @typedef {import("./problems.js").Problem} Problem */

export class DeviceCheck {
  #devices;
  #part;
  #choice;
  #opened = false;
  /** @type {Promise<void> | null} */
  #opening = null;
  /** @type {string | null} */
  #released = null;

  /** @param {HTMLElement} root @param {import("./devices.js").Devices} devices */
  constructor(root, devices) {
    this.#devices = devices;
    this.#part = partsOf(root);
    this.#choice = bindDeviceChoice($(":scope > *", this.#part("choice")), devices);
    this.#part("check").addEventListener("click", () => this.open());
    this.#part("retry").addEventListener("click", () => this.open());
    this.#part("preview-camera").addEventListener("click", () => devices.setCamera(!devices.camera));
    devices.addEventListener("change", () => this.render());
    this.render();
  }

  /** True when there is a microphone to talk into. */
  get ready() {
    return Boolean(this.#devices.audio);
  }

  /** True while the browser's question is open. */
  get asking() {
    return this.#opening !== null;
  }

  get problem() {
    return this.#devices.microphoneProblem;
  }

  /** Asks the browser; resolves with `ready`. Once at a time. */
  async open() {
    this.#opening ??= this.#devices.open().finally(() => {
      this.#opening = null;
      this.#opened = true;
    });
    this.render();
    await this.#opening;
    this.render();
    return this.ready;
  }

  /** Lets go of camera and microphone (their lights go out); `words` say so in the preview. @param {string | null} [words] */
  release(words = null) {
    this.#devices.stop();
    this.#opened = false;
    this.#released = words;
    this.render();
  }

  render() {
    const { audio, camera, wantsCamera, cameraProblem, microphoneProblem } = this.#devices;
    const video = this.#part("preview-video", HTMLVideoElement);
    if (shownIn(video) !== (camera ?? undefined)) {
      video.srcObject = camera ? new MediaStream([camera]) : null;
    }
    video.hidden = !camera;
    this.#part("preview").toggleAttribute("data-idle", !camera && !audio);
    const off = this.#part("preview-off");
    off.hidden = Boolean(camera);
    setText(off, this.#offText(wantsCamera));
    const toggle = this.#part("preview-camera");
    toggle.hidden = !audio && !camera;
    setText(toggle, camera ? t("Switch camera off") : t("Switch camera on"));
    setText(this.#part("check-text"), this.#opened ? t("Check again") : t("Check camera and microphone"));
    setBusy(this.#part("check"), this.asking);
    this.#part("check").hidden = Boolean(microphoneProblem); // its notice has the button then
    this.#part("choice").hidden = !audio;
    this.#choice.active(Boolean(audio));
    this.#notices(cameraProblem, microphoneProblem);
  }

  /** @param {boolean} wantsCamera */
  #offText(wantsCamera) {
    if (this.asking) return t("Answer “Allow” when your browser asks.");
    if (!this.#opened) return this.#released ?? t("Nothing is sent to anyone before the call.");
    return wantsCamera ? t("No picture") : t("Your camera is off. You can switch it on at any time.");
  }

  /** @param {Problem | null} cameraProblem @param {Problem | null} microphoneProblem */
  #notices(cameraProblem, microphoneProblem) {
    const camera = this.#part("camera-notice");
    const shown = microphoneProblem ? null : cameraProblem;
    setText(camera, shown ? cameraNotice(shown) : "");
    camera.hidden = !shown;
    const notice = this.#part("mic-notice");
    notice.hidden = !microphoneProblem;
    if (!microphoneProblem) return;
    const title = microphoneHeadline(microphoneProblem);
    if (this.#part("mic-title").textContent === title) return;
    setText(this.#part("mic-title"), title);
    const steps = microphoneSteps(microphoneProblem);
    this.#part("mic-steps").replaceChildren(...steps.map((step) => el("li", {}, step)));
  }
}

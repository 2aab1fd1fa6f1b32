/** The device check before a call or a shift: preview, level, choice, and help when one is missing. */

import { t } from "../frame/lib/text.js";
import { el, setBusy, setText } from "../frame/lib/ui.js";
import { bindDeviceChoice } from "./device_choice.js";
import { cameraNotice, microphoneHeadline, microphoneSteps } from "./problems.js";

export class DeviceCheck {
  #devices;
  #part;
  #choice;
  #opened = false;
  #opening = null;
  #released = null;

  constructor(root, devices) {
    this.#devices = devices;
    this.#part = (name) => root.querySelector(`[data-part="${name}"]`);
    this.#choice = bindDeviceChoice(this.#part("choice").firstElementChild, devices);
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

  /** Lets go of camera and microphone (their lights go out); `words` say so in the preview. */
  release(words = null) {
    this.#devices.stop();
    this.#opened = false;
    this.#released = words;
    this.render();
  }

  render() {
    const { audio, camera, wantsCamera, cameraProblem, microphoneProblem } = this.#devices;
    const video = this.#part("preview-video");
    if (video.srcObject?.getVideoTracks()[0] !== (camera ?? undefined)) {
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

  #offText(wantsCamera) {
    if (this.asking) return t("Answer “Allow” when your browser asks.");
    if (!this.#opened) return this.#released ?? t("Nothing is sent to anyone before the call.");
    return wantsCamera ? t("No picture") : t("Your camera is off. You can switch it on at any time.");
  }

  #notices(cameraProblem, microphoneProblem) {
    const camera = this.#part("camera-notice");
    const showCamera = Boolean(cameraProblem && !microphoneProblem);
    setText(camera, showCamera ? cameraNotice(cameraProblem) : "");
    camera.hidden = !showCamera;
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

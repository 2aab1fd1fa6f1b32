/**
 * A provider on any page of the site but the console: duty goes on, a caller is heard and seen, and
 * the switch in the header works. The console has all of this itself.
 */

import { rate } from "../frame/lib/money.js";
import { messageOf } from "../frame/lib/problem.js";
import { Socket } from "../frame/lib/socket.js";
import { t } from "../frame/lib/text.js";
import { $, byId, el } from "../frame/lib/elements.js";
import { leaveFor, toast } from "../frame/lib/ui.js";
import { dutyWord } from "./duty_words.js";
import { Ringer } from "./ringer.js";

const box = $("#site-duty");
const toggle = byId("site-duty-switch", HTMLInputElement);
const bar = $("#site-ring");
const ringer = new Ringer();
const socket = new Socket();
/** @type {Map<string, Call>} */
const ringing = new Map(); // by id
/** @type {Duty} */
let duty = "off_duty";

/** @param {DutyNews} shown */
function render(shown) {
  duty = shown.duty ?? duty;
  toggle.checked = duty !== "off_duty";
  $("#site-duty-text").textContent = ringing.size ? t("Ringing") : dutyWord(duty);
  box.dataset.duty = duty;
  box.hidden = false;
}

toggle.addEventListener("change", async () => {
  if (toggle.checked) {
    await leaveFor("/console#on-duty"); // where the microphone is checked first
    return;
  }
  try {
    render(await socket.request("duty.set", { on: false }));
  } catch (problem) {
    toggle.checked = true;
    toast(messageOf(problem), "error");
  }
});

function ring() {
  const calls = [...ringing.values()];
  render({ duty });
  ringer.ring(calls, () => location.assign("/console"));
  bar.replaceChildren(...calls.map((call) =>
    el("div", { class: "notice row-between site-ring", "data-testid": "site-ring" },
      el("p", {},
        el("strong", {}, t("{name} is calling", { name: call.client.name })),
        ` · ${call.service.title}${call.tariff.price_micros ? ` · ${rate(call.tariff.price_micros, call.tariff.period_s)}` : ""}`),
      el("a", { class: "btn btn-primary", href: "/console" }, t("Answer in the console")))));
}

/** @param {Call} call */
function keep(call) {
  if (call.side !== "provider") return;
  if (call.state === "ringing") ringing.set(call.id, call);
  else ringing.delete(call.id);
  ring();
}

socket.on("hello", (hello) => {
  render(hello);
  ringing.clear();
  ring();
  hello.calls.forEach(keep);
});
socket.on("duty", render);
socket.on("call.incoming", ({ call }) => keep(call));
socket.on("call.state", ({ call }) => ringing.has(call.id) && keep(call));
socket.on("call.gone", ({ call }) => {
  ringing.delete(call);
  ring();
});
socket.on("signed_out", () => location.reload());
// Sound needs a press anywhere on the page first; title and notification do not.
document.addEventListener("pointerdown", () => duty !== "off_duty" && ringer.unlock().catch(() => {}));

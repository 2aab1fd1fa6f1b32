/** Creating a batch of vouchers: the codes are shown once. */
import { newKey, post } from "../../frame/lib/api.js";
import { localizeTimes } from "../../frame/lib/time.js";
import { $, byId } from "../../frame/lib/elements.js";
import { onSubmit } from "../../frame/lib/forms.js";
import { t, tn } from "../../frame/lib/text.js";
import { copyText, toast } from "../../frame/lib/ui.js";

const form = byId("vouchers", HTMLFormElement);
const card = $("#codes-card");
const area = byId("codes", HTMLTextAreaElement);
let file = "";
let kept = true;
let key = newKey();
// Another batch is another command; the same one sent again, after a lost answer, shows the same codes.
form.addEventListener("input", () => (key = newKey()));

/** The list as the server shows it now; the rest of the page, with its codes, stays. */
async function refreshList() {
  const answer = await fetch(location.pathname);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const list = page.getElementById("voucher-list");
  if (!list) return;
  $("#voucher-list").replaceWith(document.adoptNode(list));
  localizeTimes($("#voucher-list"));
}

onSubmit(form, async (values) => {
  const { codes } = await post("/api/admin/vouchers", {
    amount: values.amount.trim().replace(",", "."),
    count: Number(values.count),
    ...(values.expires_on ? { expires_on: values.expires_on } : {}),
    ...(values.note.trim() ? { note: values.note.trim() } : {}),
  }, { idempotencyKey: key });
  key = newKey();
  area.value = codes.join("\n");
  area.rows = Math.min(12, Math.max(3, codes.length));
  URL.revokeObjectURL(file);
  file = URL.createObjectURL(new Blob([`${area.value}\n`], { type: "text/plain" }));
  byId("download-codes", HTMLAnchorElement).href = file;
  card.hidden = false;
  card.focus();
  kept = false;
  toast(tn(codes.length, "{n} voucher created.", "{n} vouchers created."));
  form.reset();
  await refreshList();
});

$("#copy-codes").addEventListener("click", async () => {
  await copyText(area.value, { source: area, done: t("Codes copied.") });
  kept = true;
});
$("#download-codes").addEventListener("click", () => (kept = true));
// The codes cannot be shown again: leaving without having kept them deserves a question.
window.addEventListener("beforeunload", (event) => {
  if (!kept) event.preventDefault();
});

/** Copy buttons of links. */
import { $$, copyText, t } from "../frame/lib/ui.js";

for (const button of $$("[data-copy]")) {
  button.addEventListener("click", () =>
    copyText(button.dataset.copy ?? "", {
      source: document.getElementById(button.dataset.copySource ?? ""),
      done: t("Link copied."),
    }),
  );
}

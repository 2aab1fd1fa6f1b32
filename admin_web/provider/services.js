/** Copy buttons of links. */
import { $$ } from "../frame/lib/elements.js";
import { t } from "../frame/lib/text.js";
import { copyText } from "../frame/lib/ui.js";

for (const button of $$("[data-copy]")) {
  button.addEventListener("click", () =>
    copyText(button.dataset.copy ?? "", {
      source: document.getElementById(button.dataset.copySource ?? ""),
      done: t("Link copied."),
    }),
  );
}

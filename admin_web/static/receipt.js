/** The print button. */
import { $ } from "/static/signaling/lib/ui.js";

$("#print")?.addEventListener("click", () => window.print());

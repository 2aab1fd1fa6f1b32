/** Signing in and creating an account. */
import { post } from "../frame/lib/api.js";
import { optional } from "../frame/lib/elements.js";
import { onSubmit } from "../frame/lib/forms.js";
import { leaveFor } from "../frame/lib/ui.js";

/** @type {Record<string, string>} */
const HOME = { client: "/", provider: "/services", operator: "/admin" };

/**
 * Only a path of this site: whoever made the link must not send people elsewhere.
 * @param {HTMLFormElement} form
 * @param {Role} role
 */
function next(form, role) {
  const wanted = form.dataset.next ?? "";
  return /^\/(?![/\\])/.test(wanted) ? wanted : (HOME[role] ?? "/");
}

const signin = optional("#signin", document, HTMLFormElement);
if (signin) {
  onSubmit(signin, async ({ email, password }) => {
    const { user } = await post("/api/session", { email, password });
    await leaveFor(next(signin, user.role));
  });
}

const signup = optional("#signup", document, HTMLFormElement);
if (signup) {
  onSubmit(signup, async ({ email, password, name, role }) => {
    const { user } = await post("/api/accounts", { email, password, name, role });
    // Someone who came to offer a service goes on to write it, whatever page sent them here.
    await leaveFor(user.role === "provider" ? "/services/new" : next(signup, user.role));
  });
}

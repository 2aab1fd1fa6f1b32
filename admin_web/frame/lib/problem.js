/** What was thrown, in what a page can use of it: words for a person, the server's code. */

/** @param {unknown} problem */
export function messageOf(problem) {
  return problem instanceof Error ? problem.message : String(problem);
}

/**
 * The code of a refusal (ApiError, SocketError), "" for anything else.
 * @param {unknown} problem
 */
export function codeOf(problem) {
  return problem instanceof Error && "code" in problem && typeof problem.code === "string" ? problem.code : "";
}

/**
 * The REST API (docs/protocol.md, section 1) as a fetch wrapper.
 *
 * Every failure is an ApiError with words for a person, whatever failed: the server's problem document,
 * a broken line, or an answer that is not JSON.
 */
import { t } from "./text.js";

export class ApiError extends Error {
  /**
   * @param {string} message a sentence for a person
   * @param {{status?: number, code?: string, fields?: Record<string, string>}} [about]
   */
  constructor(message, { status = 0, code = "network", fields = {} } = {}) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.fields = fields;
  }
}

/** @typedef {{idempotencyKey?: string, signal?: AbortSignal, keepalive?: boolean}} RequestOptions */

/**
 * @param {string} method
 * @param {string} path under the server's root, e.g. "/api/wallet"
 * @param {object} [body] sent as JSON
 * @param {RequestOptions} [options]
 * @returns {Promise<any>} the parsed answer, null when it has no body
 */
export async function request(method, path, body, { idempotencyKey, signal, keepalive } = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (idempotencyKey) headers["Idempotency-Key"] = idempotencyKey;
  // A state-changing request always declares JSON, with or without a body: the server refuses others.
  if (method !== "GET") headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      signal,
      keepalive,
    });
  } catch (error) {
    if (error instanceof Error && error.name === "AbortError") throw error;
    throw new ApiError(t("The server cannot be reached. Check your connection and try again."));
  }
  if (answer.status === 204) return null;
  const kind = answer.headers.get("Content-Type") ?? "";
  const parsed = kind.includes("json") ? await answer.json().catch(() => null) : null;
  if (answer.ok && parsed !== null) return parsed;
  throw new ApiError(parsed?.detail ?? parsed?.title ?? t("The server could not do that. Try again in a moment."), {
    status: answer.status,
    code: parsed?.code ?? "internal",
    fields: parsed?.fields ?? {},
  });
}

/** @type {(path: string, options?: RequestOptions) => Promise<any>} */
export const get = (path, options) => request("GET", path, undefined, options);
/** @type {(path: string, body?: object, options?: RequestOptions) => Promise<any>} */
export const post = (path, body = {}, options) => request("POST", path, body, options);
/** @type {(path: string, body?: object, options?: RequestOptions) => Promise<any>} */
export const put = (path, body = {}, options) => request("PUT", path, body, options);
/** @type {(path: string, options?: RequestOptions) => Promise<any>} */
export const del = (path, options) => request("DELETE", path, undefined, options);

/** A fresh key for a command that must happen once however often it is sent. */
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  // Outside a secure context (plain http on a LAN) randomUUID is missing; getRandomValues is not.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}

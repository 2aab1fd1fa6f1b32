/**
 * The page's end of `/ws` (docs/protocol.md, section 2): a WebSocket that comes back by itself,
 * and requests that get exactly one answer.
 *
 *   const socket = new Socket();
 *   socket.on("hello", ({ user, calls }) => …);        // after every connect, the first one too
 *   socket.on("call.state", ({ call }) => …);
 *   const { call } = await socket.request("call.start", { service, … });
 *
 * Besides the server's own events there are `up`, `down` ({ retry_ms }) and `signed_out` (the
 * session is over: it stops trying).
 */

import { codeOf } from "./problem.js";

// A call may hang on it and gives up after half a minute: never wait long between two tries.
const BACKOFF_MS = [200, 500, 1000, 2000, 3000, 5000];
const REQUEST_TIMEOUT_MS = 15_000;
// A laptop that slept or a phone that changed networks leaves a connection that looks open and
// is not. Asking every 20 s, and at once when the page is seen again, finds that out.
const PROBE_EVERY_MS = 20_000;
const PROBE_TIMEOUT_MS = 6_000;
const MAX_WAITING = 64;

/** A request was refused or got no answer. `code` is one of docs/protocol.md, or `disconnected`. */
export class SocketError extends Error {
  /**
   * @param {string} code
   * @param {string} message a sentence for a person
   * @param {Record<string, string>} [fields]
   */
  constructor(code, message, fields = {}) {
    super(message);
    this.name = "SocketError";
    this.code = code;
    this.fields = fields;
  }
}

/** @typedef {{resolve: (answer: any) => void, reject: (problem: SocketError) => void, timer: number}} Waiting */

export class Socket {
  #url;
  /** @type {WebSocket | null} */
  #ws = null;
  #closed = false;
  #ready = false;
  #attempt = 0;
  #retryTimer = 0;
  #probeTimer = 0;
  #nextId = 1;
  /** @type {Map<string, Set<(message: any) => void>>} */
  #handlers = new Map();
  /** @type {Map<string, Waiting>} */
  #pending = new Map();
  /** @type {{id: string, frame: string}[]} */
  #unsent = [];

  constructor(path = "/ws") {
    const url = new URL(path, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    this.#url = url.href;
    this.#connect();
    window.addEventListener("online", this.#wake);
    window.addEventListener("pageshow", this.#wake);
    document.addEventListener("visibilitychange", this.#wake);
  }

  /** True between the server's `hello` and the next loss. */
  get ready() {
    return this.#ready;
  }

  /**
   * Calls `handler(message)` for every event of this type; returns the function that stops it.
   * @template {keyof SocketEvents} Type
   * @param {Type} type
   * @param {(message: SocketEvents[Type]) => void} handler
   */
  on(type, handler) {
    const handlers = this.#handlers.get(type) ?? new Set();
    handlers.add(handler);
    this.#handlers.set(type, handlers);
    return () => handlers.delete(handler);
  }

  /**
   * Sends a request and resolves with its `ok`. Waits for the connection when there is none yet.
   * Rejects with SocketError: the server's code, `disconnected` or `timeout`.
   * @template {keyof SocketAnswers} Type
   * @param {Type} type
   * @param {object} [fields]
   * @param {{timeoutMs?: number}} [options]
   * @returns {Promise<SocketAnswers[Type]>}
   */
  request(type, fields = {}, { timeoutMs = REQUEST_TIMEOUT_MS } = {}) {
    if (this.#closed || this.#pending.size >= MAX_WAITING) {
      return Promise.reject(new SocketError("disconnected", "There is no connection to the server."));
    }
    const id = String(this.#nextId++);
    const frame = JSON.stringify({ ...fields, type, id });
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        this.#unsent = this.#unsent.filter((waiting) => waiting.id !== id);
        reject(new SocketError("timeout", "The server did not answer in time."));
      }, timeoutMs);
      this.#pending.set(id, { resolve, reject, timer });
      if (this.#ready) this.#ws?.send(frame);
      else this.#unsent.push({ id, frame });
    });
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#retryTimer);
    clearInterval(this.#probeTimer);
    window.removeEventListener("online", this.#wake);
    window.removeEventListener("pageshow", this.#wake);
    document.removeEventListener("visibilitychange", this.#wake);
    this.#rejectAll();
    this.#ws?.close();
  }

  #connect() {
    clearTimeout(this.#retryTimer);
    const ws = new WebSocket(this.#url);
    this.#ws = ws;
    ws.onmessage = (event) => {
      if (ws === this.#ws) this.#receive(event.data);
    };
    ws.onclose = () => {
      if (ws === this.#ws) this.#lost();
    };
  }

  /** @param {string} text */
  #receive(text) {
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return; // not ours: the protocol only speaks JSON
    }
    if (message.type === "ok" || message.type === "error") {
      this.#answer(message);
      return;
    }
    if (message.type === "hello") {
      this.#ready = true;
      this.#attempt = 0;
      clearInterval(this.#probeTimer);
      this.#probeTimer = setInterval(() => this.#probe(), PROBE_EVERY_MS);
      for (const { frame } of this.#unsent.splice(0)) this.#ws?.send(frame);
      this.#emit("up", {});
    }
    this.#emit(message.type, message);
  }

  /** @param {{id: string, type: string, code: string, message: string, fields?: Record<string, string>}} message */
  #answer(message) {
    const request = this.#pending.get(message.id);
    if (!request) return;
    this.#pending.delete(message.id);
    clearTimeout(request.timer);
    if (message.type === "ok") request.resolve(message);
    else request.reject(new SocketError(message.code, message.message, message.fields));
  }

  async #lost() {
    const wasReady = this.#ready;
    this.#ready = false;
    clearInterval(this.#probeTimer);
    // What was already sent may or may not have been done: its sender must look, not guess.
    const unsent = new Set(this.#unsent.map((waiting) => waiting.id));
    this.#rejectAll((id) => !unsent.has(id));
    if (this.#closed) return;
    if (!wasReady && (await this.#signedOut())) {
      this.close();
      this.#emit("signed_out", {});
      return;
    }
    const base = BACKOFF_MS[Math.min(this.#attempt++, BACKOFF_MS.length - 1)];
    const retryMs = Math.round(base * (0.75 + Math.random() / 2)); // do not come back all at once
    this.#emit("down", { retry_ms: retryMs });
    this.#retryTimer = setTimeout(() => this.#connect(), retryMs);
  }

  /** A refused upgrade looks like any other failure to a page: ask REST what it was. */
  async #signedOut() {
    try {
      return (await fetch("/api/session", { cache: "no-store" })).status === 401;
    } catch {
      return false;
    }
  }

  async #probe() {
    if (!this.#ready) return;
    const ws = this.#ws;
    try {
      await this.request("ping", {}, { timeoutMs: PROBE_TIMEOUT_MS });
    } catch (problem) {
      if (!ws || codeOf(problem) !== "timeout" || ws !== this.#ws) return; // any answer is a sign of life
      ws.onclose = null; // a dead connection can take minutes to report its own close
      ws.close();
      this.#lost();
    }
  }

  #wake = () => {
    if (document.visibilityState === "hidden" || this.#closed) return;
    if (this.#ready) this.#probe();
    else if (this.#ws?.readyState === WebSocket.CLOSED) this.#connect();
  };

  /** @param {(id: string) => boolean} [which] */
  #rejectAll(which = () => true) {
    for (const [id, request] of this.#pending) {
      if (!which(id)) continue;
      this.#pending.delete(id);
      clearTimeout(request.timer);
      request.reject(new SocketError("disconnected", "The connection to the server was lost."));
    }
  }

  /** @param {string} type @param {object} message */
  #emit(type, message) {
    for (const handler of [...(this.#handlers.get(type) ?? [])]) {
      try {
        handler(message);
      } catch (problem) {
        console.error(problem); // one broken listener must not silence the others
      }
    }
  }
}

/**
 * The little of a page that pure modules read when they are loaded: its language, currency, texts.
 * `node --test` runs each file in a process of its own, so that each file is another page.
 */

/** @param {{lang?: string, currency?: string, texts?: Record<string, string>}} [about] */
export function openPage({ lang = "en", currency = "USD", texts = {} } = {}) {
  const block = { textContent: JSON.stringify(texts) };
  globalThis.document = {
    documentElement: { lang, dataset: { currency } },
    getElementById: (id) => (id === "page-texts" ? block : null),
    addEventListener: () => {},
  };
}

/** A module of the site's, loaded once the page is open; `path` under admin_web. */
export const load = (path) => import(`../../admin_web/${path}`);

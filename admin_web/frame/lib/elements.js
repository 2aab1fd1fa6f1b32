/** The elements of a page: found, with their kind checked, or made. */

/**
 * @template {Element} T
 * @typedef {{new (): T}} Kind the class of an element, e.g. HTMLInputElement
 */
/**
 * Finds a part of a piece of a page by its name (`data-part`).
 * @typedef {<T extends Element = HTMLElement>(name: string, kind?: Kind<T>) => T} Part
 */

/**
 * The first element that the selector finds; throws when there is none, or one of another kind.
 * @template {Element} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [root]
 * @param {Kind<T>} [kind]
 * @returns {T}
 */
export function $(selector, root = document, kind) {
  const found = optional(selector, root, kind);
  if (!found) throw new Error(`This page has no ${selector}.`);
  return found;
}

/**
 * The first element that the selector finds, or null: what not every page has.
 * @template {Element} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [root]
 * @param {Kind<T>} [kind]
 * @returns {T | null}
 */
export function optional(selector, root = document, kind) {
  const found = root.querySelector(selector);
  return found && ofKind(found, selector, kind);
}

/**
 * All elements that the selector finds.
 * @template {Element} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [root]
 * @param {Kind<T>} [kind]
 * @returns {T[]}
 */
export function $$(selector, root = document, kind) {
  return Array.from(root.querySelectorAll(selector), (found) => ofKind(found, selector, kind));
}

/**
 * The element with this id.
 * @template {Element} [T=HTMLElement]
 * @param {string} id
 * @param {Kind<T>} [kind]
 */
export function byId(id, kind) {
  return $(`#${id}`, document, kind);
}

/**
 * Finds the named parts of what `_….html` put on the page.
 * @param {ParentNode} root
 * @returns {Part}
 */
export function partsOf(root) {
  return (name, kind) => $(`[data-part="${name}"]`, root, kind);
}

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Control */

/**
 * The one field of a form that has this name.
 * @template {Element} [T=Control]
 * @param {HTMLFormElement} form
 * @param {string} name
 * @param {Kind<T>} [kind]
 * @returns {T}
 */
export function field(form, name, kind) {
  const found = form.elements.namedItem(name);
  if (!(found instanceof Element)) throw new Error(`This form has no one field ${name}.`);
  return ofKind(found, name, kind);
}

/**
 * A copy of what a `<template>` holds.
 * @param {string} id
 */
export function copyOf(id) {
  const copy = byId(id, HTMLTemplateElement).content.firstElementChild?.cloneNode(true);
  if (!(copy instanceof HTMLElement)) throw new Error(`The template ${id} is empty.`);
  return copy;
}

/**
 * @template {Element} T
 * @param {Element} found
 * @param {string} name
 * @param {Kind<T>} [kind]
 * @returns {T}
 */
function ofKind(found, name, kind) {
  const wanted = kind ?? HTMLElement;
  if (!(found instanceof wanted)) throw new Error(`${name} is no ${wanted.name}.`);
  return /** @type {T} */ (found);
}

/** The JSON a page carries in `<script type="application/json" id=…>`. */
export function pageData(id = "page-data") {
  const block = document.getElementById(id);
  return block ? JSON.parse(block.textContent) : null;
}

/** @typedef {Node | string | null | undefined | false} Child what is none of the first two is left out */

/**
 * Builds an element: `el("button", {class: "btn", type: "button", onclick: f}, "Text", child)`.
 * Strings become text nodes, never HTML.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child instanceof Node || typeof child === "string"));
  return element;
}

/**
 * Sets a text only when it differs: a live region or a selection is not disturbed for nothing.
 * @param {Element | null} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

// Small helpers to build the page. Text always goes in as text nodes: nothing that people wrote is ever parsed as markup.

// h makes an element: attributes as an object ("on…" for listeners, "data" for data attributes), then children.
export function h(tag, attrs = {}, ...children) {
  const el = document.createElement(tag);
  for (const [k, v] of Object.entries(attrs || {})) {
    if (v === undefined || v === null || v === false) continue;
    if (k.startsWith("on")) el.addEventListener(k.slice(2), v);
    else if (k === "data") for (const [d, x] of Object.entries(v)) { if (x !== undefined && x !== null) el.dataset[d] = x; }
    else if (k === "value") el.value = v;
    else el.setAttribute(k, v === true ? "" : v);
  }
  put(el, children);
  return el;
}

function put(el, children) {
  for (const c of children) {
    if (c === undefined || c === null || c === false) continue;
    if (Array.isArray(c)) put(el, c);
    else el.append(c);
  }
}

// fill replaces an element's content.
export function fill(el, ...children) {
  el.replaceChildren();
  put(el, children);
  return el;
}

// redraw replaces an element's content only when what it shows has changed: a click is lost when its target goes between pressing and
// letting go, and so is the focus.
export function redraw(el, shown, build) {
  const key = JSON.stringify(shown);
  if (el.shown === key) return;
  el.shown = key;
  fill(el, build());
}

// keyed brings el's children in line with items, rebuilding only those whose JSON has changed, so that focus and typed text
// survive.
export function keyed(el, items, key, build) {
  const old = new Map([...el.children].map((c) => [c.dataset.key, c]));
  let at = null;
  for (const item of items) {
    const k = key(item), json = JSON.stringify(item);
    let node = old.get(k);
    if (!node || node.sim !== json) {
      const fresh = build(item);
      fresh.dataset.key = k;
      fresh.sim = json;
      if (node) { node.replaceWith(fresh); }
      node = fresh;
    }
    old.delete(k);
    const next = at ? at.nextSibling : el.firstChild;
    if (node !== next) el.insertBefore(node, next);
    at = node;
  }
  for (const node of old.values()) node.remove();
}

// toast shows a message for some seconds.
export function toast(text, kind = "info") {
  const box = document.getElementById("toasts");
  const t = h("div", { class: "toast " + kind, data: { test: "toast", kind } }, h("span", {}, text),
    h("button", { type: "button", class: "plain", "aria-label": "Dismiss", onclick: () => t.remove() }, "✕"));
  box.append(t);
  if (box.matches(":popover-open")) box.hidePopover();
  box.showPopover(); // above any dialog that is open
  setTimeout(() => t.remove(), 8000);
}

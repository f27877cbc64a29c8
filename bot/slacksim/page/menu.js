// A button that opens a short list of things to do: the ARIA menu button pattern.
import { h } from "./dom.js";

// menu makes one. items are [{label, data, act}], with a label that is text or elements.
export function menu({ label, text = "⋯", cls = "button", items, attrs = {} }) {
  const list = h("div", { class: "popup menu-list", role: "menu", "aria-label": label, hidden: true });
  const btn = h("button", { type: "button", class: cls, "aria-label": label, "aria-haspopup": "menu", "aria-expanded": "false", data: { test: "menu-button" } }, text);
  const box = h("div", { class: "overflow", ...attrs }, btn, list);
  const entries = items.map((it) => h("button", { type: "button", role: "menuitem", tabindex: "-1", class: "plain", data: it.data, onclick: () => { open(false); it.act(box); } }, it.label));
  list.append(...entries);
  const open = (yes, at = 0) => {
    list.hidden = !yes;
    btn.setAttribute("aria-expanded", String(yes));
    if (!yes) { btn.focus(); return; }
    entries.at(at).focus();
    list.scrollIntoView({ block: "nearest" });
  };
  const shut = () => { list.hidden = true; btn.setAttribute("aria-expanded", "false"); };
  btn.addEventListener("click", () => open(list.hidden));
  box.addEventListener("keydown", (ev) => {
    if (list.hidden) {
      if (ev.key === "ArrowDown" || ev.key === "ArrowUp") { ev.preventDefault(); open(true, ev.key === "ArrowDown" ? 0 : -1); }
      return;
    }
    const i = entries.indexOf(document.activeElement), to = { ArrowDown: (i + 1) % entries.length, ArrowUp: i - 1, Home: 0, End: -1 }[ev.key];
    if (to !== undefined) { ev.preventDefault(); entries.at(to).focus(); }
    if (ev.key === "Escape") { ev.preventDefault(); ev.stopPropagation(); open(false); }
    if (ev.key === "Tab") shut();
  });
  box.addEventListener("focusout", (ev) => { if (!box.contains(ev.relatedTarget)) shut(); });
  return box;
}

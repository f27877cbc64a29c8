// A text box that searches while one types, with a list to choose from: the ARIA combobox pattern.
import { h, fill } from "./dom.js";

let count = 0;

// combobox makes one. search(text) returns a promise of [{value, text, description, group}]; pick(value, text) is called with the choice.
// again empties the box after each choice, for the next one.
export function combobox({ attrs, placeholder, text, least, search, pick, again }) {
  const id = "combo-" + ++count;
  const input = h("input", { ...attrs, type: "text", class: "field", role: "combobox", "aria-expanded": "false", "aria-autocomplete": "list", "aria-controls": id, autocomplete: "off", placeholder });
  input.value = input.begin = text;
  const list = h("ul", { id, role: "listbox", class: "popup options", hidden: true });
  const note = h("div", { class: "sr", role: "status" });
  const box = h("div", { class: "combobox" }, input, list, note);
  let chosen = text, at = -1, round = 0, timer;

  const close = () => { list.hidden = true; at = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
  const take = (o) => { input.value = chosen = again ? "" : o.text; close(); pick(o.value, o.text); };
  const mark = (n) => {
    const items = list.querySelectorAll("[role=option]");
    if (!items.length) return;
    at = (n + items.length) % items.length;
    items.forEach((el, i) => el.setAttribute("aria-selected", i === at));
    items[at].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", items[at].id);
  };
  const show = (options) => {
    let group = "";
    fill(list, options.flatMap((o, i) => [
      o.group && o.group !== group && h("li", { class: "group", role: "presentation" }, (group = o.group)),
      h("li", { role: "option", id: id + "-" + i, "aria-selected": "false", data: { value: o.value, test: "option" }, onmousedown: (ev) => ev.preventDefault(), onclick: () => take(o) },
        o.text, o.description && h("span", { class: "hint block-hint" }, o.description)),
    ]));
    if (!options.length) fill(list, h("li", { class: "hint", role: "presentation" }, "Nothing found"));
    note.textContent = options.length + " found";
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    list.options = options;
  };
  const look = async () => {
    const q = input.value.trim(), mine = ++round;
    if (q.length < least) { close(); return; }
    const options = await search(q);
    if (mine === round && document.activeElement === input) show(options);
  };
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, 200); });
  input.addEventListener("focus", () => { if (least === 0) look(); });
  input.addEventListener("keydown", (ev) => {
    if (ev.key === "ArrowDown") { ev.preventDefault(); list.hidden ? look() : mark(at + 1); }
    else if (ev.key === "ArrowUp") { ev.preventDefault(); mark(at - 1); }
    else if (ev.key === "Enter" && !list.hidden && at >= 0) { ev.preventDefault(); take(list.options[at]); }
    else if (ev.key === "Escape" && !list.hidden) { ev.preventDefault(); ev.stopPropagation(); close(); }
  });
  input.addEventListener("blur", () => {
    close();
    if (input.value === "" && chosen) { chosen = ""; pick(""); }
    input.value = chosen;
  });
  return box;
}

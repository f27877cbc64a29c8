// A search box for several choices: what was chosen stands above it, each with a button that takes it away.
import { h, fill } from "./dom.js";
import { combobox } from "./combobox.js";

// several makes one. chosen is a list of {value, text}; find has least and search as a combobox takes them; choose(values) is called with
// all that is chosen and resolves to whether that was taken.
export function several({ attrs, placeholder, chosen, most, find, choose }) {
  const list = h("ul", { class: "chosen" });
  let held = chosen;
  const put = async (next) => { if (await choose(next.map((o) => o.value))) { held = next; show(); } };
  const box = combobox({ attrs, placeholder, text: "", least: find.least, again: true,
    search: async (q) => (most && held.length >= most ? [] : (await find.search(q)).filter((o) => !held.some((c) => c.value === o.value))),
    pick: (value, text) => value && put([...held, { value, text }]) });
  const show = () => fill(list, held.map((o) => h("li", { data: { test: "chosen", value: o.value } }, o.text,
    h("button", { type: "button", class: "plain", "aria-label": "Take away " + o.text, onclick: () => { put(held.filter((c) => c.value !== o.value)); box.querySelector("input").focus(); } }, "✕"))));
  show();
  return h("div", { class: "several" }, list, box);
}

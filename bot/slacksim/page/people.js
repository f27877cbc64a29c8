// The side of the page: who one is, and where.
import { h, redraw } from "./dom.js";
import { avatar, badges } from "./messages.js";

const slug = (p) => "person-" + p.name;

// switcher shows who one plays and, when opened, everybody else one can be.
export function switcher(el, s, become) {
  const me = s.me, waiting = s.people.filter((p) => p.id !== me.id && p.unread).length;
  if (!el.firstChild) build(el, become);
  el.state = s;
  const btn = el.querySelector(".who");
  redraw(btn, [me.id, me.real_name, me.title, waiting], () => [avatar(me, "big"), h("span", { class: "who-text" }, h("span", { class: "hint" }, "You are"), h("b", { data: { test: "me" } }, me.real_name), h("span", { class: "hint" }, me.title || "")),
    waiting ? h("span", { class: "count", title: waiting + " others have unread messages" }, String(waiting)) : null, h("span", { "aria-hidden": "true" }, "▾")]);
  if (!el.querySelector(".people").hidden) list(el, become);
}

function build(el, become) {
  const panel = h("div", { class: "people popup", id: "people", hidden: true });
  const btn = h("button", { type: "button", class: "who", "aria-expanded": "false", "aria-controls": "people", data: { test: "person-switcher" } });
  const search = h("input", { type: "search", class: "field", placeholder: "Find a person", "aria-label": "Find a person", data: { test: "person-search" } });
  const ul = h("ul", { class: "people-list" });
  panel.append(search, ul);
  el.append(btn, panel);
  const open = (yes) => {
    panel.hidden = !yes;
    btn.setAttribute("aria-expanded", String(yes));
    if (yes) { search.value = ""; list(el, become); search.focus(); } else btn.focus();
  };
  el.close = () => open(false);
  btn.addEventListener("click", () => open(panel.hidden));
  search.addEventListener("input", () => list(el, become));
  el.addEventListener("keydown", (ev) => {
    if (ev.key === "Escape" && !panel.hidden) { ev.stopPropagation(); open(false); }
    if (ev.key !== "ArrowDown" && ev.key !== "ArrowUp" || panel.hidden) return;
    ev.preventDefault();
    const all = [search, ...ul.querySelectorAll("button")], i = all.indexOf(document.activeElement);
    (all[i + (ev.key === "ArrowDown" ? 1 : -1)] || all[0]).focus();
  });
  document.addEventListener("pointerdown", (ev) => { if (!panel.hidden && !el.contains(ev.target)) { panel.hidden = true; btn.setAttribute("aria-expanded", "false"); } });
}

// list shows the people that the search finds: those with something to read first, then the featured ones.
function list(el, become) {
  const q = el.querySelector("input").value.trim().toLowerCase();
  const rank = (p) => (p.unread ? 0 : 2) + (p.featured ? 0 : 1);
  const found = el.state.people.filter((p) => !q || (p.real_name + " " + p.name + " " + p.title).toLowerCase().includes(q))
    .map((p, i) => [rank(p), i, p]).sort((a, b) => a[0] - b[0] || a[1] - b[1]).map((x) => x[2]);
  redraw(el.querySelector("ul"), [found, el.state.me.id], () => [found.slice(0, 60).map((p) => h("li", {}, h("button", { type: "button", class: "person plain", "aria-current": p.id === el.state.me.id ? "true" : undefined, data: { test: slug(p), user: p.id },
    onclick: () => { el.close(); become(p.id); } }, avatar(p), h("span", { class: "who-text" }, h("span", {}, h("b", {}, p.real_name), badges(p)), h("span", { class: "hint" }, p.title || "@" + p.name)),
  p.unread ? h("span", { class: "count", "aria-label": p.unread + " unread" }, String(p.unread)) : null))),
  found.length > 60 && h("li", { class: "hint more" }, found.length - 60 + " more: type to find them"), !found.length && h("li", { class: "hint more" }, "Nobody by that name")]);
}

// channels lists the conversations that one is in.
export function channels(el, s, at, go) {
  const item = (key, label, icon, unread, attrs, open) => h("li", {}, h("button", { type: "button", class: "channel plain" + (unread ? " unread" : ""), "aria-current": at === key ? "page" : undefined, data: attrs, onclick: open },
    h("span", { class: "icon", "aria-hidden": "true" }, icon), h("span", { class: "label" }, label), unread ? h("span", { class: "count", "aria-label": unread + " unread" }, String(unread)) : null));
  const rooms = s.channels.filter((c) => c.kind !== "im"), dm = s.channels.find((c) => c.id === s.dm);
  redraw(el, [rooms, dm, s.dm, at, s.app.real_name, s.shortcuts], () => [
    h("h2", {}, "App"),
    h("ul", {}, item(s.dm, s.app.real_name, "✦", dm ? dm.unread : 0, { test: "dm" }, () => go(s.dm, "messages")), item("home", "Home", "⌂", 0, { test: "home-tab" }, () => go(s.dm, "home"))),
    h("h2", {}, "Channels"),
    h("ul", {}, rooms.map((c) => item(c.id, c.name, c.kind === "groups" ? "•" : c.shared ? "⇄" : "#", c.unread, { test: "channel-" + c.name }, () => go(c.id, "messages"))), !rooms.length && h("li", { class: "hint more" }, "You are in no channel.")),
    s.shortcuts && s.shortcuts.length ? [h("h2", {}, "Shortcuts"), h("ul", {}, s.shortcuts.map((x) => item("", x.name, "›", 0, { test: "shortcut-" + x.callback_id }, () => go("", "shortcut", x.callback_id))))] : null]);
}

// What can be changed about the person one plays, as an administrator of the workspace would: the bot hears of each change.
import { h, fill } from "./dom.js";

// folk draws it. change(what, more) asks for a change: {change, text} of the person or {group} to join or leave.
export function folk(el, s, change) {
  const me = s.me, groups = s.groups || [], key = JSON.stringify([me.id, me.email, me.deleted, me.restricted, groups]);
  if (el.dataset.of === key) return;
  el.dataset.of = key;
  const button = (what, label) => h("button", { type: "button", class: "button small", data: { test: "change-" + what }, onclick: () => change({ change: what }) }, label);
  const email = h("input", { type: "email", id: "folk-email", class: "field", value: me.email, autocomplete: "off", data: { test: "email" } });
  const form = h("form", { class: "folk-email", novalidate: true }, h("label", { for: "folk-email" }, "Email address"), email, h("button", { type: "submit", class: "button small", data: { test: "change-email" } }, "Change"));
  form.addEventListener("submit", (ev) => { ev.preventDefault(); change({ change: "email", text: email.value.trim() }); });
  const boxes = groups.map((g) => h("label", { class: "box" },
    h("input", { type: "checkbox", checked: (g.users || []).includes(me.id), data: { test: "group-" + g.handle }, onchange: (ev) => change({ change: ev.target.checked ? "join" : "leave", group: g.id }) }),
    h("span", {}, "@" + g.handle, g.name ? h("span", { class: "hint" }, " " + g.name) : null)));
  const held = document.activeElement && el.contains(document.activeElement) ? document.activeElement.dataset.test : "";
  fill(el,
    h("h3", {}, "You: ", me.real_name),
    h("p", { class: "hint" }, "Change the account that you play, as an administrator would. The bot hears of it."),
    h("div", { class: "faults" }, me.deleted ? button("reactivate", "Reactivate") : button("deactivate", "Deactivate"), me.restricted ? button("member", "Make a full member") : button("guest", "Make a guest")),
    form,
    boxes.length ? h("fieldset", { class: "boxes" }, h("legend", { class: "hint" }, "User groups"), boxes) : null);
  const again = held && (el.querySelector(`[data-test="${CSS.escape(held)}"]`) || el.querySelector("button"));
  if (again) again.focus();
}

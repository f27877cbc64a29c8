// Modals and questions, as native dialogs: the browser keeps the focus inside and the page behind them still.
import { h } from "./dom.js";
import { blocks } from "./blocks.js";
import { withEmoji } from "./text.js";

// ask shows a confirmation and resolves to whether the reader said yes.
export function ask(c) {
  return new Promise((done) => {
    const finish = (yes) => { d.close(); d.remove(); done(yes); };
    const d = h("dialog", { class: "confirm", "aria-labelledby": "ask-title", data: { test: "confirm-dialog" } },
      h("h2", { id: "ask-title" }, withEmoji(c.title)), h("p", {}, withEmoji(c.text)),
      h("div", { class: "dialog-actions" },
        h("button", { type: "button", class: "button", data: { test: "confirm-no" }, onclick: () => finish(false) }, withEmoji(c.deny)),
        h("button", { type: "button", class: "button " + (c.style || "primary"), data: { test: "confirm-yes" }, onclick: () => finish(true) }, withEmoji(c.confirm))));
    d.addEventListener("cancel", (ev) => { ev.preventDefault(); finish(false); });
    document.getElementById("dialogs").append(d);
    d.showModal();
  });
}

let shown = null;

// looks is equal for what is drawn alike.
const looks = (v, errors, depth, ctx) => ctx.me + v.id + v.hash + JSON.stringify(errors || {}) + depth;

// modals shows the topmost of a person's open views. It redraws only when the view changes, so that typing is not disturbed.
export function modals(views, ctx) {
  const top = views && views.length ? views[views.length - 1] : null;
  const key = top ? looks(top, top.errors, views.length, ctx) : "";
  if (shown && shown.noted === key) shown.key = key; // drawn already: to draw it again would take away what is being clicked
  if (shown && shown.key === key) return;
  const typed = shown && top && shown.id === top.id ? keep(shown.dialog) : null;
  if (shown) { shown.dialog.close(); shown.dialog.remove(); shown = null; }
  if (!top) return;
  const dialog = draw(top, views.length, ctx);
  document.getElementById("dialogs").append(dialog);
  dialog.showModal();
  const wrong = dialog.querySelector("[aria-invalid=true]") || dialog.querySelector("[autofocus]");
  if (wrong) wrong.focus();
  if (typed) restore(dialog, typed); // who has begun to mend something stays there
  shown = { key, id: top.id, dialog };
}

// keep remembers what has been typed into text fields and is not yet in the view, in case it is redrawn while one types.
function keep(dialog) {
  const fields = [...dialog.querySelectorAll("input.field[id], textarea[id]")].filter((el) => el.begin !== undefined && el.value !== el.begin);
  return { at: document.activeElement && document.activeElement.id, fields: fields.map((el) => [el.id, el.value]) };
}

function restore(dialog, typed) {
  for (const [id, value] of typed.fields) {
    const el = dialog.querySelector("#" + CSS.escape(id));
    if (el) el.value = value;
  }
  const el = typed.at && dialog.querySelector("#" + CSS.escape(typed.at));
  if (el) el.focus();
  if (el && el.type.startsWith("text")) el.setSelectionRange(el.value.length, el.value.length);
}

function draw(v, depth, ctx) {
  const place = { modal: true, view: v.id, values: v.values, errors: v.errors };
  const submit = h("button", { type: "submit", class: "button primary", disabled: v.submit_disabled, data: { test: "modal-submit" } }, withEmoji(v.submit));
  const form = h("form", { novalidate: true },
    h("div", { class: "modal-body" }, blocks(v.blocks, place, ctx)),
    h("div", { class: "dialog-actions" },
      h("button", { type: "button", class: "button", data: { test: "modal-close" }, onclick: () => ctx.closeView(v.id) }, withEmoji(v.close || (depth > 1 ? "Back" : "Cancel"))),
      v.submit ? submit : null));
  form.addEventListener("submit", async (ev) => {
    ev.preventDefault();
    submit.disabled = true;
    submit.setAttribute("aria-busy", "true");
    let out = { ok: true };
    for (const el of form.querySelectorAll("input, textarea")) out.ok = out.ok && (!el.flush || (await el.flush()));
    if (out.ok) out = await ctx.submit(v.id);
    submit.disabled = v.submit_disabled;
    submit.removeAttribute("aria-busy");
    if (!out.ok && out.kind === "inputs") {
      note(form, out.inputs);
      if (shown && shown.dialog === d) shown.noted = looks(v, out.inputs, depth, ctx);
    }
  });
  const d = h("dialog", { class: "modal", "aria-labelledby": "modal-title", data: { test: "modal", view: v.id, callback: v.callback_id } },
    h("div", { class: "modal-head" }, h("h2", { id: "modal-title" }, withEmoji(v.title)),
      h("button", { type: "button", class: "plain", "aria-label": "Close", data: { test: "modal-x" }, onclick: () => ctx.closeView("") }, "✕")), form);
  d.addEventListener("cancel", (ev) => { ev.preventDefault(); ctx.closeView(v.id); });
  return d;
}

// note shows what is wrong beside the inputs it concerns.
function note(form, problems) {
  for (const old of form.querySelectorAll(".problem")) old.remove();
  let first = null;
  for (const [block, text] of Object.entries(problems)) {
    const box = form.querySelector(`[data-block-id="${CSS.escape(block)}"].block`);
    if (!box) continue;
    const field = box.querySelector("[data-action-id]");
    field.setAttribute("aria-invalid", "true");
    first = first || field;
    const help = box.querySelector("[id$=-help]");
    help.prepend(h("div", { class: "problem", data: { test: "input-error" } }, text));
  }
  if (first) (first.matches("input, select, textarea") ? first : first.querySelector("input") || first).focus();
}

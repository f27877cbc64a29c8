// The interactive elements of Block Kit: buttons, menus, inputs.
import { h } from "./dom.js";
import { textObject, withEmoji } from "./text.js";
import { combobox } from "./combobox.js";
import { menu } from "./menu.js";
import { several } from "./several.js";
import { instant, wall } from "./zone.js";

// element makes an element that tells the workspace what its reader does with it. opts: id, describedby, invalid and required of an
// input block's label.
export function element(b, e, place, ctx, opts = {}) {
  const make = makers[e.type];
  if (!make) return h("span", { class: "hint" }, "(" + e.type + ")");
  return make(b, e, place, ctx, opts);
}

const stateOf = (b, e, place) => ((place.values || {})[b.block_id] || {})[e.action_id] || {};
const data = (b, e, more) => ({ actionId: e.action_id, blockId: b.block_id, ...more });

function attrs(b, e, opts) {
  return {
    id: opts.id, "aria-describedby": opts.describedby, "aria-invalid": opts.invalid ? "true" : undefined, "aria-required": opts.required ? "true" : undefined,
    "aria-label": opts.id ? undefined : (e.placeholder && e.placeholder.text) || e.type.replaceAll("_", " "), data: data(b, e),
  };
}

const choose = (b, e, place, ctx, values, el) => ctx.press(place, b, e, values, el);

function button(b, e, place, ctx) {
  if (e.url) {
    return h("a", { class: "button " + (e.style || ""), href: /^https?:\/\//.test(e.url) ? e.url : undefined, target: "_blank", rel: "noopener noreferrer",
      "aria-label": e.accessibility_label, data: data(b, e, { value: e.value }), onclick: () => choose(b, e, place, ctx, []) }, withEmoji(e.text.text));
  }
  return h("button", { type: "button", class: "button " + (e.style || ""), "aria-label": e.accessibility_label, data: data(b, e, { value: e.value }),
    onclick: (ev) => choose(b, e, place, ctx, [], ev.currentTarget) }, withEmoji(e.text.text));
}

// typed makes an input of the browser's own for a value that is text. show and tell turn the value into what the input holds and back.
const typed = (type, key, more = () => ({}), show = (v) => v, tell = (v) => v) => (b, e, place, ctx, opts) => {
  const begin = show(stateOf(b, e, place)[key] ?? e["initial_" + key.replace("selected_", "")] ?? "", ctx);
  const tag = e.multiline ? "textarea" : "input";
  const el = h(tag, { ...attrs(b, e, opts), type: tag === "input" ? type : undefined, rows: e.multiline ? 4 : undefined,
    placeholder: e.placeholder && e.placeholder.text, maxlength: e.max_length, autofocus: e.focus_on_load, autocomplete: "off", ...more(e) });
  el.value = begin;
  el.begin = el.value;
  let sent = el.value, going = Promise.resolve(true), timer;
  const send = () => {
    clearTimeout(timer);
    if (el.value === sent) return going;
    sent = el.value;
    return (going = choose(b, e, place, ctx, sent === "" ? [] : [tell(sent, ctx)]));
  };
  el.addEventListener("input", () => { clearTimeout(timer); if (e.type === "plain_text_input") timer = setTimeout(send, 400); });
  el.addEventListener("change", send);
  el.flush = send;
  el.classList.add("field");
  return el;
};

const optionText = (o) => o.text.text;

function entries(options, groups) {
  const one = (o) => h("option", { value: o.value }, optionText(o));
  return groups ? groups.map((g) => h("optgroup", { label: g.label.text }, g.options.map(one))) : (options || []).map(one);
}

// pick is a native menu for one value.
const pick = (key, list) => (b, e, place, ctx, opts) => {
  const held = stateOf(b, e, place)[key], now = held ? held.value || held : e.initial_option ? e.initial_option.value : e["initial_" + key.replace("selected_", "")] || "";
  const el = h("select", { ...attrs(b, e, opts), class: "field" }, h("option", { value: "" }, (e.placeholder && e.placeholder.text) || "Choose…"), list(e, ctx));
  el.value = now;
  el.addEventListener("change", async () => {
    if (el.value && !(await choose(b, e, place, ctx, [el.value], el))) el.value = now;
    else if (!el.value) choose(b, e, place, ctx, []);
  });
  return el;
};

// boxes are radio buttons or checkboxes.
const boxes = (type, key) => (b, e, place, ctx, opts) => {
  const held = stateOf(b, e, place)[key];
  const chosen = new Set((Array.isArray(held) ? held : held ? [held] : key in stateOf(b, e, place) ? [] : e.initial_options || (e.initial_option ? [e.initial_option] : [])).map((o) => o.value));
  const name = (opts.id || "") + place.ts + b.block_id + e.action_id;
  const all = e.options || (e.option_groups || []).flatMap((g) => g.options);
  const box = h("div", { class: "boxes", role: type === "radio" ? "radiogroup" : "group", "aria-label": opts.id ? undefined : e.action_id, data: data(b, e) });
  for (const o of all) {
    box.append(h("label", { class: "box" },
      h("input", { type, name, value: o.value, checked: chosen.has(o.value), onchange: () => choose(b, e, place, ctx, [...box.querySelectorAll("input:checked")].map((i) => i.value)) }),
      h("span", {}, textObject(o.text, ctx), o.description && h("span", { class: "hint block-hint" }, textObject(o.description, ctx)))));
  }
  return box;
};

function overflow(b, e, place, ctx) {
  return menu({ label: "More actions", attrs: { data: data(b, e) },
    items: e.options.map((o) => ({ label: textObject(o.text, ctx), data: { value: o.value }, act: (box) => choose(b, e, place, ctx, [o.value], box) })) });
}

function external(b, e, place, ctx, opts) {
  const held = stateOf(b, e, place).selected_option || e.initial_option;
  return combobox({
    attrs: attrs(b, e, opts), placeholder: (e.placeholder && e.placeholder.text) || "Type to search",
    text: held ? held.text.text : "", least: e.min_query_length ?? 3,
    search: (q) => ctx.suggest(place, e, q), pick: (value) => choose(b, e, place, ctx, value ? [value] : []),
  });
}

// many takes several choices, from a search by the bot or in the element's own options.
const many = (find) => (b, e, place, ctx, opts) => several({
  attrs: attrs(b, e, opts), placeholder: (e.placeholder && e.placeholder.text) || "Type to search", most: e.max_selected_items,
  chosen: (stateOf(b, e, place).selected_options || e.initial_options || []).map((o) => ({ value: o.value, text: optionText(o) })),
  find: find(e, place, ctx), choose: (values) => choose(b, e, place, ctx, values),
});

const own = (e) => {
  const all = (e.option_groups || [{ options: e.options }]).flatMap((g) => g.options.map((o) => ({ value: o.value, text: optionText(o), description: o.description && o.description.text, group: g.label && g.label.text })));
  return { least: 0, search: async (q) => all.filter((o) => [o.text, o.description].join(" ").toLowerCase().includes(q.toLowerCase())) };
};

const people = (e, ctx) => ctx.people().map((p) => h("option", { value: p.id }, p.real_name));
const places = (e, ctx) => ctx.channels().map((c) => h("option", { value: c.id }, c.kind === "im" ? "Direct messages" : "#" + c.name));
const feedback = (b, e, place, ctx) => h("span", {}, [e.positive_button, e.negative_button].map((f) => h("button", { type: "button", class: "button", data: data(b, e) }, withEmoji(f.text.text))));

const makers = {
  button, workflow_button: button, icon_button: button, overflow, feedback_buttons: feedback,
  plain_text_input: typed("text", "value"), email_text_input: typed("email", "value"), url_text_input: typed("url", "value"),
  number_input: typed("number", "value", (e) => ({ min: e.min_value, max: e.max_value, step: e.is_decimal_allowed ? "any" : 1 })),
  datepicker: typed("date", "selected_date"), timepicker: typed("time", "selected_time"),
  datetimepicker: typed("datetime-local", "selected_date_time", undefined, (v, ctx) => (v ? wall(v, ctx.zone) : ""), (v, ctx) => String(instant(v, ctx.zone))),
  static_select: pick("selected_option", (e) => entries(e.options, e.option_groups)), external_select: external,
  users_select: pick("selected_user", people), conversations_select: pick("selected_conversation", places), channels_select: pick("selected_channel", places),
  radio_buttons: boxes("radio", "selected_option"), checkboxes: boxes("checkbox", "selected_options"),
  multi_static_select: many(own), multi_external_select: many((e, place, ctx) => ({ least: e.min_query_length ?? 3, search: (q) => ctx.suggest(place, e, q) })),
};

// Block Kit as DOM: the blocks of messages, modals and the Home tab.
import { h } from "./dom.js";
import { mrkdwn, rich, textObject, withEmoji } from "./text.js";
import { element } from "./elements.js";

// blocks renders a list of blocks. place says where they stand: {channel, ts} or {view, values, errors}, with modal in a modal, whose title stands above.
export function blocks(list, place, ctx) {
  return (list || []).map((b) => block(b, place, ctx));
}

function block(b, place, ctx) {
  const wrap = (cls, ...children) => h("div", { class: "block " + cls, data: { blockId: b.block_id } }, ...children);
  switch (b.type) {
    case "section": return section(b, place, ctx, wrap);
    case "header": return wrap("header", h(place.modal ? "h3" : "h2", {}, withEmoji(b.text.text)));
    case "divider": return h("hr", { class: "block divider" });
    case "context": return wrap("context", b.elements.map((e) => e.type === "image" ? picture(e) : h("span", {}, textObject(e, ctx))));
    case "actions": return wrap("actions", b.elements.map((e) => element(b, e, place, ctx)));
    case "input": return input(b, place, ctx, wrap);
    case "rich_text": return wrap("richtext", rich(b.elements, ctx));
    case "image": return wrap("image", b.title && h("div", { class: "caption" }, withEmoji(b.title.text)), picture(b));
    case "markdown": return wrap("section", h("div", { class: "pre" }, b.text));
    case "alert": return wrap("alert " + (b.level || "default"), textObject(b.text, ctx));
    case "context_actions": return wrap("actions", b.elements.map((e) => element(b, e, place, ctx)));
    case "table": case "data_table": return wrap("table", table(b, ctx));
    case "card": return wrap("card", b.title && h("b", {}, textObject(b.title, ctx)), b.subtitle && h("div", { class: "hint" }, textObject(b.subtitle, ctx)),
      b.body && h("div", {}, textObject(b.body, ctx)), (b.actions || []).map((e) => element(b, e, place, ctx)), b.subtext && h("div", { class: "hint" }, textObject(b.subtext, ctx)));
    case "carousel": return wrap("carousel", blocks(b.elements, place, ctx));
    case "container": return wrap("card", b.title && h("b", {}, textObject(b.title, ctx)), b.subtitle && h("div", { class: "hint" }, textObject(b.subtitle, ctx)), blocks(b.child_blocks, place, ctx));
    default: return wrap("unknown", h("span", { class: "hint" }, "A " + b.type + " block, which this page does not draw."));
  }
}

function section(b, place, ctx, wrap) {
  const body = h("div", { class: "section-body" },
    b.text && h("div", { class: "text" }, textObject(b.text, ctx)),
    b.fields && h("div", { class: "fields" }, b.fields.map((f) => h("div", {}, textObject(f, ctx)))));
  const acc = b.accessory && (b.accessory.type === "image" ? picture(b.accessory) : element(b, b.accessory, place, ctx));
  return wrap("section", body, acc && h("div", { class: "accessory" }, acc));
}

function input(b, place, ctx, wrap) {
  const id = "in-" + (place.view || place.ts) + "-" + b.block_id;
  const problem = place.errors && place.errors[b.block_id];
  const grouped = ["checkboxes", "radio_buttons"].includes(b.element.type);
  const label = [withEmoji(b.label.text), b.optional && h("span", { class: "hint" }, " (optional)")];
  const el = element(b, b.element, place, ctx, { id, describedby: id + "-help", invalid: !!problem, required: !b.optional });
  const help = h("div", { id: id + "-help" },
    problem && h("div", { class: "problem", data: { test: "input-error" } }, problem),
    b.hint && h("div", { class: "hint" }, withEmoji(b.hint.text)));
  return grouped
    ? wrap("input", h("fieldset", {}, h("legend", {}, label), el), help)
    : wrap("input", h("label", { for: id }, label), el, help);
}

// Pictures are not fetched: nothing on this page comes from outside. What they show is told instead.
function picture(e) {
  return h("span", { class: "picture", role: "img", "aria-label": e.alt_text, title: "Image, not loaded: " + e.alt_text }, "🖼 ", e.alt_text);
}

function table(b, ctx) {
  const cell = (c) => c.type === "rich_text" ? rich(c.elements, ctx) : c.text ?? String(c.value ?? "");
  const [head, ...rows] = b.rows;
  return h("table", {}, b.caption && h("caption", {}, b.caption), h("thead", {}, h("tr", {}, head.map((c) => h("th", {}, cell(c))))),
    h("tbody", {}, rows.map((r) => h("tr", {}, r.map((c) => h("td", {}, cell(c)))))));
}

// body renders what a message says: its blocks, or its text when it has none. What people typed is drawn from the text, with the
// marks that they typed.
export function body(m, ctx, ofApp) {
  const place = { channel: m.channel, ts: m.ts };
  const out = ofApp && m.blocks && m.blocks.length ? blocks(m.blocks, place, ctx) : [h("div", { class: "text" }, mrkdwn(m.text, ctx))];
  for (const a of m.attachments || []) {
    out.push(h("div", { class: "attachment" }, a.blocks ? blocks(a.blocks, place, ctx) : mrkdwn(a.text || a.fallback || "", ctx)));
  }
  return out;
}

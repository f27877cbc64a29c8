// The list of messages of a conversation, and the thread beside it.
import { h, fill, keyed } from "./dom.js";
import { body } from "./blocks.js";
import { menu } from "./menu.js";

const initials = (name) => name.split(/\s+/).map((p) => p[0]).slice(0, 2).join("").toUpperCase();

// avatar is a coloured square with a person's initials; the colour follows from the id.
export function avatar(p, size = "") {
  let n = 0;
  for (const c of p.id) n = (n * 31 + c.charCodeAt(0)) % 12;
  return h("span", { class: "avatar " + size + (p.bot ? " bot" : " tint-" + n), "aria-hidden": "true" }, p.bot ? "✦" : initials(p.real_name));
}

// badges tell what is unusual about a person.
export function badges(p) {
  const one = (text) => h("span", { class: "badge" }, text);
  return [p.bot && one("app"), p.outsider && one("external"), p.ultra_restricted || p.restricted ? one("guest") : null, p.deleted && one("deactivated")];
}

function clock(ts, ctx) {
  const at = new Date(Number(ts) * 1000);
  const fmt = (o) => new Intl.DateTimeFormat("en-US", { timeZone: ctx.zone, ...o }).format(at);
  return h("time", { class: "clock", datetime: at.toISOString(), title: fmt({ dateStyle: "full", timeStyle: "medium" }) }, fmt({ hour: "numeric", minute: "2-digit" }));
}

export function message(m, ctx, inThread) {
  const who = ctx.person(m.user) || { id: m.user, real_name: m.user };
  const reply = m.thread_ts && m.thread_ts !== m.ts;
  return h("article", { class: "message" + (m.ephemeral_to ? " ephemeral" : ""), id: (inThread ? "t" : "m") + m.ts, tabindex: "-1",
    data: { test: "message", ts: m.ts, user: m.user, thread: m.thread_ts, ephemeral: m.ephemeral_to ? "true" : undefined } },
  avatar(who),
  h("div", { class: "message-main" },
    m.ephemeral_to && h("div", { class: "only-you", data: { test: "only-you" } }, "Only visible to you"),
    h("div", { class: "byline" }, h("b", { class: "name" }, who.real_name), badges(who), clock(m.ts, ctx), m.edited_ts && h("span", { class: "hint", data: { test: "edited" } }, "(edited)")),
    h("div", { class: "message-body" }, body(m, ctx, who.bot)),
    !m.ephemeral_to && h("div", { class: "thread-link" }, !inThread && !reply && h("button", { type: "button", class: "plain", data: { test: "open-thread" }, onclick: () => ctx.openThread(m.ts) },
      m.reply_count ? (m.reply_count === 1 ? "1 reply" : m.reply_count + " replies") : "Reply in thread"), shortcuts(m, ctx))));
}

// shortcuts is the menu of a message: what the app offers to do with it.
function shortcuts(m, ctx) {
  if (!ctx.shortcuts.length) return null;
  return menu({ label: "More for this message", cls: "plain", attrs: { data: { test: "message-menu" } },
    items: ctx.shortcuts.map((x) => ({ label: x.name, data: { test: "message-shortcut-" + x.callback_id }, act: () => ctx.shortcut(x.callback_id, m) })) });
}

// list shows the messages of a conversation: those outside threads, and a person's own ephemeral ones.
export function list(el, all, ctx) {
  const shown = all.filter((m) => !m.thread_ts || m.thread_ts === m.ts || m.broadcast || m.ephemeral_to && !all.some((r) => r.ts === m.thread_ts));
  const low = el.scrollHeight - el.scrollTop - el.clientHeight < 80;
  if (el.dataset.of !== ctx.channel + ctx.me) { fill(el); el.dataset.of = ctx.channel + ctx.me; }
  keyed(el, shown, (m) => m.ts, (m) => message(m, ctx, false));
  if (!shown.length) fill(el, h("p", { class: "nothing", data: { key: "none" } }, ctx.empty));
  if (low || el.dataset.last !== ctx.channel + ctx.me) el.scrollTop = el.scrollHeight;
  el.dataset.last = ctx.channel + ctx.me;
}

// thread shows a root message with its buttons, its replies, and a box to reply.
export function thread(el, all, root, ctx) {
  const first = all.find((m) => m.ts === root);
  el.hidden = !first;
  if (!first) { fill(el); el.dataset.of = ""; return; }
  if (el.dataset.of !== root + ctx.me) {
    el.dataset.of = root + ctx.me;
    fill(el,
      h("div", { class: "head" }, h("h2", {}, "Thread"), h("button", { type: "button", class: "plain", "aria-label": "Close thread", data: { test: "thread-close" }, onclick: () => ctx.openThread("") }, "✕")),
      h("div", { class: "messages thread-list", role: "log", "aria-label": "Thread", tabindex: "0" }),
      composer("thread", "Reply in thread", (text) => ctx.send(text, root)));
  }
  const box = el.querySelector(".thread-list"), low = box.scrollHeight - box.scrollTop - box.clientHeight < 80;
  keyed(box, [first, ...all.filter((m) => m.thread_ts === root && m.ts !== root)], (m) => m.ts, (m) => message(m, ctx, true));
  if (low) box.scrollTop = box.scrollHeight;
}

// composer is a box to write in. Enter sends, Shift+Enter begins a new line. send returns whether the text may go.
export function composer(name, label, send, hint) {
  const area = h("textarea", { id: name + "-text", rows: 1, placeholder: label, "aria-label": label, data: { test: name === "thread" ? "thread-composer" : "composer" } });
  const grow = () => { area.style.height = "auto"; area.style.height = Math.min(area.scrollHeight, 160) + "px"; };
  const form = h("form", { class: "composer" }, area, h("button", { class: "button primary", type: "submit", data: { test: name === "thread" ? "thread-send" : "send" } }, "Send"), hint && h("div", { class: "hint composer-hint" }, hint));
  form.addEventListener("submit", async (ev) => {
    ev.preventDefault();
    const text = area.value.trim();
    if (!text) return;
    area.value = "";
    grow();
    if (!(await send(text)) && !area.value) { area.value = text; grow(); }
  });
  area.addEventListener("input", grow);
  let sending = false;
  area.addEventListener("keydown", (ev) => {
    sending = ev.key === "Enter" && !ev.shiftKey && !ev.isComposing;
    if (sending) { ev.preventDefault(); form.requestSubmit(); }
  });
  area.addEventListener("beforeinput", (ev) => { if (sending && ev.inputType.startsWith("insertLine")) ev.preventDefault(); });
  return form;
}

// Slack's text notation as DOM nodes: *bold* _italic_ ~strike~ `code`, quotes, links, mentions, emoji, dates in the reader's zone.
import { h } from "./dom.js";
import { emoji } from "./emoji.js";

const entities = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
export const unescape = (s) => s.replace(/&(amp|lt|gt);/g, (m) => entities[m]);

// mrkdwn renders text in the notation. ctx knows people, groups, channels, the reader's time zone and the time.
export function mrkdwn(text, ctx) {
  const out = [];
  String(text || "").split("```").forEach((part, i, all) => {
    if (i % 2 && i < all.length - 1) out.push(h("pre", {}, unescape(part.replace(/^\n|\n$/g, ""))));
    else if (part) out.push(...lines(i % 2 ? "```" + part : part, ctx));
  });
  return out;
}

function lines(text, ctx) {
  const out = [];
  let quote = null;
  text.split("\n").forEach((line, i, all) => {
    const q = line.match(/^(?:>|&gt;) ?(.*)$/s);
    if (q) {
      if (!quote) { quote = h("blockquote"); out.push(quote); } else quote.append(h("br"));
      quote.append(...inline(q[1], ctx));
      return;
    }
    if (i > 0 && !quote) out.push(h("br"));
    quote = null;
    if (i < all.length - 1 || line) out.push(...inline(line, ctx));
  });
  return out;
}

// One step of inline text: code, something in angle brackets, an emoji, or a pair of marks around text.
const step = /`([^`\n]+)`|<([^<>\n]+)>|:([a-z0-9_+-]+):|(^|[\s(\[{"'–—·•]|(?<=[*_~]))([*_~])(?=\S)(.+?)(?<=\S)\5(?=$|[\s.,;:!?)\]}"'*_~–—·])/s;
const marks = { "*": "b", "_": "i", "~": "s" };

function inline(text, ctx) {
  const out = [];
  for (let rest = text; rest;) {
    const m = rest.match(step);
    if (!m) { out.push(unescape(rest)); break; }
    if (m.index) out.push(unescape(rest.slice(0, m.index)));
    if (m[1] !== undefined) out.push(h("code", {}, unescape(m[1])));
    else if (m[2] !== undefined) out.push(bracket(m[2], ctx));
    else if (m[3] !== undefined) out.push(face(m[3]) || m[0]);
    else out.push(m[4], h(marks[m[5]], {}, inline(m[6], ctx)));
    rest = rest.slice(m.index + m[0].length);
  }
  return out;
}

function face(name) {
  const e = emoji[name];
  return e && h("span", { role: "img", "aria-label": name.replaceAll("_", " "), class: "emoji" }, e);
}

// withEmoji is plain text in which only :names: of emoji count.
export function withEmoji(text) {
  return String(text || "").split(/(:[a-z0-9_+-]+:)/).map((p) => (p.startsWith(":") && face(p.slice(1, -1))) || p);
}

function bracket(inside, ctx) {
  const bar = inside.indexOf("|");
  const target = bar < 0 ? inside : inside.slice(0, bar), label = bar < 0 ? "" : unescape(inside.slice(bar + 1));
  if (target.startsWith("@")) return mention(ctx.person(target.slice(1)), target.slice(1), ctx);
  if (target.startsWith("#")) return h("span", { class: "mention" }, "#" + (label || ctx.channelName(target.slice(1))));
  if (target.startsWith("!date^")) return date(target.slice(6).split("^"), label, ctx);
  if (target.startsWith("!subteam^")) return h("span", { class: "mention" }, label || "@" + ctx.groupName(target.slice(9)));
  if (target.startsWith("!")) return h("span", { class: "mention" }, "@" + (label || target.slice(1)));
  return link(unescape(target), label || unescape(target.replace(/^mailto:/, "")));
}

export function mention(person, id, ctx) {
  return h("span", { class: "mention" + (id === ctx.me ? " me" : ""), title: person && person.title }, "@" + (person ? person.real_name : id));
}

// link makes a link of a web or mail address, and text of anything else.
export function link(url, label) {
  if (!/^(https?:\/\/|mailto:)/i.test(url)) return label;
  const own = url.startsWith(location.origin + "/");
  return h("a", { href: url, target: own ? undefined : "_blank", rel: "noopener noreferrer" }, label);
}

function date([stamp, format, url], fallback, ctx) {
  const at = new Date(Number(stamp) * 1000);
  if (!Number.isFinite(at.getTime()) || !format) return fallback;
  const fmt = (o) => new Intl.DateTimeFormat("en-US", { timeZone: ctx.zone, ...o }).format(at);
  const day = (d) => new Intl.DateTimeFormat("en-CA", { timeZone: ctx.zone }).format(d);
  const near = () => {
    const now = ctx.now();
    for (const [word, off] of [["today", 0], ["yesterday", -1], ["tomorrow", 1]]) {
      if (day(new Date(now.getTime() + off * 864e5)) === day(at)) return word;
    }
    return "";
  };
  const long = { year: "numeric", month: "long", day: "numeric" };
  const tokens = {
    date_num: () => day(at), date: () => fmt(long), date_slash: () => fmt({ year: "numeric", month: "2-digit", day: "2-digit" }),
    date_short: () => fmt({ year: "numeric", month: "short", day: "numeric" }), date_long: () => fmt({ weekday: "long", ...long }),
    time: () => fmt({ hour: "numeric", minute: "2-digit" }), time_secs: () => fmt({ hour: "numeric", minute: "2-digit", second: "2-digit" }),
    ago: () => ago(at, ctx.now()),
  };
  const text = format.replace(/\{(\w+?)(_pretty)?\}/g, (m, name, pretty) => {
    if (!tokens[name]) return m;
    return (pretty && near()) || tokens[name]();
  });
  const el = h("time", { datetime: at.toISOString(), title: fmt({ dateStyle: "full", timeStyle: "long" }), class: "date" }, text);
  return url ? h("a", { href: /^https?:/.test(url) ? url : undefined, rel: "noopener noreferrer" }, el) : el;
}

export function ago(at, now) {
  const s = Math.round((at - now) / 1000), rel = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  for (const [unit, n] of [["day", 86400], ["hour", 3600], ["minute", 60]]) {
    if (Math.abs(s) >= n) return rel.format(Math.trunc(s / n), unit);
  }
  return rel.format(s, "second");
}

// textObject renders a text object of a block.
export function textObject(t, ctx) {
  if (!t) return [];
  return t.type === "mrkdwn" ? mrkdwn(t.text, ctx) : withEmoji(t.text);
}

// rich renders the parts of a rich_text block.
export function rich(parts, ctx) {
  return (parts || []).map((p) => {
    const inside = () => (p.elements || []).map((e) => richInline(e, ctx));
    switch (p.type) {
      case "rich_text_quote": return h("blockquote", {}, inside());
      case "rich_text_preformatted": return h("pre", {}, inside());
      case "rich_text_list": return h(p.style === "ordered" ? "ol" : "ul", { class: "indent-" + Math.min(p.indent || 0, 4) }, p.elements.map((e) => h("li", {}, rich([e], ctx))));
      default: return h("span", { class: "rich" }, inside());
    }
  });
}

function richInline(e, ctx) {
  let node;
  switch (e.type) {
    case "text": node = withEmoji(e.text); break;
    case "link": node = link(e.url, e.text || e.url); break;
    case "user": node = mention(ctx.person(e.user_id), e.user_id, ctx); break;
    case "channel": node = h("span", { class: "mention" }, "#" + ctx.channelName(e.channel_id)); break;
    case "usergroup": node = h("span", { class: "mention" }, "@" + ctx.groupName(e.usergroup_id)); break;
    case "broadcast": node = h("span", { class: "mention" }, "@" + e.range); break;
    case "emoji": node = face(e.name) || ":" + e.name + ":"; break;
    case "date": node = date([e.timestamp, e.format, e.url], e.fallback || "", ctx); break;
    default: node = "";
  }
  const s = e.style || {};
  for (const [on, tag] of [[s.code, "code"], [s.bold, "b"], [s.italic, "i"], [s.strike, "s"]]) if (on) node = h(tag, {}, node);
  return node;
}

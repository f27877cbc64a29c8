// Under the hood: what went to the bot and when it answered, and buttons that break things.
import { h, fill, keyed } from "./dom.js";

const faults = [
  ["drop", "Drop the connection", "Cut every socket without a word"],
  ["warning", "Send “warning”", "Disconnect in ten seconds"],
  ["refresh_requested", "Send “refresh requested”", "Disconnect now"],
  ["link_disabled", "Switch Socket Mode off", "Disconnect and refuse new connections until mended"],
  ["delay", "Delay by 2 s", "Hold back every envelope"],
  ["duplicate", "Duplicate", "Deliver the next event four more times"],
  ["reorder", "Reorder", "Swap the next two envelopes"],
  ["lose_ack", "Lose an acknowledgement", "The next one does not arrive"],
  ["ratelimit", "Answer 429", "To the next three calls, Retry-After 2 s"],
  ["fail", "Answer 500", "To the next call"],
  ["cut", "Cut an answer", "The next message is posted and the answer lost"],
  ["restore", "Mend everything", "End all faults"],
];

// hood draws the panel.
export function hood(el, s, ctx) {
  if (el.hidden) return;
  if (!el.firstChild) {
    fill(el, h("div", { class: "head" }, h("h2", {}, "Under the hood"), h("button", { type: "button", class: "plain", "aria-label": "Close panel", onclick: ctx.toggle }, "✕")),
      h("div", { class: "hood-body" },
        h("h3", {}, "Break things"),
        h("div", { class: "faults" }, faults.map(([id, label, title]) => h("button", { type: "button", class: "button small" + (id === "restore" ? " primary" : ""), title, data: { test: "fault-" + id }, onclick: () => ctx.fault(id, label) }, label))),
        h("section", { class: "folk", "aria-label": "The account you play" }),
        h("h3", {}, "Envelopes"),
        h("p", { class: "hint" }, "What was sent to the bot, the newest first, and how long it took to acknowledge."),
        h("div", { class: "envelopes", data: { test: "envelopes" } }),
        h("h3", {}, "Calls"),
        h("p", { class: "hint" }, "What the bot asked of the Web API, the newest first, and how it ended."),
        h("ul", { class: "calls", data: { test: "calls" } })));
  }
  keyed(el.querySelector(".calls"), [...(s.calls || [])].reverse(), (c) => c.method + c.at, call);
  const list = [...(s.envelopes || [])].reverse();
  keyed(el.querySelector(".envelopes"), list, (e) => e.id + e.sent, (e) => envelope(e, ctx));
}

// call is one Web API call: what the bot asked, and the answer.
function call(c) {
  const how = c.error || (c.status === 0 ? "answer cut" : c.status === 200 ? "ok" : String(c.status));
  return h("li", { class: "call", data: { test: "call", method: c.method, outcome: how } }, h("span", { class: "what" }, c.method),
    c.unknown && h("span", { class: "badge", title: "Slack takes no such argument, and says nothing of it" }, "unknown: " + c.unknown.join(", ")),
    h("span", { class: "outcome " + (how === "ok" ? "acked" : "unacked") }, how + " · " + Math.round(c.took / 1e6) + " ms"));
}

const words = { acked: "", pending: "waiting", late: "too late", unacked: "no answer", no_socket: "nobody there", oversize: "answer too large" };

function envelope(e, ctx) {
  const took = e.acked ? Math.max(0, new Date(e.acked) - new Date(e.sent)) + " ms" : "";
  const who = ctx.person(e.user);
  const d = h("details", { class: "envelope", data: { test: "envelope", what: e.what, outcome: e.outcome } },
    h("summary", {}, h("span", { class: "what" }, e.what), h("span", { class: "hint" }, who ? who.real_name : ""), e.retry_attempt ? h("span", { class: "badge" }, "retry " + e.retry_attempt) : null,
      h("span", { class: "outcome " + e.outcome }, [words[e.outcome] ?? e.outcome, took].filter(Boolean).join(" · "))));
  d.addEventListener("toggle", () => {
    if (!d.open || d.children.length > 1) return;
    d.append(h("dl", {}, h("dt", {}, "Envelope"), h("dd", {}, e.id), h("dt", {}, "Socket"), h("dd", {}, e.socket ? "no. " + e.socket : "none"), h("dt", {}, "Payload"), h("dd", {}, h("pre", { tabindex: "0", "aria-label": "Payload" }, JSON.stringify(e.payload, null, 1))),
      e.ack ? [h("dt", {}, "Answer"), h("dd", {}, h("pre", { tabindex: "0", "aria-label": "Answer" }, JSON.stringify(e.ack, null, 1)))] : null));
  });
  return d;
}

// What the page asks of the workspace.
import { toast } from "./dom.js";

// state is what one person sees in one conversation.
export async function state(as, channel) {
  const r = await fetch("/_sim/state?" + new URLSearchParams({ as: as || "", channel: channel || "" }));
  if (!r.ok) throw new Error(await r.text());
  return r.json();
}

// act does something as a person. It tells the reader when the bot did not take part, and returns the answer.
export async function act(what) {
  let out;
  try {
    const r = await fetch("/_sim/do", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(what) });
    out = await r.json();
  } catch {
    out = { ok: false, kind: "gone", error: "The workspace does not answer. Is it still running?" };
  }
  if (!out.ok) tell(out);
  return out;
}

const sentences = {
  not_connected: "The bot is not connected, so nobody heard that. Start it and try again.",
  no_ack: "The bot did not answer within 3 seconds. It may or may not have noticed.",
  bad_response: "The bot answered with something that Slack would not take.",
};

function tell(out) {
  if (out.kind === "confirm" || out.kind === "inputs") return;
  const detail = (out.error || "").replace(/^slacksim: /, "");
  const text = sentences[out.kind];
  toast(text ? (out.kind === "bad_response" ? text + " " + detail : text) : detail, "error");
}

// watch calls back on every change in the workspace.
export function watch(changed, lost) {
  const s = new EventSource("/_sim/changes");
  s.onmessage = changed;
  s.onerror = lost;
}

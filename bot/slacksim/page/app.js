// The page: keeps who one is and where, fetches what that person sees on every change, and draws it.
import { h, fill, redraw, toast } from "./dom.js";
import { act, state, watch } from "./api.js";
import { ask, modals } from "./dialogs.js";
import { blocks } from "./blocks.js";
import { composer, list, thread } from "./messages.js";
import { channels, switcher } from "./people.js";
import { folk } from "./folk.js";
import { hood } from "./hood.js";

const $ = (id) => document.getElementById(id);
const at = { as: "", channel: "", tab: "messages", thread: "", ...JSON.parse(sessionStorage.getItem("at") || "{}") };
let s = null, skew = 0;

const find = (id) => (s.app.id === id ? s.app : s.people.find((p) => p.id === id));

// context is what the drawing code may know and do.
function context() {
  return {
    me: s.me.id, zone: s.me.time_zone, channel: s.channel, now: () => new Date(Date.now() + skew), person: find,
    people: () => s.people, channels: () => s.channels,
    groupName: (id) => (s.groups || []).find((g) => g.id === id)?.handle || id, channelName: (id) => s.channels.find((c) => c.id === id)?.name || id,
    empty: s.channel === s.dm ? "Say hello to " + s.app.real_name + ", in your own words." : "Nothing here yet. Mention @" + s.app.name + " to bring the app in.",
    press, suggest, send, submit: (view) => told.then(() => act({ as: s.me.id, do: "submit", view })),
    shortcuts: s.message_shortcuts || [], shortcut: (id, m) => act({ as: s.me.id, do: "message_shortcut", callback_id: id, channel: m.channel, ts: m.ts }),
    closeView: (view) => act({ as: s.me.id, do: view ? "close" : "close_all", view }),
    openThread: (ts) => { const from = at.thread; go({ thread: ts }); draw(); const el = ts ? $("thread-text") : document.querySelector(`#m${CSS.escape(from)} [data-test=open-thread]`); if (el) el.focus(); },
  };
}

// What is told of a modal's inputs waits for what was told before, and sending it for all of them: requests overtake one another.
let told = Promise.resolve();

// press does something with an element, asking first if the element does. It returns whether it happened.
function press(place, b, e, choose, el) {
  if (!place.modal) return pressNow(place, b, e, choose, el);
  return (told = told.then(() => pressNow(place, b, e, choose, el)));
}

async function pressNow(place, b, e, choose, el) {
  const what = { as: s.me.id, do: "click", view: place.view, channel: place.channel, ts: place.ts, block_id: b.block_id, action_id: e.action_id, value: place.modal ? undefined : e.value || "", choose };
  if (el) el.setAttribute("aria-busy", "true");
  let out = await act(what);
  if (!out.ok && out.kind === "confirm") out = (await ask(out.confirm)) ? await act({ ...what, confirmed: true }) : out;
  if (el) el.removeAttribute("aria-busy");
  return out.ok;
}

async function suggest(place, e, text) {
  const out = await act({ as: s.me.id, do: "suggest", view: place.view, channel: place.channel, ts: place.ts, action_id: e.action_id, text });
  return out.ok ? out.result : [];
}

// send posts a message or uses the slash command. It returns whether the text may leave the box.
async function send(text, threadTS = "") {
  const command = s.command && (text === s.command || text.startsWith(s.command + " "));
  if (text.startsWith("/") && !command) {
    toast(text.split(" ")[0] + " is not a command here." + (s.command ? " Try " + s.command + "." : ""), "error");
    return false;
  }
  if (command && threadTS) { toast("Slash commands do not work in threads.", "error"); return false; }
  const out = await act(command ? { as: s.me.id, do: "command", channel: s.channel, text: text.slice(s.command.length).trim() } : { as: s.me.id, do: "post", channel: s.channel, thread_ts: threadTS, text });
  if (out.ok) $("messages").scrollTop = $("messages").scrollHeight;
  return out.ok || out.kind === "no_ack";
}

// go moves to another person, conversation, tab or thread.
function go(where) {
  Object.assign(at, where);
  sessionStorage.setItem("at", JSON.stringify(at));
  side(false);
  return refresh();
}

function become(id) {
  go({ as: id, thread: "", channel: "", tab: "messages" });
}

function open(channel, tab, extra) {
  if (tab === "shortcut") { act({ as: s.me.id, do: "shortcut", callback_id: extra }); return; }
  if (channel === s.dm) act({ as: s.me.id, do: tab === "home" ? "home" : "messages" });
  go({ channel, tab, thread: "" });
}

function side(yes) {
  $("side").classList.toggle("open", yes);
  $("menu").setAttribute("aria-expanded", String(yes));
}

function toggleHood() {
  const el = $("hood");
  el.hidden = !el.hidden;
  $("hood-toggle").setAttribute("aria-expanded", String(!el.hidden));
  draw();
}

function drawHead() {
  const c = s.channels.find((c) => c.id === s.channel), dm = s.channel === s.dm, head = $("head");
  const tab = (id, label) => h("button", { type: "button", class: "tab plain", "aria-current": at.tab === id ? "page" : undefined, data: { test: "tab-" + id }, onclick: () => open(s.dm, id) }, label);
  redraw(head, [dm, c, at.tab, s.app.real_name], () => [h("h1", { data: { test: "title" } }, dm ? s.app.real_name : "#" + c.name), dm ? h("div", { class: "tabs" }, tab("home", "Home"), tab("messages", "Messages")) : h("span", { class: "hint" }, [c.members + " members", c.shared && "shared with another workspace", c.topic].filter(Boolean).join(" · "))]);
  const note = $("note");
  note.hidden = s.sockets > 0 && c.has_bot && !s.me.deleted;
  note.textContent = s.me.deleted ? s.me.real_name + " is deactivated and signed out. What they did before is still here." : s.sockets === 0 ? "The bot is not connected. What you write is kept and delivered later; buttons do not work until it is back." : !c.has_bot ? s.app.real_name + " is not in this channel and hears nothing here." : "";
  $("link-state").className = "link-state " + (s.sockets ? "on" : "off");
  $("link-state").textContent = s.sockets ? "Bot connected" + (s.sockets > 1 ? " · " + s.sockets + " sockets" : "") : "Bot not connected";
}

function drawHome(ctx) {
  const el = $("home"), key = ctx.me + (s.home ? s.home.id + s.home.hash : "");
  if (el.dataset.of === key) return;
  el.dataset.of = key;
  fill(el, s.home ? blocks(s.home.blocks, { view: s.home.id, values: s.home.values }, ctx) : h("p", { class: "nothing" }, "The app has not shown anything here yet."));
}

function drawComposer() {
  const el = $("composer"), key = s.channel + s.me.id;
  if (el.dataset.of === key) return;
  el.dataset.of = key;
  const to = s.channel === s.dm ? s.app.real_name : "#" + s.channels.find((c) => c.id === s.channel).name;
  fill(el, composer("composer", "Message " + to, (text) => send(text), [s.command && [h("b", {}, s.command), " works here too · "], "Enter sends, Shift+Enter begins a new line"]));
  $("composer-text").dataset.channel = s.channel;
}

function draw() {
  if (!s) return;
  const ctx = context(), home = s.channel === s.dm && at.tab === "home";
  $("team").textContent = s.team;
  redraw($("links"), s.links, () => (s.links || []).map((l) => h("a", { href: /^(https?:|\/)/.test(l.url) ? l.url : undefined, target: "_blank", rel: "noopener", data: { test: "link" } }, l.label)));
  document.title = s.me.real_name + " · " + s.team;
  switcher($("switcher"), s, become);
  channels($("channels"), s, home ? "home" : s.channel, open);
  drawHead();
  $("messages").hidden = $("composer").hidden = home;
  $("home").hidden = !home;
  if (home) drawHome(ctx);
  else { list($("messages"), s.messages || [], ctx); drawComposer(); }
  thread($("thread"), home ? [] : s.messages || [], at.thread, ctx);
  document.body.classList.toggle("in-thread", !$("thread").hidden);
  modals(s.views, ctx);
  hood($("hood"), s, { person: find, toggle: toggleHood, fault: async (id, label) => { if ((await act({ as: s.me.id, do: "fault", fault: id })).ok) toast(label + ": done"); } });
  const you = $("hood").querySelector(".folk");
  if (you) folk(you, s, (what) => act({ as: s.me.id, do: "change", ...what }));
}

let busy = false, again = false;

// refresh fetches and draws what one sees now; a change meanwhile leads to one more round.
async function refresh() {
  if (busy) { again = true; return; }
  busy = true;
  try {
    do {
      again = false;
      const { as, channel } = at, got = await state(as, channel);
      if (at.as !== as || at.channel !== channel) { again = true; continue; } // one has moved on meanwhile
      s = got;
      skew = new Date(s.now) - Date.now();
      at.as = s.me.id;
      draw();
      read();
    } while (again);
  } catch (err) {
    $("link-state").className = "link-state off";
    $("link-state").textContent = "Workspace not reachable";
    console.warn(err);
  } finally {
    busy = false;
  }
}

// read tells that what is on the screen has been read.
function read() {
  const last = (s.messages || []).at(-1), c = s.channels.find((c) => c.id === s.channel);
  if (last && c && c.unread && at.tab === "messages" && document.visibilityState === "visible") act({ as: s.me.id, do: "read", channel: s.channel, ts: last.ts });
}

// A permalink names a conversation and a message.
const link = location.pathname.match(/^\/archives\/(\w+)\/p(\d+)(\d{6})$/);
if (link) {
  const ts = link[2] + "." + link[3];
  Object.assign(at, { channel: link[1], tab: "messages", thread: new URLSearchParams(location.search).get("thread_ts") || "" });
  setTimeout(() => { const el = $("m" + ts) || $("t" + ts); if (el) { el.scrollIntoView({ block: "center" }); el.focus(); } }, 400);
}

$("menu").addEventListener("click", () => side(!$("side").classList.contains("open")));
$("hood-toggle").addEventListener("click", toggleHood);
$("main").addEventListener("pointerdown", () => side(false));
document.addEventListener("visibilitychange", () => s && read());
document.addEventListener("keydown", (ev) => {
  if (ev.key === "Escape" && !document.querySelector("dialog[open]")) {
    if ($("side").classList.contains("open")) side(false);
    else if (!$("thread").hidden) context().openThread("");
  }
});
watch(refresh, () => { $("link-state").className = "link-state off"; $("link-state").textContent = "Workspace not reachable"; });
refresh();

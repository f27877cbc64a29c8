// A bot written with Slack's own JavaScript framework, @slack/bolt. It prints a line of JSON for everything that it hears.
const { App, SocketModeReceiver } = require("@slack/bolt");

const clientOptions = { slackApiUrl: process.env.SLACK_API_URL, retryConfig: { retries: 1 } };
const receiver = new SocketModeReceiver({ appToken: "xapp-local", clientPingTimeout: 1500, installerOptions: { clientOptions }, clientOptions });
const app = new App({ token: "xoxb-local", receiver, clientOptions });

const say = (what) => console.log(JSON.stringify(what));
const plain = (text) => ({ type: "plain_text", text });
const input = (id, element) => ({ type: "input", block_id: id, label: plain(id), element });
const form = (callback, ...blocks) => ({ type: "modal", callback_id: callback, title: plain("Form"), submit: plain("Send"), notify_on_close: true, blocks });
const divider = { type: "divider" };

let connected = 0;
receiver.client.on("connected", () => say({ connected: ++connected }));
receiver.client.on("ws_message", (data) => {
  const message = JSON.parse(data);
  if (message.type === "disconnect") say({ told: message.reason });
});

app.message(async ({ message, client }) => {
  say({ heard: message.text });
  const posted = await client.chat.postMessage({
    channel: message.channel, text: "card", metadata: { event_type: "request", event_payload: { id: "r1" } },
    blocks: [{ type: "actions", block_id: "decide", elements: [{ type: "button", action_id: "ask", value: "1", text: plain("Ask") }] }],
  });
  await client.chat.update({ channel: posted.channel, ts: posted.ts, text: "card, edited", blocks: posted.message.blocks });
  say({ edited: (await client.conversations.replies({ channel: posted.channel, ts: posted.ts })).messages[0].text });
});
app.action("ask", async ({ ack, body, client }) => {
  await ack();
  const why = input("why", { type: "plain_text_input", action_id: "why" });
  const what = input("what", { type: "external_select", action_id: "what", min_query_length: 1 });
  const opened = await client.views.open({ trigger_id: body.trigger_id, view: form("form", why, what) });
  await client.views.update({ view_id: opened.view.id, hash: opened.view.hash, view: form("form", { ...why, hint: plain("In a word") }, what) });
});
app.options("what", async ({ ack, payload }) => {
  await ack({ options: ["billing", "orders"].filter((x) => x.includes(payload.value)).map((x) => ({ value: x, text: plain(x) })) });
});
app.view("form", async ({ ack, view }) => {
  const { why, what } = view.state.values;
  if (why.why.value === "no") await ack({ response_action: "errors", errors: { why: "Really?" } });
  else await ack({ response_action: "push", view: form("sure", divider) });
  say({ why: why.why.value, what: what.what.selected_option.value });
});
app.view("sure", async ({ ack }) => ack({ response_action: "clear" }));
app.view({ callback_id: /form|sure/, type: "view_closed" }, async ({ ack, body }) => {
  await ack();
  say({ closed: body.view.callback_id, cleared: body.is_cleared });
});
app.command("/access", async ({ ack, command, respond }) => {
  await ack();
  await respond({ text: "you said " + command.text });
});
app.shortcut("ask", async ({ ack, shortcut, client }) => {
  await ack();
  await client.views.open({ trigger_id: shortcut.trigger_id, view: form("form", divider) });
  say({ shortcut: shortcut.type });
});
app.shortcut({ callback_id: "about", type: "message_action" }, async ({ ack, shortcut, respond }) => {
  await ack();
  await respond("about: " + shortcut.message.text);
  say({ shortcut: shortcut.type, by: shortcut.user.id, channel: shortcut.channel.id });
});
app.event("app_home_opened", async ({ event, client }) => {
  await client.views.publish({ user_id: event.user, view: { type: "home", blocks: [{ type: "header", text: plain("Hello") }] } });
});
app.event("app_mention", async ({ event, client }) => {
  const who = await client.users.info({ user: event.user });
  const refused = await client.conversations.info({ channel: event.channel }).catch((e) => e.data);
  const groups = await client.usergroups.list({ include_users: true });
  say({ who: who.user.name, error: refused.error, needed: refused.needed, group: groups.usergroups[0].users });
});
app.event("user_change", async ({ event }) => say({ changed: event.user.id, deleted: event.user.deleted }));
app.start().then(() => say({ started: true }));

// A bot written with Slack's own JavaScript framework. It prints a line for everything that it hears.
const { App, SocketModeReceiver } = require("@slack/bolt");

const clientOptions = { slackApiUrl: process.env.SLACK_API_URL, retryConfig: { retries: 1 } };
const receiver = new SocketModeReceiver({ appToken: "xapp-local", installerOptions: { clientOptions }, clientOptions });
const app = new App({ token: "xoxb-local", receiver, clientOptions });

const say = (what) => console.log(JSON.stringify(what));

app.message(async ({ message, client }) => {
  say({ heard: message.text });
  const posted = await client.chat.postMessage({
    channel: message.channel, text: "card", metadata: { event_type: "request", event_payload: { id: "r1" } },
    blocks: [{ type: "actions", block_id: "decide", elements: [{ type: "button", action_id: "ask", value: "1", text: { type: "plain_text", text: "Ask" } }] }],
  });
  say({ posted: typeof posted.ts });
});
app.action("ask", async ({ ack, body, client }) => {
  await ack();
  await client.views.open({
    trigger_id: body.trigger_id,
    view: {
      type: "modal", callback_id: "form", title: { type: "plain_text", text: "Form" }, submit: { type: "plain_text", text: "Send" },
      blocks: [{ type: "input", block_id: "why", label: { type: "plain_text", text: "Why" }, element: { type: "plain_text_input", action_id: "why" } }],
    },
  });
});
app.view("form", async ({ ack, view }) => {
  const why = view.state.values.why.why.value;
  if (why === "no") await ack({ response_action: "errors", errors: { why: "Really?" } });
  else await ack();
  say({ why });
});
app.command("/access", async ({ ack, command, respond }) => {
  await ack();
  await respond({ text: "you said " + command.text });
});
app.event("app_home_opened", async ({ event, client }) => {
  await client.views.publish({ user_id: event.user, view: { type: "home", blocks: [{ type: "header", text: { type: "plain_text", text: "Hello" } }] } });
});
app.event("app_mention", async ({ event, client }) => {
  const who = await client.users.info({ user: event.user });
  const refused = await client.conversations.info({ channel: event.channel }).catch((e) => e.data);
  const list = await client.users.list({ limit: 2 });
  say({ who: who.user.name, error: refused.error, needed: refused.needed, members: list.members.length });
});
app.start().then(() => say({ started: true }));

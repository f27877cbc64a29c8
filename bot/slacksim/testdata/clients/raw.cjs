// A bot on Slack's own @slack/socket-mode and @slack/web-api, without the framework. It prints a line of JSON for everything that it hears.
const { SocketModeClient } = require("@slack/socket-mode");
const { WebClient } = require("@slack/web-api");

const slackApiUrl = process.env.SLACK_API_URL;
const socket = new SocketModeClient({ appToken: "xapp-local", clientPingTimeout: 1500, clientOptions: { slackApiUrl } });
const web = new WebClient("xoxb-local", { slackApiUrl, retryConfig: { retries: 2, minTimeout: 100 }, rejectRateLimitedCalls: false });

const say = (what) => console.log(JSON.stringify(what));

let connected = 0;
socket.on("connected", () => say({ connected: ++connected }));
socket.on("ws_message", (data) => {
  const message = JSON.parse(data);
  if (message.type === "disconnect") say({ told: message.reason });
});
web.on("rate_limited", (seconds) => say({ limited: seconds }));

socket.on("message", async ({ ack, event, retry_num }) => {
  if (event.text === "late" && retry_num === 0) return; // left unacknowledged: it comes again
  await ack();
  if (event.bot_id) return;
  say({ heard: event.text, retry: retry_num });
  if (event.text !== "work") return;
  const people = [];
  for await (const page of web.paginate("users.list", { limit: 2 })) people.push(...page.members.map((m) => m.name));
  say({ people });
  await web.chat.postMessage({ channel: event.channel, text: "once" });
  say({ refused: await web.chat.postMessage({ channel: event.channel, text: "x", blocks: [{ type: "banner" }] }).catch((e) => e.data.error) });
});
socket.on("slash_commands", async ({ ack, body }) => ack({ text: "you said " + body.text }));
socket.start().then(() => say({ started: true }));

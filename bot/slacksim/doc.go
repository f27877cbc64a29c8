// Package slacksim is a strict local Slack workspace: Web API, Socket Mode and a small page in the browser on which one
// person plays several people. It exists so that a bot can be tested, and shown to a newcomer, without a Slack account.
//
// It is strict because a forgiving double hides bugs. It refuses what Slack refuses, with Slack's own error names: tokens and
// their kinds, scopes, connection tickets that work once, the acknowledgement within three seconds, retries of events,
// triggers that live three seconds and work once, view hashes and stacks, Block Kit limits, rate limit tiers. Where Slack's
// documentation is silent, the comment beside the code says what was chosen.
//
// It speaks only Slack's own protocol to the bot and knows nothing of what the bot is for. It must never import a package of
// the program under test, never reach outside the machine, and never interpret what people wrote as markup.
//
// New makes a workspace out of a Config. Start serves it on a port, Dial reaches it without one. As returns an Actor, one person at
// their client; UpdateUser and UpdateGroup change people as an administrator does; Faults breaks things; Envelopes and Calls say what
// went to the bot and what it asked. README.md has a table of what is enforced and a list of what is left out.
//
// A workspace keeps everything in memory and is not meant to hold real data: anybody who can open its page can act as anybody.
package slacksim

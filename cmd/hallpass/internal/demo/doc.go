// Package demo is Hallpass to try: an example organisation of about 200
// people with 90 days of past decisions, a local Slack workspace, a sandbox
// system to be given access to, and the bot itself, in one process. It also
// plays the story that the demo invites people to play, headless.
//
// Everything in it is generated the same way every time. It guards nothing
// real, and nothing of it is part of a running server.
package demo

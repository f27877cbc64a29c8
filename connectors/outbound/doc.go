// Package outbound makes the HTTPS calls that operators ask for in
// configuration: webhooks, external checks, on-call schedules. An address that
// somebody may choose is a way into the network that Hallpass stands in, so
// the client connects only to public addresses and to private ranges that were
// allowed by name, and decides that on the address that it connects to, after
// the name was resolved: a name that resolves to something else the next time
// gains nothing.
//
// It must never follow a redirect, never use a proxy from the environment,
// never send anything without TLS, never read an answer without a limit, and
// never reach link-local addresses, where clouds serve their machines'
// credentials, whatever is allowed.
package outbound

// Package forward hands every audit event, soon after it was stored, to where
// the operator's log analysis listens: a syslog receiver, or an HTTPS endpoint.
// Events go in order and at least once. How far a receiver is stands in the
// database, so that a process that was killed, or another one in its place,
// goes on from there.
//
// It must never hold up what is being recorded, nor one receiver for another;
// never pass over an event that a receiver refuses; and never put a credential
// or an address into an error, an alarm or a log.
package forward

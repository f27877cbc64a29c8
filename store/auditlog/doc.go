// Package auditlog is the format of the audit log and its verification: the
// canonical JSON of an event, the Merkle tree over all events (RFC 6962), signed
// checkpoints (C2SP signed notes with Ed25519) and the bundle, a folder that
// proves itself without Hallpass. docs/audit-format.md describes all of it.
//
// It lies below store because the store writes what it defines, and apart from
// it because whoever verifies must need no database: it imports no package of
// ours, and nothing but the standard library and the Go project's own
// implementation of transparency logs. It must never write to a database, never
// trust a hash that it can compute, and never report a log as sound of which it
// could not read a part.
package auditlog

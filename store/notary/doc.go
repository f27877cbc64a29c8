// Package notary signs the audit log's checkpoints on time, and carries each to
// where whoever owns the database has no hand: a folder, a Git repository, an
// object-lock bucket, a Slack channel. A log that was rolled back or rewritten
// no longer agrees with what was carried away.
//
// An anchor that fails raises an alarm and is tried again; it never holds up
// the log, the next checkpoint or another anchor. The package must never sign
// what it has not compared with the events, never overwrite a checkpoint that
// was carried away, and never put a key or a credential into a log, an error or
// an alarm.
package notary

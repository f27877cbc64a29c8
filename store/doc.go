// Package store keeps the state of Hallpass in one database, PostgreSQL or
// SQLite, through one code path over database/sql: requests, grants and what
// belongs to them, the audit log, the leased task table, the outbox and the
// inbox.
//
// Whatever one Apply carries is stored in one transaction, or nothing is. The
// package must never decide anything, never store state without its audit
// event, never change or delete an event, and never put a database password
// into an error or a log line.
package store

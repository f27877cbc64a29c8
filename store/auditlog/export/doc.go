// Package export renders audit events for other tools and for people: CSV for
// spreadsheets, CloudEvents with an OCSF body for log analysis, and the history
// of one request in plain words. What it writes proves nothing; a bundle of
// package auditlog does.
//
// It must never write a cell that a spreadsheet would run as a formula, and
// never add to an event what the log does not say.
package export

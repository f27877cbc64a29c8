// Package migrations holds the database schema, as SQL files that goose
// applies in order: one folder for PostgreSQL, one for SQLite, with the same
// versions in both.
//
// Migrations only go forward. A file that was released is never edited: a
// mend is a new file.
package migrations

import "embed"

// Files holds the folders "postgres" and "sqlite".
//
//go:embed postgres/*.sql sqlite/*.sql
var Files embed.FS

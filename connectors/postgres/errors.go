package postgres

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/hallpass-dev/hallpass/approvals"
)

// phase is how far a call had come when it failed.
type phase int

const (
	reading    phase = iota // nothing can have changed: reads, and writes before COMMIT was sent
	committing              // COMMIT was sent: without an answer nobody knows
)

// classify turns what the driver or the server said into a ConnectorError. The
// codes are those of the manual's appendix A.
func classify(err error, p phase) error {
	if err == nil {
		return nil
	}
	if ce, ok := errors.AsType[*approvals.ConnectorError](err); ok {
		return ce
	}
	if pe, ok := errors.AsType[*pgconn.PgError](err); ok {
		return classifyCode(pe, p)
	}
	if ce, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		// Only its cause: the error itself carries the configuration, and so the password.
		return fail(approvals.Retryable, ce.Unwrap(), "The PostgreSQL server cannot be reached.")
	}
	if p == committing && !pgconn.SafeToRetry(err) {
		return fail(approvals.Ambiguous, err, "The connection to PostgreSQL broke before the server confirmed the change.")
	}
	return fail(approvals.Retryable, err, "The call to PostgreSQL was cut off; nothing was changed.")
}

func classifyCode(pe *pgconn.PgError, p phase) error {
	class := pe.Code[:min(2, len(pe.Code))]
	switch {
	case pe.Code == "42501":
		return fail(approvals.Misconfigured, pe, "The bot's PostgreSQL login lacks a privilege: %s. See the connector's documentation for the statements that grant it.", pe.Message)
	case class == "28":
		return fail(approvals.Misconfigured, pe, "PostgreSQL refuses the bot's own login; check its user, password and pg_hba.conf.")
	case pe.Code == "3D000":
		return fail(approvals.Misconfigured, pe, "The database in the connector's connection string does not exist.")
	case pe.Code == "42704":
		return fail(approvals.Permanent, pe, "PostgreSQL knows no such role: %s.", pe.Message)
	case pe.Code == "40003" || pe.Code == "08007",
		p == committing && strings.HasPrefix(pe.Code, "57P0"):
		return fail(approvals.Ambiguous, pe, "PostgreSQL stopped before it confirmed the change.")
	}
	switch class {
	case "08", "40", "53", "55", "57", "58", "XX":
		return fail(approvals.Retryable, pe, "PostgreSQL cannot do it now (%s); it is tried again.", pe.Code)
	}
	switch pe.Code {
	case "23505", "42710", "25006": // lost a race for the same row or name; the server is a standby for now
		return fail(approvals.Retryable, pe, "PostgreSQL cannot do it now (%s); it is tried again.", pe.Code)
	}
	return fail(approvals.Permanent, pe, "PostgreSQL refuses: %s (%s).", pe.Message, pe.Code)
}

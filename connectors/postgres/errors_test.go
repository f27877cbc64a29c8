package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/hallpass-dev/hallpass/approvals"
)

func TestServerCodesSayWhatToDoNext(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		code  string
		phase phase
		want  approvals.FailureKind
	}{
		{"57P03", reading, approvals.Retryable}, // cannot_connect_now
		{"53300", reading, approvals.Retryable}, // too_many_connections
		{"40001", reading, approvals.Retryable}, // serialization_failure
		{"40001", committing, approvals.Retryable},
		{"40P01", reading, approvals.Retryable}, // deadlock_detected
		{"55P03", reading, approvals.Retryable}, // lock_not_available
		{"57014", reading, approvals.Retryable}, // query_canceled
		{"57P01", reading, approvals.Retryable}, // admin_shutdown
		{"57P01", committing, approvals.Ambiguous},
		{"08006", reading, approvals.Retryable}, // connection_failure
		{"08007", committing, approvals.Ambiguous},
		{"40003", committing, approvals.Ambiguous},
		{"25006", reading, approvals.Retryable}, // read_only_sql_transaction: a standby
		{"23505", reading, approvals.Retryable}, // unique_violation: a race for one membership
		{"42710", reading, approvals.Retryable}, // duplicate_object: a race for one login
		{"XX000", reading, approvals.Retryable}, // internal_error: tuple concurrently updated
		{"42704", reading, approvals.Permanent}, // undefined_object
		{"0LP01", reading, approvals.Permanent}, // invalid_grant_operation: a circle of memberships
		{"42501", reading, approvals.Misconfigured},
		{"28P01", reading, approvals.Misconfigured},
		{"28000", reading, approvals.Misconfigured},
		{"3D000", reading, approvals.Misconfigured},
		{"", reading, approvals.Permanent},
	} {
		err := fmt.Errorf("while testing: %w", &pgconn.PgError{Code: tc.code, Message: "words"})
		if diff := cmp.Diff(tc.want, kindOf(t, classify(err, tc.phase))); diff != "" {
			t.Errorf("%q in phase %d (-want +got):\n%s", tc.code, tc.phase, diff)
		}
	}
}

func kindOf(t *testing.T, err error) approvals.FailureKind {
	t.Helper()
	ce, ok := errors.AsType[*approvals.ConnectorError](err)
	if !ok || ce.Message == "" {
		t.Fatalf("%v is no ConnectorError with a sentence", err)
	}
	return ce.Kind
}

func TestALostConnectionIsAmbiguousOnlyOnceCommitWasSent(t *testing.T) {
	t.Parallel()
	for _, err := range []error{io.ErrUnexpectedEOF, context.DeadlineExceeded, context.Canceled} {
		if got := kindOf(t, classify(err, reading)); got != approvals.Retryable {
			t.Errorf("%v before COMMIT is %s, want retryable", err, got)
		}
		got := classify(err, committing)
		if kindOf(t, got) != approvals.Ambiguous || !errors.Is(got, err) {
			t.Errorf("%v after COMMIT: %v, want it ambiguous with its cause", err, got)
		}
	}
	if classify(nil, committing) != nil {
		t.Error("success is no failure")
	}
}

func FuzzDecodeTarget(f *testing.F) {
	f.Add("role", "billing_ro", "maya@example.com")
	f.Add("role", `x"; DROP ROLE y; --`, "a\x00b")
	f.Add("create_login", "yes", "public")
	f.Add("role", strings.Repeat("é", 40), "pg_monitor@example.com")
	f.Fuzz(func(t *testing.T, key, value, account string) {
		decoded, err := decodeTarget(map[string]string{key: value})
		if err == nil && (key != "role" || decoded.role != value) {
			t.Errorf("%q=%q was taken as %+v", key, value, decoded)
		}
		c := &Connector{cfg: Config{Domain: "example.com"}}
		login, err := c.login(account)
		if err != nil {
			kindOf(t, err)
			return
		}
		if login == "" || len(login) > maxName || strings.ContainsRune(login, 0) || strings.HasPrefix(login, "pg_") {
			t.Errorf("account %q has the login %q", account, login)
		}
		// The driver's quoting must be reversible, or two names would be one.
		quoted := quote(login)
		if back := strings.ReplaceAll(quoted[1:len(quoted)-1], `""`, `"`); back != login {
			t.Errorf("%q is quoted as %s, which is %q", login, quoted, back)
		}
	})
}

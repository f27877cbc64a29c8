package store

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

// TestReplicasHearOfEachOther lets one replica decide and observe, and looks
// that the other is told, that it is told again after its connection was lost,
// and that it knows when it cannot hear.
func TestReplicasHearOfEachOther(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Start(t).Database(t)
	one, two := openInside(t, dsn), openInside(t, dsn)
	migrated(t, one, 0)
	migrated(t, two, 0)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	now := time.Date(2026, 11, 21, 18, 30, 0, 0, time.UTC)
	decide := func() {
		t.Helper()
		c := approvals.Change{
			Events:  []approvals.Event{{At: now, Kind: approvals.EventRequestDenied, Actor: approvals.System("test")}},
			Learned: []approvals.Learned{{At: now, Request: "r", Entitlement: "e", Approver: "amy"}},
		}
		if err := one.Apply(ctx, c); err != nil {
			t.Fatal(err)
		}
	}
	before, heard := two.Generation()
	if !heard {
		t.Error("a fresh replica does not hear others")
	}
	long := approvals.EntitlementID(strings.Repeat("x", longestNews+1))
	for _, e := range []approvals.EntitlementID{"seen", "with space"} {
		if err := one.SaveHoldings(ctx, e, nil); err != nil {
			t.Fatal(err)
		}
	}
	decide()
	var got News
	for !got.Decisions || len(got.Holders) < 2 {
		n, err := two.News(ctx)
		if err != nil {
			t.Fatalf("heard only %+v: %v", got, err)
		}
		got.All, got.Decisions = got.All || n.All, got.Decisions || n.Decisions
		got.Holders = append(got.Holders, n.Holders...)
	}
	slices.Sort(got.Holders)
	if diff := cmp.Diff(News{Decisions: true, Holders: []approvals.EntitlementID{"seen", "with space"}}, got); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
	if now, _ := two.Generation(); now == before {
		t.Error("another replica's decision did not move the generation")
	}
	if err := one.SaveHoldings(ctx, long, nil); err != nil {
		t.Fatal(err)
	}
	if n, err := two.News(ctx); err != nil || !n.All {
		t.Errorf("an identifier too long to be published: %+v, %v; want to look at everything", n, err)
	}

	conn := connect(t, dsn)
	before, _ = two.Generation()
	pid := living(t, conn, two.holder.Load().id, true, 0)
	if _, err := conn.Exec(ctx, "SELECT pg_terminate_backend($1)", pid); err != nil {
		t.Fatal(err)
	}
	if n, err := two.News(ctx); err != nil || !n.All {
		t.Errorf("after the connection was lost: %+v, %v; want to look at everything", n, err)
	}
	if now, heard := two.Generation(); !heard || now == before {
		t.Errorf("after the connection came back it hears: %v, and the generation moved: %v", heard, now != before)
	}
}

func TestWhatCannotBeReadMayBeAnything(t *testing.T) {
	t.Parallel()
	for payload, want := range map[string]News{
		"":                    {All: true},
		"7":                   {All: true},
		"7 all":               {All: true},
		"7 holders":           {All: true},
		"7 holders ":          {All: true},
		"7 something new":     {All: true},
		"7 decisions":         {Decisions: true},
		"7 holders a b":       {Holders: []approvals.EntitlementID{"a b"}},
		"5 decisions":         {}, // its own
		"5 holders a":         {},
		"50 holders holders ": {Holders: []approvals.EntitlementID{"holders "}},
	} {
		var h herald
		h.notified(&pgconn.Notification{Channel: newsChannel, Payload: payload}, 5)
		h.notified(&pgconn.Notification{Channel: "another", Payload: "7 all"}, 5)
		got, ok := h.take()
		if diff := cmp.Diff(want, got); diff != "" || ok != (payload[:min(len(payload), 2)] != "5 ") {
			t.Errorf("%q (-want +got):\n%s", payload, diff)
		}
	}
}

func FuzzLearnedRow(f *testing.F) {
	f.Add([]byte("12345678"), []byte("12345678"), []byte("\x01"), []byte("text"))
	f.Add([]byte(""), []byte("1"), []byte("\x00\x01"), []byte(nil))
	f.Fuzz(func(t *testing.T, number, at, flag, text []byte) {
		row := [][]byte{number, number, at, text, text, text, text, text, text, text, text, flag, number, text}
		l, err := decodeLearned(row)
		if (err == nil) != (len(number) == 8 && len(at) == 8 && len(flag) == 1) {
			t.Fatalf("%q: %+v, %v", row, l, err)
		}
		if err == nil && (l.Title != string(text) || l.Function != string(text) || string(l.Request) != string(text)) {
			t.Fatalf("%q became %+v", text, l)
		}
		if _, err := decodeLearned(row[:5]); err == nil {
			t.Fatal("half a row is a decision")
		}
	})
}

// TestALongPastIsReadHoweverLongItTakes reads with a limit on statements that
// no reading of any length could keep.
func TestALongPastIsReadHoweverLongItTakes(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Start(t).Database(t)
	s := openInside(t, dsn)
	migrated(t, s, 0)
	now := time.Date(2026, 11, 21, 18, 30, 0, 0, time.UTC)
	for range 3 {
		c := approvals.Change{
			Events:  []approvals.Event{{At: now, Kind: approvals.EventRequestDenied, Actor: approvals.System("test")}},
			Learned: []approvals.Learned{{At: now, Request: "r", Entitlement: "e", Approver: "amy"}},
		}
		if err := s.Apply(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	waits := func(long bool) error {
		return s.stream(t.Context(), reading{op: "wait", query: "SELECT pg_sleep(2.5)", long: long, raw: func([][]byte) error { return nil }})
	}
	query := "?"
	if strings.Contains(dsn, "?") {
		query = "&"
	}
	s = openInside(t, dsn+query+"statement_timeout=2000")
	if err := waits(false); approvals.ErrorCode(err) != approvals.CodeUnavailable {
		t.Errorf("a short reading may take long: %v", err)
	}
	if err := waits(true); err != nil {
		t.Errorf("a long reading: %v", err)
	}
	if err := waits(false); err == nil {
		t.Error("after a long reading a short one may take long")
	}
	n := 0
	if err := s.EachLearned(t.Context(), 0, func(approvals.Learned) error { n++; return nil }); err != nil || n != 3 {
		t.Errorf("%d decisions, %v", n, err)
	}
}

package notary_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/auditlog"
	"github.com/hallpass-dev/hallpass/store/notary"
	"golang.org/x/mod/sumdb/note"
)

// logName is the name of the tests' log.
const logName = "log.example/test"

func signer(tb testing.TB, name string) (note.Signer, note.Verifiers) {
	tb.Helper()
	secret, public, err := auditlog.NewKey(name)
	if err != nil {
		tb.Fatal(err)
	}
	s, err := auditlog.Signer(secret)
	if err != nil {
		tb.Fatal(err)
	}
	v, err := auditlog.Verifiers(public)
	if err != nil {
		tb.Fatal(err)
	}
	return s, v
}

func openStore(tb testing.TB) *store.Store {
	tb.Helper()
	s, err := store.Open(context.Background(), store.Config{URL: "sqlite:" + tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	if err := s.Migrate(context.Background()); err != nil {
		tb.Fatal(err)
	}
	return s
}

func happen(tb testing.TB, s *store.Store) {
	tb.Helper()
	e := approvals.Event{At: time.Now(), Kind: approvals.EventPolicyLoaded, Actor: approvals.System("test")}
	if err := s.Apply(context.Background(), approvals.Change{Events: []approvals.Event{e}}); err != nil {
		tb.Fatal(err)
	}
}

// shelf is an anchor in memory that can fail.
type shelf struct {
	name   string
	mu     sync.Mutex
	err    error
	sizes  []int64
	beyond []byte
	hang   bool
}

func (s *shelf) Name() string { return s.name }

func (s *shelf) Put(ctx context.Context, c store.SignedCheckpoint) error {
	s.mu.Lock()
	hang, err := s.hang, s.err
	if err == nil && !hang {
		s.sizes = append(s.sizes, c.Size)
	}
	s.mu.Unlock()
	if hang {
		<-ctx.Done()
		return ctx.Err()
	}
	return err
}

func (s *shelf) Beyond(context.Context, int64) ([]byte, error) { return s.beyond, nil }

func (s *shelf) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *shelf) got() []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sizes)
}

// office is a notary at work.
type office struct {
	store  *store.Store
	mu     sync.Mutex
	alarms []string
	stop   func()
}

func (o *office) alarmed() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.alarms)
}

// open starts a notary, inside a bubble of synctest.
func open(t *testing.T, s *store.Store, key note.Signer, anchors ...notary.Anchor) *office {
	t.Helper()
	o := &office{store: s}
	n, err := notary.New(notary.Config{Log: s, Signers: []note.Signer{key}, Anchors: anchors, Alarm: func(_ context.Context, slot, words string) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.alarms = append(o.alarms, slot+": "+words)
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	o.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(o.stop)
	return o
}

// pass lets time go by in the bubble.
func pass(d time.Duration) {
	timer := time.NewTimer(d)
	<-timer.C
	synctest.Wait()
}

func TestCheckpointsAreSignedWithinAMinuteAndOnlyWhenSomethingHappened(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t)
		key, keys := signer(t, logName)
		far := &shelf{name: "far"}
		open(t, s, key, far)
		pass(10 * time.Minute)
		happen(t, s)
		happen(t, s)
		pass(time.Minute)
		happen(t, s)
		pass(time.Hour)
		if diff := cmp.Diff([]int64{1, 3, 4}, far.got()); diff != "" { // the first event names the key
			t.Errorf("carried, -want +got\n%s", diff)
		}
		all, err := s.Checkpoints(t.Context(), 0, 10)
		if err != nil || len(all) != 3 {
			t.Fatalf("%d checkpoints, %v", len(all), err)
		}
		for _, c := range all {
			if _, err := auditlog.OpenCheckpoint(c.Note, keys); err != nil {
				t.Error(err)
			}
		}
		anchors, err := s.Anchors(t.Context())
		if err != nil || len(anchors) != 1 || anchors[0].Size != 4 || anchors[0].LastError != "" {
			t.Errorf("anchors = %+v, %v", anchors, err)
		}
	})
}

func TestAFailingAnchorAlarmsAndBlocksNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t)
		key, _ := signer(t, logName)
		broken, stuck, sound := &shelf{name: "broken"}, &shelf{name: "stuck", hang: true}, &shelf{name: "sound"}
		broken.fail(&approvals.Error{Code: approvals.CodeUnavailable, Message: "It is full."})
		o := open(t, s, key, broken, stuck, sound)
		for range 20 {
			happen(t, s)
			pass(time.Minute)
		}
		if got := sound.got(); len(got) < 20 || got[len(got)-1] != 21 {
			t.Errorf("the sound anchor got %v, want one each minute", got)
		}
		got := o.alarmed()
		if len(got) != 2 || !strings.Contains(strings.Join(got, "\n"), "have not reached broken for 5 minutes. It is full.") {
			t.Errorf("alarms: %q; want one of each anchor that fails", got)
		}
		broken.fail(nil)
		pass(time.Minute)
		if diff := cmp.Diff([]int64{21}, broken.got()); diff != "" {
			t.Errorf("after it was mended it gets the newest, -want +got\n%s", diff)
		}
	})
}

func TestARolledBackDatabaseIsNoticedAtTheStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		key, _ := signer(t, logName)
		before := openStore(t)
		first := open(t, before, key)
		for range 5 {
			happen(t, before)
		}
		pass(time.Minute)
		first.stop()
		last, err := before.LastCheckpoint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		restored := openStore(t) // from before anything happened
		o := open(t, restored, key, &shelf{name: "far", beyond: last.Note})
		pass(time.Minute)
		if got := o.alarmed(); len(got) != 1 || !strings.Contains(got[0], "The database was rolled back: its audit log has 1 events, and far holds a checkpoint of 6.") {
			t.Errorf("alarms: %q", got)
		}
	})
}

func TestOtherKeysAreRecordedInTheLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t)
		for range 2 {
			key, _ := signer(t, logName)
			for range 2 { // the second time nothing changed
				o := open(t, s, key)
				pass(time.Minute)
				o.stop()
			}
		}
		events, err := s.Events(t.Context(), store.EventFilter{})
		if err != nil || len(events) != 2 {
			t.Fatalf("%d events, %v", len(events), err)
		}
		for i, e := range events {
			if e.Kind != approvals.EventKeyChanged || e.Detail["keys"] == "" || (e.Detail["before"] == "") != (i == 0) {
				t.Errorf("event %d: %+v", i+1, e)
			}
		}
	})
}

// meddled is a log of which somebody changed an event.
type meddled struct{ notary.Log }

func (meddled) Seal(context.Context, string, ...note.Signer) (bool, store.SignedCheckpoint, error) {
	return false, store.SignedCheckpoint{}, approvals.Errorf(approvals.CodeInternal, "Event 7 was changed since it was written.")
}

func TestMeddlingAlarmsOnce(t *testing.T) {
	t.Parallel()
	key, _ := signer(t, logName)
	var alarms []string
	n, err := notary.New(notary.Config{Log: meddled{}, Signers: []note.Signer{key},
		Alarm: func(_ context.Context, slot, words string) { alarms = append(alarms, slot+": "+words) }})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		n.Sign(t.Context())
	}
	if diff := cmp.Diff([]string{"audit/log: The audit log was meddled with. Event 7 was changed since it was written."}, alarms); diff != "" {
		t.Error(diff)
	}
}

func TestWhatCannotWorkIsRefused(t *testing.T) {
	t.Parallel()
	one, _ := signer(t, logName)
	other, _ := signer(t, "another.example")
	for name, cfg := range map[string]notary.Config{
		"no key":      {Log: meddled{}},
		"no log":      {Signers: []note.Signer{one}},
		"too seldom":  {Log: meddled{}, Signers: []note.Signer{one}, Every: time.Hour},
		"two names":   {Log: meddled{}, Signers: []note.Signer{one, other}},
		"one anchor ": {Log: meddled{}, Signers: []note.Signer{one}, Anchors: []notary.Anchor{&shelf{name: "x"}, &shelf{name: "x"}}},
	} {
		if _, err := notary.New(cfg); approvals.ErrorCode(err) != approvals.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (&notary.Channel{}).Beyond(t.Context(), 1); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("reading a channel: %v", err)
	}
}

package forward_test

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/forward"
	"github.com/hallpass-dev/hallpass/store/storetest"
)

// states are the receivers as the database has them.
func states(t *testing.T, s *store.Store) []store.Forward {
	t.Helper()
	all, err := s.Forwards(t.Context())
	must(t, err)
	return all
}

// noted waits until the database knows how far a receiver is.
func noted(t *testing.T, s *store.Store, name string, n int64) {
	t.Helper()
	for !slices.ContainsFunc(states(t, s), func(f store.Forward) bool { return f.Name == name && f.Sequence == n && f.Turn > 0 }) {
		<-time.After(time.Millisecond)
	}
}

// The environment of a process that the test kills.
const (
	envURL, envSyslog, envWeb = "HALLPASS_TEST_URL", "HALLPASS_TEST_SYSLOG", "HALLPASS_TEST_WEB"
)

// TestMain lets the test binary be the process that is killed.
func TestMain(m *testing.M) {
	if os.Getenv(envURL) == "" {
		os.Exit(m.Run())
	}
	if err := record(context.Background()); err != nil {
		println(err.Error())
		os.Exit(1)
	}
}

// record stores events, and forwards them, until the process is killed.
func record(ctx context.Context) error {
	s, err := store.Open(ctx, store.Config{URL: os.Getenv(envURL)})
	if err != nil {
		return err
	}
	f, err := forward.New(forward.Config{Log: s, Poll: time.Millisecond, Retry: time.Millisecond, Targets: []forward.Target{
		{Name: "syslog", Receiver: &forward.Syslog{Address: os.Getenv(envSyslog), Doubt: 20 * time.Millisecond}},
		web("web", os.Getenv(envWeb), http.DefaultClient)}})
	if err != nil {
		return err
	}
	go func() { _ = f.Run(ctx) }()
	for {
		if err := happen(s, 20); err != nil {
			return err
		}
	}
}

func TestNothingIsLostHoweverOftenTheProcessIsKilled(t *testing.T) {
	t.Parallel()
	url := storetest.EmptySQLite(t)
	c, e := newCollector(t, nil), newEndpoint(t)
	plain := newPlain(t, e)
	most := int64(0)
	for range 4 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), envURL+"="+url, envSyslog+"="+c.Addr().String(), envWeb+"="+plain)
		cmd.Stderr = os.Stderr
		must(t, cmd.Start())
		for _, box := range []*inbox{c.inbox, e.inbox} {
			got := box.until(t, func(got []int64) bool { return len(got) > 0 && got[len(got)-1] > most+100 })
			most = max(most, got[len(got)-1])
		}
		must(t, cmd.Process.Kill())
		_ = cmd.Wait() // it was killed
	}
	s := openStore(t, url)
	tree, err := s.Head(t.Context())
	must(t, err)
	start(t, forward.Config{Log: s, Targets: []forward.Target{{Name: "syslog", Receiver: &forward.Syslog{Address: c.Addr().String()}}, web("web", plain, http.DefaultClient)}})
	for name, box := range map[string]*inbox{"syslog": c.inbox, "web": e.inbox} {
		got := box.until(t, upTo(tree.Size()))
		whole(t, got, tree.Size())
		if again := int64(len(got)) - tree.Size(); again > tree.Size() {
			t.Errorf("%s: of %d events %d came again", name, tree.Size(), again)
		}
	}
}

package forward_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store/forward"
	"github.com/hallpass-dev/hallpass/store/storetest"
)

func post(ctx context.Context, client *http.Client, url string, body []byte, contentType string) (int, time.Duration, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, 0, err
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := client.Do(req)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, 0, err
}

func TestEventsArriveAsSyslogOverTLS(t *testing.T) {
	t.Parallel()
	cert, roots := certificate(t)
	c := newCollector(t, cert)
	s := openStore(t, storetest.EmptySQLite(t))
	must(t, happen(s, 250))
	start(t, forward.Config{Log: s, Targets: []forward.Target{{Name: "siem", Receiver: &forward.Syslog{Address: c.Addr().String(),
		TLS: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}, Host: "host.example com", Source: "/hallpass", Doubt: 1}}}})
	c.until(t, upTo(250))
	must(t, happen(s, 3))
	got := c.until(t, upTo(253))
	if whole(t, got, 253); len(got) != 253 || len(c.faults) > 0 {
		t.Errorf("%d arrived, with %v", len(got), c.faults)
	}
	noted(t, s, "siem", 253) // the connection stood long enough
	m := c.messages[0]
	if *m.Facility != 13 || *m.Severity != 6 || *m.Hostname != "host.examplecom" || *m.Appname != "hallpass" || *m.MsgID != "grant.active" || m.ProcID != nil ||
		!m.Timestamp.Equal(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)) || !strings.Contains(*m.Message, `"class_name":"User Access Management"`) || !strings.Contains(*m.Message, `ü \"]\\\n`) {
		t.Errorf("the first message is %+v", m)
	}
}

func TestWhatWentOverABrokenConnectionIsSentAgain(t *testing.T) {
	t.Parallel()
	c := newCollector(t, nil)
	c.cuts, c.most = 4, 60
	s := openStore(t, storetest.EmptySQLite(t))
	must(t, happen(s, 50))
	start(t, forward.Config{Log: s, Targets: []forward.Target{{Name: "siem", Receiver: &forward.Syslog{Address: c.Addr().String(), Doubt: time.Hour}}}})
	for n := int64(50); n < 500; n += 50 {
		c.until(t, upTo(n))
		must(t, happen(s, 50))
	}
	got := c.until(t, upTo(500))
	whole(t, got, 500)
	if again := len(got) - 500; again < 100 {
		t.Errorf("four connections were cut, and %d events came again", again)
	}
	if all := states(t, s); len(all) != 1 || all[0].Sequence != 0 {
		t.Errorf("that nothing is in doubt is noted: %+v", all)
	}
}

func TestAnEndpointGetsBatchesOnceEach(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	s := openStore(t, storetest.EmptySQLite(t))
	must(t, happen(s, 450))
	start(t, forward.Config{Log: s, Targets: []forward.Target{e.target("siem")}})
	got := e.until(t, upTo(450))
	if whole(t, got, 450); len(got) != 450 || len(e.bodies) != 3 {
		t.Errorf("%d arrived in %d bodies", len(got), len(e.bodies))
	}
}

func TestABatchThatIsTooLargeGoesInHalves(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	e.answers(func(batch []int64) (int, http.Header) {
		if len(batch) > 30 {
			return http.StatusRequestEntityTooLarge, nil
		}
		return http.StatusOK, nil
	})
	s := openStore(t, storetest.EmptySQLite(t))
	must(t, happen(s, 200))
	start(t, forward.Config{Log: s, Targets: []forward.Target{e.target("siem")}})
	if got := e.until(t, upTo(200)); len(got) != 200 || !slices.IsSorted(got) {
		t.Errorf("%d arrived: %v", len(got), got)
	}
}

// alarms are what people were told.
type alarms struct {
	mu   sync.Mutex
	said []string
}

func (a *alarms) tell(_ context.Context, slot, words string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.said = append(a.said, slot[:strings.LastIndex(slot, "/")]+": "+words)
}

func (a *alarms) all() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.said)
}

func TestAnEventThatIsRefusedIsNeverPassedOver(t *testing.T) {
	t.Parallel()
	e, other := newEndpoint(t), newEndpoint(t)
	tries := newInbox()
	e.answers(func(batch []int64) (int, http.Header) {
		tries.put(batch...)
		return http.StatusBadRequest, nil
	})
	s := openStore(t, storetest.EmptySQLite(t))
	must(t, happen(s, 2))
	var told alarms
	stop := start(t, forward.Config{Log: s, Targets: []forward.Target{e.target("siem"), other.target("lake")}, Alarms: 1, Alarm: told.tell})
	other.until(t, upTo(2)) // which no other receiver holds up
	if got := tries.until(t, func(got []int64) bool { return len(got) >= 8 }); !cmp.Equal(got[:8], []int64{1, 2, 1, 2, 1, 2, 1, 2}) {
		t.Errorf("it was tried with %v", got)
	}
	must(t, happen(s, 1)) // nor a change
	other.until(t, upTo(3))
	for _, f := range states(t, s) {
		if failing := !f.FailingSince.IsZero(); failing != (f.Name == "siem") || f.Name == "siem" && (f.Waiting != 3 || !strings.HasPrefix(f.LastError, "It answered 400 Bad Request to events 1 to")) {
			t.Errorf("it is noted that %+v", f)
		}
	}
	e.answers(nil)
	if got := e.until(t, upTo(3)); !slices.Equal(got, []int64{1, 2, 3}) {
		t.Errorf("then %v arrived", got)
	}
	noted(t, s, "siem", 3)
	stop()
	if said := told.all(); len(said) != 1 || !strings.HasPrefix(said[0], "audit/forward/siem: Audit events have not reached siem for ") {
		t.Errorf("people were told %q", said)
	}
	for _, f := range states(t, s) {
		if !f.FailingSince.IsZero() || f.LastError != "" {
			t.Errorf("it is still noted that %+v", f)
		}
	}
}

func TestAReceiverThatHangsIsGivenUpAndTriedAgain(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	s := openStore(t, storetest.EmptySQLite(t))
	must(t, happen(s, 5))
	release := make(chan struct{})
	var first sync.Once
	hung := e.target("siem")
	quick := hung.Receiver.(*forward.Web).Post
	hung.Receiver = &forward.Web{Post: func(ctx context.Context, body []byte, contentType string) (status int, later time.Duration, err error) {
		hang := false
		first.Do(func() { hang = true })
		if hang {
			close(release)
			<-ctx.Done()
			return 0, 0, ctx.Err()
		}
		return quick(ctx, body, contentType)
	}}
	start(t, forward.Config{Log: s, Targets: []forward.Target{hung}, Timeout: 50 * time.Millisecond})
	<-release
	must(t, happen(s, 5)) // nobody waits for it
	whole(t, e.until(t, upTo(10)), 10)
}

func TestANewReceiverCanBeginWithWhatComes(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	s := openStore(t, storetest.EmptySQLite(t))
	must(t, happen(s, 9))
	target := e.target("siem")
	target.FromNow = true
	stop := start(t, forward.Config{Log: s, Targets: []forward.Target{target}})
	noted(t, s, "siem", 9)
	must(t, happen(s, 2))
	if got := e.until(t, upTo(11)); !slices.Equal(got, []int64{10, 11}) {
		t.Errorf("%v arrived", got)
	}
	noted(t, s, "siem", 11)
	stop()
	must(t, happen(s, 2))
	start(t, forward.Config{Log: s, Targets: []forward.Target{target}})
	if got := e.until(t, upTo(13)); !slices.Equal(got, []int64{10, 11, 12, 13}) {
		t.Errorf("after another start %v arrived", got)
	}
}

func TestConfigurationsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]forward.Config{
		"two of one name": {Targets: []forward.Target{{Name: "siem"}, {Name: "siem"}}},
		"no name":         {Targets: []forward.Target{{}}},
		"endless":         {Timeout: time.Hour},
	} {
		if _, err := forward.New(c); approvals.ErrorCode(err) != approvals.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

package slacksim

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Faults makes a workspace misbehave as Slack does on a bad day. Each method takes effect at once; the ones that count wear
// off by themselves.
type Faults struct {
	w  *Workspace
	mu sync.Mutex

	delay     time.Duration
	duplicate []int // retry_attempt of each further copy of the next acknowledged event
	reorder   bool
	loseAcks  int
	calls     []*callFault
}

// callFault is a fault of Web API calls.
type callFault struct {
	method     string // empty for any
	left       int
	status     int           // answer with this HTTP status and no effect
	retryAfter time.Duration // with status 429
	cut        bool          // take effect, then break the connection before the answer
}

// code is Slack's name for the error that a call meets, if it has one.
func (f *callFault) code() string {
	if f.status == http.StatusTooManyRequests {
		return "ratelimited"
	}
	return ""
}

// Faults returns the switches with which the workspace can be told to misbehave.
func (w *Workspace) Faults() *Faults { return w.faults }

// Drop breaks every socket without a word, as a lost network does.
func (f *Faults) Drop() {
	f.w.mu.Lock()
	sockets := slices.Clone(f.w.sockets)
	f.w.mu.Unlock()
	for _, s := range sockets {
		s.cut()
	}
}

// Disconnect tells every socket to go. reason is "warning", which closes it about ten seconds later, "refresh_requested", which
// closes it at once, or "link_disabled", which also refuses new connections until Restore.
func (f *Faults) Disconnect(reason string) {
	f.w.mu.Lock()
	if reason == "link_disabled" {
		f.w.disabled = true
	}
	sockets := slices.Clone(f.w.sockets)
	f.w.mu.Unlock()
	for _, s := range sockets {
		f.w.dismiss(s, reason)
	}
}

// Restore allows connections again after Disconnect("link_disabled").
func (f *Faults) Restore() {
	f.w.mu.Lock()
	defer f.w.mu.Unlock()
	f.w.disabled = false
}

// Delay holds every further envelope back for d; zero ends it. The three seconds of an envelope run while it is held.
func (f *Faults) Delay(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.delay = d
}

// Duplicate delivers the next acknowledged event again, once for each attempt: 1 to 3 as a retry with reason "timeout", and 0 as
// the same event once more without a mark, both of which Slack does.
func (f *Faults) Duplicate(attempts ...int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.duplicate = append(f.duplicate, attempts...)
}

// Reorder swaps the next two envelopes. The first waits for the second, at most two seconds.
func (f *Faults) Reorder() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reorder = true
}

// LoseAcks ignores the next n acknowledgements.
func (f *Faults) LoseAcks(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.loseAcks = n
}

// RateLimit answers the next n calls of a method, or of any when empty, with 429 and Retry-After in whole seconds.
func (f *Faults) RateLimit(method string, n int, retryAfter time.Duration) {
	f.add(&callFault{method: method, left: n, status: http.StatusTooManyRequests, retryAfter: retryAfter})
}

// Fail answers the next n calls of a method, or of any when empty, with an HTTP status such as 500, and nothing takes effect.
func (f *Faults) Fail(method string, n, status int) {
	f.add(&callFault{method: method, left: n, status: status})
}

// CutResponse lets the next n calls of a method take effect and breaks the connection before the answer.
func (f *Faults) CutResponse(method string, n int) {
	f.add(&callFault{method: method, left: n, cut: true})
}

// Clear ends all faults.
func (f *Faults) Clear() {
	f.mu.Lock()
	f.delay, f.duplicate, f.reorder, f.loseAcks, f.calls = 0, nil, false, 0, nil
	f.mu.Unlock()
	f.Restore()
}

func (f *Faults) add(c *callFault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, c)
}

// call takes the fault that a call of a method meets, or nil.
func (f *Faults) call(method string) *callFault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.calls {
		if c.left > 0 && (c.method == "" || strings.EqualFold(c.method, method)) {
			c.left--
			return c
		}
	}
	f.calls = slices.DeleteFunc(f.calls, func(c *callFault) bool { return c.left <= 0 })
	return nil
}

func (f *Faults) losesAck() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.loseAcks > 0 {
		f.loseAcks--
		return true
	}
	return false
}

// redeliver sends an acknowledged event again if it was asked for.
func (f *Faults) redeliver(ev *event) {
	f.mu.Lock()
	attempts := f.duplicate
	f.duplicate = nil
	f.mu.Unlock()
	for _, n := range attempts {
		reason := "timeout"
		if n == 0 {
			reason = ""
		}
		f.w.attempt(ev, min(n, len(retryAfter)), reason)
	}
}

// carry brings an envelope to its socket, late or out of turn if it was asked for.
func (f *Faults) carry(d *delivery) {
	f.mu.Lock()
	delay, reorder := f.delay, f.reorder
	f.reorder = false
	f.mu.Unlock()
	if reorder {
		f.w.mu.Lock()
		f.w.held = d
		f.w.mu.Unlock()
		f.w.after(2*time.Second, f.release)
		return
	}
	if delay > 0 {
		f.w.after(delay, func() { f.w.transmit(d) })
	} else {
		f.w.transmit(d)
	}
	f.release()
}

// release sends the envelope that was held back, if any.
func (f *Faults) release() {
	f.w.mu.Lock()
	d := f.w.held
	f.w.held = nil
	f.w.mu.Unlock()
	if d != nil {
		f.w.transmit(d)
	}
}

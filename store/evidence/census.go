package evidence

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

// census counts the population twice, in ways that do not know of each other:
// from the rows of requests, and from the events of the log.
type census struct {
	rows   int
	logged int
	before int                          // rows that were decided elsewhere and taken over; the log has no submission of them
	inLog  map[approvals.RequestID]bool // true: a row was seen as well

	judged, unjudged int // decisions that were computed again, or could not be
}

// event counts a submission that the log has.
func (c *census) event(id approvals.RequestID) {
	if c.inLog == nil {
		c.inLog = map[approvals.RequestID]bool{}
	}
	if _, twice := c.inLog[id]; !twice {
		c.logged++
		c.inLog[id] = false
	}
}

// row counts a request that the database has.
func (c *census) row(r Record) {
	c.rows++
	if r.imported {
		c.before++
	}
	if _, ok := c.inLog[r.Request]; ok {
		c.inLog[r.Request] = true
	}
}

// other leaves a request of another system out of both counts.
func (c *census) other(r Record) {
	if _, ok := c.inLog[r.Request]; ok {
		delete(c.inLog, r.Request)
		c.logged--
	}
}

// unkept are the requests of the log that no row was seen of.
func (c *census) unkept() (ids []approvals.RequestID) {
	for id, seen := range c.inLog {
		if !seen {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// digest is the SHA-256 of the ids in order, each with a line feed.
func (c *census) digest() string {
	h := sha256.New()
	for _, id := range slices.Sorted(maps.Keys(c.inLog)) {
		_, _ = io.WriteString(h, string(id)+"\n") // a hash takes everything
	}
	return hex.EncodeToString(h.Sum(nil))
}

// eventPage is how many events are read at a time.
const eventPage = 5000

// events reads the log of the period once: who asked, and what belongs to no
// request.
func (w *work) events(v *store.Snapshot) error {
	before, err := v.LawBefore(w.first)
	if err != nil {
		return err
	}
	if before != nil {
		w.laws.loaded(*before, true)
	}
	for after := w.first - 1; after < w.last; {
		page, err := v.Events(after, w.last, eventPage)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, e := range page {
			w.event(e)
			after = e.Sequence
		}
	}
	return nil
}

// event takes in one event of the log.
func (w *work) event(e approvals.Event) {
	if e.At.Before(w.From) || !e.At.Before(w.To) {
		if e.Kind == approvals.EventPolicyLoaded && e.At.Before(w.From) {
			w.laws.loaded(e, true)
		}
		return
	}
	who := recorder{names: w.Names}.person(e.Actor.Principal)
	say := func(kind Kind, format string, args ...any) {
		w.findings.add(Exception{Kind: kind, At: e.At, Request: e.Request, Event: e.Sequence, Words: fmt.Sprintf(format, args...)})
	}
	switch e.Kind {
	case approvals.EventRequestSubmitted:
		w.population.event(e.Request)
	case approvals.EventPolicyLoaded:
		w.laws.loaded(e, false)
	case approvals.EventPolicyRejected:
		say(RulesRejected, "The changed access folder was not taken; the policies %s stayed in force.", short(e.Version.Digest))
	case approvals.EventActionRefused:
		action := cmp.Or(e.Detail["action"], "do something with")
		if e.Detail["code"] == string(approvals.CodeSelfApproval) {
			say(SelfRefused, "%s tried to %s their own request for %s, and was refused.", who, action, e.Entitlement)
		} else {
			say(OthersRefused, "%s tried to %s a request for %s, and was refused (%s).", who, action, e.Entitlement, e.Detail["code"])
		}
	case approvals.EventDriftOpened:
		say(Drifted, "%s", driftWords(e))
	}
}

// driftWords says how a system and the grants differed.
func driftWords(e approvals.Event) string {
	account := cmp.Or(e.Detail["account"], string(e.Beneficiary))
	switch approvals.DriftKind(e.Detail["kind"]) {
	case approvals.DriftOutside:
		return fmt.Sprintf("%s has %s, and nobody granted it here.", account, e.Entitlement)
	case approvals.DriftChanged:
		return fmt.Sprintf("%s has %s instead of what was granted.", account, e.Entitlement)
	case approvals.DriftVanished:
		return fmt.Sprintf("%s should have %s, and the system does not list it.", account, e.Entitlement)
	case approvals.DriftShrunk:
		return fmt.Sprintf("The system listed so few holders of %s that it was not believed.", e.Entitlement)
	}
	return fmt.Sprintf("%s: %s differs from the grants (%s).", account, e.Entitlement, e.Detail["kind"])
}

package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

func eventsAreGapless(t *testing.T, s *store.Store) {
	const writers, each = 8, 6
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				c := Submission(fmt.Sprintf("r%d-%d", w, i))
				if i%3 == 2 { // a change that fails after it took its numbers must give them back
					c.Approvals = []approvals.Approval{{Request: "none", Approver: "x", At: Epoch}}
				}
				if err := s.Apply(bg, c); (err != nil) != (i%3 == 2) {
					t.Errorf("apply: %v", err)
				}
			}
		})
	}
	wg.Wait()
	events := must(s.Events(bg, store.EventFilter{}))(t)
	same(t, writers*each*2/3*2, len(events))
	for i, e := range events {
		if e.Sequence != int64(i+1) {
			t.Fatalf("event %d has sequence %d", i+1, e.Sequence)
		}
		if i%2 == 1 && e.Request != events[i-1].Request {
			t.Errorf("events %d and %d of one change are apart", i, i+1)
		}
	}
}

func eventsFilterAndPage(t *testing.T, s *store.Store) {
	for i := range 5 {
		apply(t, s, Submission(fmt.Sprintf("r%d", i)))
	}
	full := Event(approvals.EventGrantActive, "r3")
	full.Grant, full.Policies, full.Version = "g3", []approvals.PolicyRef{{ID: "p", Effect: "permit", Reason: "x", Owner: "o"}}, approvals.PolicyVersion{Digest: "d"}
	full.Model, full.Operation, full.ReadBack = "m", "grant", "present"
	apply(t, s, approvals.Change{Events: []approvals.Event{full}})
	full.Sequence = 11
	same(t, []approvals.Event{full}, must(s.Events(bg, store.EventFilter{Grant: "g3"}))(t))
	same(t, 3, len(must(s.Events(bg, store.EventFilter{Request: "r3"}))(t)))
	same(t, 1, len(must(s.Events(bg, store.EventFilter{Request: "r3", Grant: "g3"}))(t)))

	var seen []int64
	for after := int64(0); ; {
		page := must(s.Events(bg, store.EventFilter{After: after, Limit: 4}))(t)
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			seen = append(seen, e.Sequence)
			after = e.Sequence
		}
	}
	same(t, []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, seen)
}

func learnedPages(t *testing.T, s *store.Store) {
	var want []approvals.Learned
	for i := range 4 {
		c := Submission(fmt.Sprintf("r%d", i))
		for j := range 2 {
			l := approvals.Learned{At: Epoch, Request: "r", Entitlement: "e", Beneficiary: "bob", Manager: "mia", Title: "T", Department: "D",
				Location: "L", Function: "F", Approver: approvals.PrincipalID(fmt.Sprint("a", j)), Approved: j == 0, Duration: time.Hour + 1}
			c.Learned = append(c.Learned, l)
			l.Sequence = int64(2*i + 1)
			want = append(want, l)
		}
		apply(t, s, c)
	}
	var got []approvals.Learned
	for after := int64(0); ; {
		page := must(s.Learned(bg, after, 3))(t)
		if len(page) == 0 {
			break
		}
		got = append(got, page...)
		after = page[len(page)-1].Sequence
	}
	same(t, want, got)
}

package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

// BreakGlass is the open review of a request of that id with every field set
// that such a review has. Its version is 0.
func BreakGlass(request string, requester approvals.PrincipalID) approvals.BreakGlassReview {
	return approvals.BreakGlassReview{
		Request: approvals.RequestID(request), Requester: requester, Beneficiary: "bob", Entitlement: "billing-db:read-only", Grant: "g-" + approvals.GrantID(request),
		OpenedAt: Epoch, DueAt: Epoch.Add(24 * time.Hour), Escalations: 2, Told: []approvals.PrincipalID{"sol", "mia"}, ToldIn: []string{"C9"},
	}
}

// opening stores a request that was opened by break-glass.
func opening(request string, requester approvals.PrincipalID) approvals.Change {
	c := Submission(request)
	c.BreakGlass = []approvals.BreakGlassReview{BreakGlass(request, requester)}
	c.Events = append(c.Events, Event(approvals.EventBreakGlassOpened, request))
	return c
}

func breakGlassKept(t *testing.T, s *store.Store) {
	_, err := s.BreakGlassReview(bg, "r1")
	code(t, approvals.CodeNotFound, err)
	apply(t, s, opening("r1", "amy"))
	later := opening("r2", "ann")
	later.BreakGlass[0].OpenedAt = Epoch.Add(time.Second)
	apply(t, s, later)
	want := BreakGlass("r1", "amy")
	want.Version = 1
	same(t, want, must(s.BreakGlassReview(bg, "r1"))(t))
	open := must(s.OpenBreakGlass(bg, 9))(t)
	if len(open) != 2 || open[0].Request != "r1" || open[1].Request != "r2" {
		t.Fatalf("open reviews are %v, want r1 and r2", open)
	}
	same(t, 1, len(must(s.OpenBreakGlass(bg, 1))(t)))

	want.Finding, want.ClosedAt, want.ClosedBy, want.Note = approvals.NotJustified, Epoch.Add(time.Hour), "sol", "no <outage>\n🙂"
	closing := approvals.Change{BreakGlass: []approvals.BreakGlassReview{want}, Events: []approvals.Event{Event(approvals.EventBreakGlassReviewed, "r1")}}
	silent := closing
	silent.Events = nil
	code(t, approvals.CodeInternal, s.Apply(bg, silent))
	apply(t, s, closing)
	code(t, approvals.CodeConflict, s.Apply(bg, closing))
	want.Version = 2
	same(t, want, must(s.BreakGlassReview(bg, "r1"))(t))
	same(t, 1, len(must(s.OpenBreakGlass(bg, 9))(t)))
}

func breakGlassSuspends(t *testing.T, s *store.Store) {
	var wg sync.WaitGroup
	outcomes := make([]error, 8)
	for i := range outcomes {
		wg.Go(func() { outcomes[i] = s.Apply(bg, opening(string(rune('a'+i)), "amy")) })
	}
	wg.Wait()
	opened := 0
	for _, err := range outcomes {
		if err == nil {
			opened++
			continue
		}
		code(t, approvals.CodeDuplicate, err)
	}
	if opened != 1 {
		t.Errorf("%d of 8 were opened at the same time, want one", opened)
	}
	b := must(s.OpenBreakGlass(bg, 9))(t)[0]
	b.Finding, b.ClosedAt, b.ClosedBy = approvals.Justified, Epoch, "sol"
	apply(t, s, approvals.Change{BreakGlass: []approvals.BreakGlassReview{b}, Events: []approvals.Event{Event(approvals.EventBreakGlassReviewed, string(b.Request))}})
	apply(t, s, opening("next", "amy"))
}

func breakGlassIsNotReplayed(t *testing.T, s *store.Store) {
	apply(t, s, Submission("r1"))
	apply(t, s, opening("r2", "amy"))
	var seen []approvals.RequestID
	check(t, s.FirstDecisions(bg, time.Time{}, func(id approvals.RequestID, _, _, _ []byte) error {
		seen = append(seen, id)
		return nil
	}))
	same(t, []approvals.RequestID{"r1"}, seen)
}

func breakGlassAdrift(t *testing.T, s *store.Store) {
	for request, edit := range map[string]func(*approvals.Change){
		"lost":  func(*approvals.Change) {},
		"early": func(c *approvals.Change) { c.BreakGlass[0].DueAt = Epoch.Add(25 * time.Hour) },
		"held": func(c *approvals.Change) {
			c.Tasks = append(c.Tasks, approvals.Task{Kind: approvals.TaskBreakGlass, Key: "held", RunAt: Epoch})
		},
		"closed": func(c *approvals.Change) { c.BreakGlass[0].ClosedAt = Epoch },
	} {
		c := opening(request, approvals.PrincipalID(request))
		edit(&c)
		apply(t, s, c)
	}
	now := Epoch.Add(24 * time.Hour)
	var lost []approvals.Task
	for _, task := range must(s.Adrift(bg, now, 99))(t) {
		if task.Kind == approvals.TaskBreakGlass {
			lost = append(lost, task)
		}
	}
	same(t, []approvals.Task{{Kind: approvals.TaskBreakGlass, Key: "lost", RunAt: now}}, lost)
}

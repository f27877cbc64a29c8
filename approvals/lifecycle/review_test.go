package lifecycle_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

// lawful is a policy that says which law is in force.
type lawful struct {
	*approvalstest.Policy
	digest atomic.Value
}

func (l *lawful) Version() approvals.PolicyVersion {
	return approvals.PolicyVersion{Digest: l.digest.Load().(string)}
}

// enact puts a law into force.
func (l *lawful) enact(digest string, ruling approvals.Ruling) {
	ruling.Version.Digest = digest
	l.Rule(ruling)
	l.digest.Store(digest)
}

func (r *rig) lawful() *lawful {
	law := &lawful{Policy: r.Policy}
	law.enact("law-1", approvalstest.Automatic())
	r.Service.Policy = law
	return law
}

func TestANewLawStopsWhatNoLongerHolds(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		law := r.lawful()
		for range 2 { // replicas: each change is reviewed once
			r.worker(r.config())
		}
		held := r.hold("amy", approvalstest.ReadOnly, 4*time.Hour)
		pass(2 * time.Minute)
		r.is(held, approvals.GrantActive)
		law.enact("law-2", approvalstest.Routed(1))
		waits := r.ask("bob", approvalstest.ReadOnly, time.Hour)
		pass(2 * time.Minute)
		r.is(held, approvals.GrantRevoked)
		r.works("amy", "read-only", false)
		law.enact("law-3", approvalstest.Refused("Frozen."))
		pass(2 * time.Minute)
		got, err := r.store.Request(context.Background(), waits.ID)
		if err != nil || got.State != approvals.RequestDenied {
			t.Errorf("the request that waited is %s, %v; want denied", got.State, err)
		}
	})
}

func TestAMoveInTheDirectoryIsReviewed(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		law := r.lawful()
		r.worker(r.config())
		held := r.hold("amy", approvalstest.ReadOnly, 4*time.Hour)
		pass(2 * time.Minute)
		law.RuleBy(func(f approvals.Facts, _ approvals.Assessment) approvals.Ruling {
			ruling := approvalstest.Automatic()
			if f.Beneficiary.Department != "Payments" {
				ruling = approvalstest.Refused("Payments only.")
			}
			ruling.Version.Digest = "law-1"
			return ruling
		})
		pass(2 * time.Minute)
		r.is(held, approvals.GrantActive)
		r.Directory.Change("amy", func(p *approvals.Principal) { p.Department = "Sales" })
		r.Directory.SetState(approvals.DirectoryState{Source: "test", AsOf: time.Now()})
		pass(2 * time.Minute)
		r.is(held, approvals.GrantRevoked)
		if g := r.grant(held); g.EndReason != approvals.EndNoLonger || g.EndNote != "The policy has changed and now refuses this: Payments only." {
			t.Errorf("ended as %s: %s", g.EndReason, g.EndNote)
		}
	})
}

func TestAChangeOfTheCatalogueAloneIsReviewed(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		law := r.lawful()
		r.worker(r.config())
		held := r.hold("amy", approvalstest.ReadOnly, 4*time.Hour)
		law.RuleBy(func(f approvals.Facts, _ approvals.Assessment) approvals.Ruling {
			ruling := approvalstest.Automatic()
			switch {
			case f.Entitlement.ID == approvalstest.Admin:
				ruling = approvalstest.Routed(1)
			case f.Entitlement.Sensitivity == approvals.Critical:
				ruling = approvalstest.Refused("Not what is critical.")
			}
			ruling.Version.Digest = "law-1"
			return ruling
		})
		waits := r.ask("bob", approvalstest.Admin, time.Hour)
		pass(2 * time.Minute)
		r.is(held, approvals.GrantActive)
		r.Catalogue.Change(approvalstest.ReadOnly, func(e *approvals.Entitlement) { e.Sensitivity = approvals.Critical })
		r.Catalogue.Remove(approvalstest.Admin)
		pass(2 * time.Minute)
		r.is(held, approvals.GrantRevoked)
		got, err := r.store.Request(context.Background(), waits.ID)
		if err != nil || got.State != approvals.RequestCancelled {
			t.Errorf("what waited for what is gone is %s, %v; want cancelled", got.State, err)
		}
	})
}

func TestAReviewGoesThroughManyInPages(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		law := r.lawful()
		var waits []approvals.RequestID
		law.enact("law-1", approvalstest.Routed(1))
		for i := range 250 {
			who := approvals.PrincipalID("p" + string(rune('a'+i/26)) + string(rune('a'+i%26)))
			r.Directory.Put(approvals.Principal{ID: who, Name: "P", Email: string(who) + "@example.com", Manager: "mia"})
			waits = append(waits, r.ask(who, approvalstest.ReadOnly, time.Hour).ID)
		}
		r.worker(r.config())
		law.enact("law-2", approvalstest.Refused("Frozen."))
		pass(3 * time.Minute)
		for _, id := range waits {
			if got, err := r.store.Request(context.Background(), id); err != nil || got.State != approvals.RequestDenied {
				t.Fatalf("request %s is %s, %v; want denied", id, got.State, err)
			}
		}
	})
}

func TestAccessBeginsAtItsTime(t *testing.T) {
	inBubbles(t, func(t *testing.T, r *rig) {
		r.worker(r.config())
		start := time.Now().Add(3 * time.Minute).UTC().Truncate(time.Minute)
		draft, err := r.Service.Draft(context.Background(), approvals.Person("amy", "test", ""), approvals.Ask{
			Requester: "amy", Entitlement: approvalstest.ReadOnly, Duration: time.Minute, Reason: "maintenance", Key: "later", StartsAt: start})
		if err != nil {
			t.Fatal(err)
		}
		req, err := r.Service.Submit(context.Background(), approvals.Person("amy", "test", ""), draft.ID)
		if err != nil {
			t.Fatal(err)
		}
		pass(time.Until(start) - time.Second)
		r.is(req.Grant, approvals.GrantScheduled)
		r.works("amy", "read-only", false)
		pass(10 * time.Second)
		r.is(req.Grant, approvals.GrantActive)
		r.works("amy", "read-only", true)
		if g := r.grant(req.Grant); g.ActiveAt.Before(start) {
			t.Errorf("access began at %s, before %s", g.ActiveAt, start)
		}
		pass(time.Minute + 10*time.Second)
		r.is(req.Grant, approvals.GrantRevoked)
	})
}

func TestASilentStageIsEscalatedByTheWorker(t *testing.T) {
	inBubbles(t, func(t *testing.T, r *rig) {
		ruling := approvalstest.Routed(1)
		ruling.EscalateAfter = time.Minute
		r.Policy.Rule(ruling)
		r.worker(r.config())
		req := r.ask("amy", approvalstest.ReadOnly, time.Hour)
		pass(time.Minute + 10*time.Second)
		d, err := r.store.Decision(context.Background(), req.ID)
		if err != nil || !d.Escalated || len(d.Approvers) != 3 {
			t.Errorf("escalated is %v, %v may answer: %v", d.Escalated, d.Approvers, err)
		}
		if _, err := r.Service.Approve(context.Background(), approvals.Person("sol", "test", ""), req.ID, ""); err != nil {
			t.Error(err)
		}
	})
}

package lifecycle_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/store"
)

// adopt adopts the standing admins of the billing database.
func (r *rig) adopt(by approvals.PrincipalID, edit func(*approvals.Adoption)) []approvals.Adopted {
	r.t.Helper()
	wish := approvals.Adoption{Entitlement: approvalstest.Admin, Until: time.Now().Add(30 * 24 * time.Hour), Reason: "zero standing access by spring"}
	if edit != nil {
		edit(&wish)
	}
	all, err := r.Service.Adopt(r.t.Context(), approvals.Person(by, "cli", ""), wish)
	if err != nil {
		r.t.Fatal(err)
	}
	return all
}

// standing gives accounts access before the first look, and takes it.
func (r *rig) standing(accounts ...string) {
	r.t.Helper()
	r.seat("admin", accounts...)
	stop := r.worker(r.calm())
	pass(cycle)
	stop()
}

// later lets days go by in which nobody works, and then does what is due.
func (r *rig) later(d time.Duration) {
	r.t.Helper()
	pass(d)
	r.once(r.config())
}

func TestStandingAccessIsAdoptedWithAnEndAndNamesWhoDidIt(t *testing.T) {
	inBubbles(t, func(t *testing.T, r *rig) {
		r.Catalogue.Change(approvalstest.Admin, func(e *approvals.Entitlement) { e.Standing = []string{"svc-backup"} })
		r.standing("amy@example.com", "bob@example.com", "adam@example.com", "ivan@example.com", "nobody@example.org", "svc-backup")
		want := []approvals.Adopted{
			{Account: "adam@example.com", Principal: "adam", Why: "nobody adopts their own access: somebody else has to"},
			{Account: "amy@example.com", Principal: "amy", Name: "Amy Adeyemi"},
			{Account: "bob@example.com", Principal: "bob", Name: "Bob Brandt"},
			{Account: "ivan@example.com", Principal: "ivan", Name: "Ivan Ilić", Why: "its holder has left: take it away"},
			{Account: "nobody@example.org", Why: "nobody in the directory has this account: ask who uses it, and declare it standing or take it away"},
			{Account: "svc-backup", Why: "the catalogue declares it standing"},
		}
		sorted := func(all []approvals.Adopted) []approvals.Adopted {
			slices.SortFunc(all, func(a, b approvals.Adopted) int { return strings.Compare(a.Account, b.Account) })
			return all
		}
		if diff := cmp.Diff(want, sorted(r.adopt("adam", func(a *approvals.Adoption) { a.Dry = true }))); diff != "" {
			t.Errorf("dry: -want +got\n%s", diff)
		}
		if n := r.logged(approvals.EventGrantAdopted); n != 0 {
			t.Errorf("a dry run adopted %d", n)
		}
		all := sorted(r.adopt("adam", nil))
		if diff := cmp.Diff(want, all, cmpopts.IgnoreFields(approvals.Adopted{}, "Grant")); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		id := all[1].Grant
		g := r.grant(id)
		if g.State != approvals.GrantActive || g.Standing || g.Account != "amy@example.com" {
			t.Errorf("the grant is %+v", g)
		}
		ev := r.events(id, approvals.EventGrantAdopted)
		if len(ev) != 1 || ev[0].Actor.Principal != "adam" || !slices.Equal(ev[0].Approvers, []approvals.PrincipalID{"adam"}) || ev[0].FactsDigest == "" {
			t.Errorf("the log says %+v; want who adopted it", ev)
		}
		if again := r.adopt("adam", nil); len(again) != 4 {
			t.Errorf("a second time adopts of %v, want none of those who were", again)
		}
		r.later(29*24*time.Hour + 20*time.Hour) // 4 h before the end
		r.later(5 * time.Hour)
		r.is(id, approvals.GrantRevoked)
		r.works("amy", "admin", false)
		r.works("adam", "admin", true)
		if got := r.events(id, approvals.EventGrantReminded); len(got) != 1 || g.EndsAt.Sub(got[0].At) > 8*time.Hour {
			t.Errorf("reminded at %v, want once, when it can be extended", got)
		}
		ended := r.events(id, approvals.EventGrantRevoked)
		if len(ended) != 1 || !slices.Equal(ended[0].Approvers, []approvals.PrincipalID{"adam"}) {
			t.Errorf("the end is %+v; want the proof to name who adopted it", ended)
		}
	})
}

func TestAdoptedAccessIsRenewedThroughThePolicyAndTheFallOffIsCounted(t *testing.T) {
	inBubbles(t, func(t *testing.T, r *rig) {
		r.standing("amy@example.com", "bob@example.com", "mia@example.com", "sol@example.com")
		by := map[string]approvals.GrantID{}
		for _, a := range r.adopt("olga", func(a *approvals.Adoption) { a.Until = time.Now().Add(25 * time.Hour) }) {
			by[a.Account] = a.Grant
		}
		if _, err := r.Service.Release(t.Context(), approvals.Person("mia", "test", ""), by["mia@example.com"]); err != nil {
			t.Fatal(err)
		}
		r.later(20 * time.Hour)
		req, err := r.Service.Extend(t.Context(), approvals.Person("amy", "test", ""), by["amy@example.com"], 2*time.Hour, "on call", "more")
		if err != nil || req.State != approvals.RequestApproved || req.DecidedBy != "" {
			t.Fatalf("the renewal is %s by %q, %v; want the policy to approve it", req.State, req.DecidedBy, err)
		}
		r.Policy.Rule(approvalstest.Refused("not in a freeze"))
		denied, err := r.Service.Extend(t.Context(), approvals.Person("sol", "test", ""), by["sol@example.com"], 2*time.Hour, "habit", "more-2")
		if err != nil || denied.State != approvals.RequestDenied {
			t.Fatalf("the other renewal is %s, %v; want the policy to refuse it", denied.State, err)
		}
		r.later(6 * time.Hour)
		r.works("amy", "admin", true)
		r.works("bob", "admin", false)
		r.works("sol", "admin", false)
		db, ok := r.store.(*store.Store)
		if !ok {
			return
		}
		all, err := db.AdoptedGrants(t.Context(), approvalstest.Admin)
		if err != nil {
			t.Fatal(err)
		}
		want := []approvals.FallOff{{Entitlement: approvalstest.Admin, Adopted: 4, Renewed: 1, Ended: 2, Left: 1}}
		if diff := cmp.Diff(want, approvals.FallOffs(all)); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	})
}

func TestAGrantOnTopOfAdoptedAccessEndsWithTheLast(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.standing("amy@example.com")
		over := r.hold("amy", approvalstest.Admin, 8*time.Hour)
		r.once(r.config())
		if !r.grant(over).Standing {
			t.Fatal("standing access was not seen")
		}
		adopted := r.adopt("adam", func(a *approvals.Adoption) { a.Until = time.Now().Add(25 * time.Hour) })[0].Grant
		r.later(9 * time.Hour)
		r.is(over, approvals.GrantRevoked)
		r.works("amy", "admin", true)
		r.later(17 * time.Hour)
		r.is(adopted, approvals.GrantRevoked)
		r.works("amy", "admin", false)
		r.finds("standing billing-db:admin amy@example.com: adopted")
	})
}

func TestOnlyOwnersAndAdminsAdoptAndWithinReason(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		adopt := func(by approvals.PrincipalID, until time.Duration, reason string) error {
			_, err := r.Service.Adopt(t.Context(), approvals.Person(by, "cli", ""),
				approvals.Adoption{Entitlement: approvalstest.Admin, Until: time.Now().Add(until), Reason: reason})
			return err
		}
		const month = 30 * 24 * time.Hour
		if code := approvals.ErrorCode(adopt("adam", month, "because")); code != approvals.CodeUnavailable {
			t.Errorf("before the first look: %s", code)
		}
		r.standing("amy@example.com")
		for name, c := range map[string]struct {
			by     approvals.PrincipalID
			until  time.Duration
			reason string
			want   approvals.Code
		}{
			"a stranger":    {"bob", month, "because", approvals.CodeForbidden},
			"no reason":     {"adam", month, " ", approvals.CodeInvalid},
			"too soon":      {"adam", time.Hour, "because", approvals.CodeInvalid},
			"too far":       {"adam", 400 * 24 * time.Hour, "because", approvals.CodeInvalid},
			"somebody gone": {"ivan", month, "because", approvals.CodeForbidden},
		} {
			if code := approvals.ErrorCode(adopt(c.by, c.until, c.reason)); code != c.want {
				t.Errorf("%s: %q, want %q", name, code, c.want)
			}
		}
		r.Policy.Rule(approvalstest.Refused("never for engineers"))
		if all := r.adopt("adam", nil); len(all) != 1 || !strings.Contains(all[0].Why, "the policy refuses it") {
			t.Errorf("adopted %+v, want the policy's refusal", all)
		}
	})
}

func TestWhoLeavesLosesAdoptedAccess(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.standing("amy@example.com")
		id := r.adopt("adam", nil)[0].Grant
		r.Directory.Change("amy", func(p *approvals.Principal) { p.Inactive = true })
		if _, err := r.Service.Review(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		r.once(r.config())
		r.is(id, approvals.GrantRevoked)
		r.works("amy", "admin", false)
	})
}

package storetest

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

// Drift is an open difference of that id with every field set. Its version is 0.
func Drift(id approvals.DriftID, account string) approvals.Drift {
	return approvals.Drift{ID: id, Kind: approvals.DriftOutside, Entitlement: "billing-db:admin", Connector: "postgres",
		Target: map[string]string{"role": "admin"}, Account: account, Principal: "bob", Instead: "billing-db:read-only", Repair: approvals.DriftRemove,
		Attempts: 2, LastError: "no <role>", FirstSeen: Epoch, LastSeen: Epoch.Add(time.Minute)}
}

// found stores differences with their event.
func found(ds ...approvals.Drift) approvals.Change {
	return approvals.Change{Drift: ds, Events: []approvals.Event{Event(approvals.EventDriftOpened, "")}}
}

func driftKept(t *testing.T, s *store.Store) {
	_, err := s.Drift(bg, "d1")
	code(t, approvals.CodeNotFound, err)
	code(t, approvals.CodeInternal, s.Apply(bg, approvals.Change{Drift: []approvals.Drift{Drift("d1", "Bob")}}))
	apply(t, s, found(Drift("d1", "Bob")))
	want := Drift("d1", "Bob")
	want.Version = 1
	same(t, want, must(s.Drift(bg, "d1"))(t))

	// One that is open for an account, in whatever case; a grant's is another.
	code(t, approvals.CodeDuplicate, s.Apply(bg, found(Drift("d2", "BOB"))))
	vanished := Drift("d3", "bob")
	vanished.Kind, vanished.Grant = approvals.DriftVanished, "g1"
	apply(t, s, found(vanished))

	check(t, s.SawDrift(bg, want.Entitlement, Epoch.Add(time.Hour)))
	check(t, s.SawDrift(bg, want.Entitlement, Epoch)) // an older look moves nothing back
	want.LastSeen = Epoch.Add(time.Hour)
	same(t, want, must(s.Drift(bg, "d1"))(t))
	same(t, map[approvals.DriftKind]int{approvals.DriftOutside: 1, approvals.DriftVanished: 1}, must(s.CountDrift(bg))(t))

	// It ends, and begins anew, in one change.
	want.Resolution, want.ResolvedAt = approvals.DriftAccepted, Epoch.Add(2*time.Hour)
	stays := Drift("d4", "bob")
	stays.Kind = approvals.DriftStanding
	apply(t, s, found(stays, want))
	code(t, approvals.CodeConflict, s.Apply(bg, found(want)))
	want.Version = 2
	same(t, want, must(s.Drift(bg, "d1"))(t))
	same(t, map[approvals.DriftKind]int{approvals.DriftStanding: 1, approvals.DriftVanished: 1}, must(s.CountDrift(bg))(t))
}

func driftListed(t *testing.T, s *store.Store) {
	other := Drift("d2", "amy")
	other.Entitlement = "billing-db:read-only"
	gone := Drift("d3", "ANN")
	gone.Kind, gone.ResolvedAt, gone.Resolution = approvals.DriftStanding, Epoch, approvals.DriftGone
	apply(t, s, found(Drift("d1", "bob"), other, gone))
	for name, c := range map[string]struct {
		filter approvals.DriftFilter
		want   []approvals.DriftID
	}{
		"all":         {approvals.DriftFilter{}, []approvals.DriftID{"d1", "d2", "d3"}},
		"open":        {approvals.DriftFilter{Open: true}, []approvals.DriftID{"d1", "d2"}},
		"entitlement": {approvals.DriftFilter{Entitlement: "billing-db:admin"}, []approvals.DriftID{"d1", "d3"}},
		"account":     {approvals.DriftFilter{Entitlement: "billing-db:admin", Account: "ann"}, []approvals.DriftID{"d3"}},
		"kinds":       {approvals.DriftFilter{Kinds: []approvals.DriftKind{approvals.DriftStanding, approvals.DriftShrunk}}, []approvals.DriftID{"d3"}},
		"a page":      {approvals.DriftFilter{After: "d1", Limit: 1}, []approvals.DriftID{"d2"}},
	} {
		var got []approvals.DriftID
		for _, d := range must(s.Drifts(bg, c.filter))(t) {
			got = append(got, d.ID)
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
			continue
		}
		same(t, c.want, got)
	}
}

func baselinesReplaced(t *testing.T, s *store.Store) {
	_, err := s.Baseline(bg, "billing-db:admin")
	code(t, approvals.CodeNotFound, err)
	b := approvals.Baseline{Entitlement: "billing-db:admin", Connector: "postgres", Target: map[string]string{"role": "admin"}, At: Epoch}
	looked := func() approvals.Change {
		return approvals.Change{Baselines: []approvals.Baseline{b}, Events: []approvals.Event{Event(approvals.EventDriftBaseline, "")}}
	}
	apply(t, s, looked())
	same(t, b, must(s.Baseline(bg, b.Entitlement))(t))
	b.Target, b.TrustUntil = map[string]string{"role": "owner"}, Epoch.Add(time.Hour)
	apply(t, s, looked())
	same(t, b, must(s.Baseline(bg, b.Entitlement))(t))
}

func endedAndListed(t *testing.T, s *store.Store) {
	var f filler
	ended := filled[approvals.Grant](&f)
	ended.Version, ended.State, ended.Entitlement, ended.RevokedAt = 0, approvals.GrantRevoked, "billing-db:admin", Epoch
	earlier, elsewhere, live := ended, ended, ended
	earlier.ID, earlier.RevokedAt = "earlier", Epoch.Add(-time.Second)
	elsewhere.ID, elsewhere.Entitlement = "elsewhere", "billing-db:read-only"
	live.ID, live.State = "live", approvals.GrantActive
	apply(t, s, Granted(ended, earlier, elsewhere, live))
	same(t, []approvals.GrantID{ended.ID}, grantIDs(must(s.EndedOn(bg, "billing-db:admin", Epoch))(t)))

	held := []approvals.Holding{{Entitlement: "billing-db:admin", Account: "amy", Principal: "amy", AsOf: Epoch}, {Entitlement: "billing-db:admin", Account: "bob", AsOf: Epoch}}
	check(t, s.SaveHoldings(bg, "billing-db:admin", held))
	same(t, held, must(s.Listed(bg, "billing-db:admin"))(t))
	same(t, 0, len(must(s.Listed(bg, "billing-db:read-only"))(t)))
}

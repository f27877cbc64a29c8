package bot_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// warehouse is a catalogue of n entitlements, too many for one list from 101 on.
func warehouse(n int) shelf {
	c := make(shelf, n)
	for i := range c {
		name := fmt.Sprintf("depot-%05d", i)
		c[i] = approvals.Entitlement{ID: approvals.EntitlementID(name + ":read-only"), System: "postgres", Connector: "sandbox", Resource: name, Level: "read-only",
			Name: "Depot " + name, Tags: []string{"warehouse"}, Sensitivity: approvals.Low, Approvers: []approvals.ApproverRef{"manager"}, DefaultDuration: time.Hour, MaxDuration: 4 * time.Hour}
	}
	return c
}

// form opens the form and returns its id.
func (w *world) form(user string) string {
	w.t.Helper()
	if err := w.As(user).Command(w.ctx, "CGEN", ""); err != nil {
		w.t.Fatal(err)
	}
	v, err := w.As(user).WaitView(w.ctx, func(slacksim.View) bool { return true })
	if err != nil {
		w.t.Fatal(err)
	}
	return v.ID
}

func TestSuggestionsBeginWithOnesOwnPastAndPeers(t *testing.T) {
	inWorldLike(t, slacksim.Config{}, warehouse(150), func(w *world) {
		w.dir.add(
			approvals.Principal{ID: "p-pia", Name: "Pia Peer", Email: "pia@example.com", Manager: "p-bob"},
			approvals.Principal{ID: "p-far", Name: "Far Away", Email: "far@example.com", Manager: "p-cleo"})
		for _, h := range []struct {
			entitlement approvals.EntitlementID
			who         approvals.PrincipalID
		}{{"depot-00033:read-only", "p-pia"}, {"depot-00044:read-only", "p-far"}} {
			if err := w.store.SaveHoldings(w.ctx, h.entitlement, []approvals.Holding{{Entitlement: h.entitlement, Account: "x", Principal: h.who, AsOf: time.Now()}}); err != nil {
				t.Fatal(err)
			}
		}
		for _, past := range []approvals.EntitlementID{"depot-00077:read-only", "depot-00088:read-only"} {
			wait(time.Second)
			ask := approvals.Ask{Requester: "p-ana", Entitlement: past, Duration: time.Hour, Reason: "stock", Key: string(past)}
			if _, err := w.svc.Draft(w.ctx, approvals.Person("p-ana", "test", ""), ask); err != nil {
				t.Fatal(err)
			}
		}
		view := w.form("UANA")
		for typed, want := range map[string][]string{
			"":                   {"depot-00088:read-only", "depot-00077:read-only", "depot-00033:read-only", "depot-00000:read-only"},
			"depot":              {"depot-00088:read-only", "depot-00077:read-only", "depot-00033:read-only", "depot-00000:read-only"},
			"depot-00120":        {"depot-00120:read-only"}, // what is typed decides
			"depot-00044 please": {"depot-00044:read-only"},
		} {
			options, err := w.As("UANA").Suggest(w.ctx, view, cards.InputEntitlement, typed)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, o := range options[:min(len(want), len(options))] {
				got = append(got, o.Value)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%q (-want +got):\n%s", typed, diff)
			}
		}
		options, err := w.As("UBOB").Suggest(w.ctx, w.form("UBOB"), cards.InputEntitlement, "")
		if err != nil || slices.IndexFunc(options, func(o slacksim.Option) bool { return o.Value == "depot-00000:read-only" }) != 0 {
			t.Errorf("somebody without a past sees the catalogue's order: %v, %v", options, err)
		}
	})
}

package scoring

import (
	"errors"
	"fmt"
	"testing"

	"github.com/hallpass-dev/hallpass/scoring/synthetic"
)

// build fills a world with an organisation, as a start does.
func build(o *synthetic.Organisation) *World {
	w := NewWorld(Options{People: len(o.People), Entitlements: len(o.Entitlements), Decisions: len(o.Decisions)})
	w.SetPeople(o.People, o.State)
	holders := make([][]int, len(o.Entitlements))
	for i, held := range o.Held {
		for _, e := range held {
			holders[e] = append(holders[e], i)
		}
	}
	err := w.ReplaceHoldings(func(each func(entitlement, principal []byte) error) error {
		var entitlement, principal []byte
		for e, people := range holders {
			entitlement = append(entitlement[:0], o.Entitlements[e]...)
			for _, i := range people {
				principal = append(principal[:0], o.People[i].ID...)
				if err := each(entitlement, principal); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		panic(fmt.Sprintf("holdings from memory: %v", err))
	}
	for _, l := range o.Decisions {
		w.Learn(l)
	}
	return w
}

func TestReplacedHoldingsAreThoseThatWereSetOneByOne(t *testing.T) {
	t.Parallel()
	o := synthetic.New(synthetic.Config{People: 2000, Entitlements: 100, Grants: 30_000, Seed: 3})
	replaced, single := build(o), NewWorld(Options{})
	single.SetPeople(o.People, o.State)
	for i, held := range o.Held {
		for _, e := range held {
			single.AddHolding(o.Entitlements[e], o.People[i].ID)
		}
	}
	if replaced.holdings != single.holdings || replaced.holdingSum != single.holdingSum {
		t.Fatalf("%d holdings of sum %d, want %d of %d", replaced.holdings, replaced.holdingSum, single.holdings, single.holdingSum)
	}
	failed := fmt.Errorf("the database is away")
	err := replaced.ReplaceHoldings(func(each func(entitlement, principal []byte) error) error {
		return errors.Join(each([]byte(o.Entitlements[0]), []byte("stranger")), failed)
	})
	if !errors.Is(err, failed) || replaced.holdingSum != single.holdingSum {
		t.Fatalf("a reading that failed gave %v and left sum %d, want %d", err, replaced.holdingSum, single.holdingSum)
	}
	none := func(func(entitlement, principal []byte) error) error { return nil }
	if err := replaced.ReplaceHoldings(none); err != nil || replaced.holdings != 0 || replaced.holdingSum != 0 {
		t.Fatalf("nothing held leaves %d holdings (%v)", replaced.holdings, err)
	}
}

package cards_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
)

func TestRequesterWhoWaitsSeesWhatWouldBeApprovedAtOnce(t *testing.T) {
	t.Parallel()
	could := with(view(), func(v *cards.View) {
		d := *v.Decision
		d.Ruling.Alternatives = []approvals.Alternative{{Duration: time.Hour}, {Entitlement: "billing-db:<view>", Level: "<view>", Ticket: true}}
		v.Decision = &d
	})
	const sentence = "This would be approved at once: *for up to 1 hour*, or *&lt;view&gt;, with a ticket*."
	for _, tc := range []struct {
		name string
		view cards.View
		want bool
	}{
		{"the requester who waits", could, true},
		{"nothing is smaller", view(), false},
		{"somebody else", with(could, readBy("p-bob")), false},
		{"settled meanwhile", with(could, state(approvals.RequestDenied), byBob), false},
	} {
		card := cards.Request(tc.view)
		blocks, err := json.Marshal(card.Blocks)
		if err != nil {
			t.Fatal(err)
		}
		inText := strings.Contains(card.Text, sentence)
		inBlocks := strings.Contains(string(blocks), "This would be approved at once: *for up to 1 hour*")
		if inText != tc.want || inBlocks != tc.want {
			t.Errorf("%s: in the text %v, in the blocks %v, want %v\n%s", tc.name, inText, inBlocks, tc.want, card.Text)
		}
	}
}

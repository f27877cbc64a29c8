package cards

import (
	"fmt"

	"github.com/slack-go/slack"

	"github.com/hallpass-dev/hallpass/approvals"
)

// The action and callback ids of rules that a review ended. The button's value,
// and the form's metadata, is the rule's id.
const (
	ActionLift   = "lapse_lift" // opens the form for the reason
	CallbackLift = "lapse_lift_form"
)

// lapses are the rules that stopped approving by themselves, each with the
// button by which an admin lifts that.
func lapses(all []approvals.Lapse) (blocks []slack.Block) {
	for _, l := range all[:min(len(all), shown)] {
		lift := button(ActionLift, l.Rule, "Let it approve…", "Say why this rule may approve by itself again")
		said := section(stopped(l))
		said.Accessory = slack.NewAccessory(lift)
		blocks = append(blocks, said)
	}
	if n := len(all) - shown; n > 0 {
		blocks = append(blocks, small(fmt.Sprintf("… and %d more rules; `hallpass review status` lists them.", n)))
	}
	return blocks
}

// stopped says which rule approves nothing by itself, and why.
func stopped(l approvals.Lapse) string {
	return "The rule " + bold(words(l.Rule, 80)) + " no longer approves by itself: " + words(l.Why, 300)
}

// LiftForm is the modal in which an admin says why a rule may approve by itself
// again.
func LiftForm(l approvals.Lapse) slack.ModalViewRequest {
	note := slack.NewPlainTextInputBlockElement(label("What was done about it?", 150), InputNote).WithMultiline(true).WithMaxLength(1000)
	said := stopped(l) + "\nA new version of the rule approves without this. Lifting it lets the version that was judged approve again; your reason stays on the record."
	return slack.ModalViewRequest{Type: slack.VTModal, Title: label("Let a rule approve", 24), Submit: label("Lift", 24), Close: label("Not now", 24),
		CallbackID: CallbackLift, PrivateMetadata: l.Rule,
		Blocks: slack.Blocks{BlockSet: []slack.Block{section(said), slack.NewInputBlock(InputNote, label("Why may it approve again?", 100), nil, note)}}}
}

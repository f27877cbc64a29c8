package cards

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/hallpass-dev/hallpass/approvals"
)

// waiting is what a requester is told while others decide: who is asked and
// why, how far it is, when others are asked, and what would not have to wait.
func (v View) waiting() []string {
	r := v.Request
	line := "Waiting for an answer from " + join(v.asked(), 3) + "."
	if stage := v.stage(); stage != "" {
		line += " " + stage
	}
	if at, whom := v.escalates(); whom != "" {
		line += " Without an answer by " + v.clock(at) + ", " + whom + " is asked as well."
	} else if v.Decision != nil && v.Decision.Escalated {
		line += " Nobody answered in time, so the security queue is asked as well."
	}
	lines := []string{line + " If nobody answers, it lapses " + v.clock(r.LapsesAt) + "."}
	if got := v.yes(); len(got) > 0 && v.quorum() > 1 {
		lines = append(lines, fmt.Sprintf("%d of %d approvals so far: %s%s.", len(got), v.quorum(), join(got, 5), v.shortened()))
	}
	if v.Decision != nil && v.Decision.Ruling.Words != "" {
		why := "Why people are asked: " + words(v.Decision.Ruling.Words, 500)
		if r := v.Decision.Ruling; len(r.Policies) == 0 && len(r.Problems) > 0 { // no policy sent it to people
			why = strings.TrimSuffix(why, ".") + ": " + words(r.Problems[0], 200) + "."
		}
		lines = append(lines, why)
	}
	if could := v.couldBe(); could != "" {
		lines = append(lines, could)
	}
	return lines
}

// couldBe says what would be approved at once, "" for nothing.
func (v View) couldBe() string {
	if v.Decision == nil || len(v.Decision.Ruling.Alternatives) == 0 || v.Reader.ID != v.Request.Requester {
		return ""
	}
	var ways []string
	for _, a := range v.Decision.Ruling.Alternatives {
		ways = append(ways, bold(words(a.Words(), 200)))
	}
	return "Don't want to wait? This would be approved at once: " + strings.Join(ways, ", or ") + "."
}

// instead are buttons that ask for what would be approved at once, in place of
// a request that waits. What somebody else would have to ask has none.
func (v View) instead() []slack.BlockElement {
	if v.couldBe() == "" {
		return nil
	}
	var buttons []slack.BlockElement
	for i, a := range v.Decision.Ruling.Alternatives {
		if a.Themselves {
			continue
		}
		length := v.Request.Duration
		if a.Duration > 0 {
			length = a.Duration
		}
		value := fmt.Sprintf("%s %d", v.Request.ID, length/time.Minute)
		if a.Entitlement != "" {
			value += " " + string(a.Entitlement)
		}
		var what []string
		if a.Level != "" {
			what = append(what, plain(a.Level, 20))
		}
		if a.Duration > 0 {
			what = append(what, approvals.Span(a.Duration))
		}
		action, says := ActionInstead, "Ask for "+strings.Join(what, ", ")+" instead"
		if a.Ticket {
			action, says = ActionTicket, "Add a ticket…"
			if len(what) > 0 {
				says = "Ask for " + strings.Join(what, ", ") + " with a ticket…"
			}
		}
		buttons = append(buttons, button(action+"/"+strconv.Itoa(i), value, says, "Cancel this request and ask for "+plain(a.Words(), 40)))
	}
	return buttons
}

// TicketForm is the modal that asks for the ticket with which something would
// be approved at once. Its metadata is the button's value.
func TicketForm(v View, value string) slack.ModalViewRequest {
	ticket := slack.NewPlainTextInputBlockElement(label("INC-4312", 150), InputTicket).WithMaxLength(100)
	return slack.ModalViewRequest{Type: slack.VTModal, Title: label("Ask with a ticket", 24), Submit: label("Ask", 24), Close: label("Not now", 24),
		CallbackID: CallbackTicket, PrivateMetadata: value,
		Blocks: slack.Blocks{BlockSet: []slack.Block{section("Your request for " + bold(v.thing()) + " is cancelled and asked anew, with this ticket."),
			slack.NewInputBlock(InputTicket, label("Ticket", 100), nil, ticket)}}}
}

package cards_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
)

// opened is a break-glass of the base's requester, for one reader.
func opened(base cards.View, reader string, edit func(*cards.Emergency)) cards.Emergency {
	e := cards.Emergency{View: with(base, state(approvals.RequestApproved), byRule, readBy(reader), grant(approvals.GrantActive)), Closer: approvals.Principal{Name: "Cleo Owner"}}
	e.Request.Kind = approvals.KindBreakGlass
	e.Review = approvals.BreakGlassReview{Request: e.Request.ID, OpenedAt: base.Now, DueAt: base.Now.Add(24 * time.Hour)}
	if edit != nil {
		edit(&e)
	}
	return e
}

// emergencies are the cards of break-glass.
func emergencies(base cards.View) map[string]cards.Card {
	late := func(e *cards.Emergency) { e.Review.Escalations = 1 }
	closed := func(e *cards.Emergency) {
		e.Review.Finding, e.Review.ClosedAt, e.Review.ClosedBy, e.Review.Note = approvals.NotJustified, base.Now, "p-cleo", base.Request.Reason
	}
	mine := opened(base, "p-ana", nil)
	return map[string]cards.Card{
		"glass":         cards.Glass(opened(base, "", nil)),
		"glass-overdue": cards.Glass(opened(base, "p-bob", late)),
		"glass-closed":  cards.Glass(opened(base, "p-bob", closed)),
		"glass-mine":    cards.GlassMine(cards.Request(mine.View), mine),
		"glass-offer":   cards.GlassOffer(base.Entitlement.ID),
	}
}

func TestBreakGlassCardsLookAsTheyDid(t *testing.T) {
	t.Parallel()
	for name, card := range emergencies(view()) {
		golden(t, name, map[string]any{"text": card.Text, "blocks": card.Blocks})
	}
}

func TestBreakGlassCardsStayWithinSlacksLimits(t *testing.T) {
	t.Parallel()
	staysWithinLimits(t, emergencies(view()), emergencies(worst()))
}

// TestTheReviewersWordsAreReadOnce: what a reviewer found is also why access was
// taken back, and stands there.
func TestTheReviewersWordsAreReadOnce(t *testing.T) {
	t.Parallel()
	for name, draw := range map[string]func(cards.Emergency) cards.Card{
		"told": cards.Glass, "requester": func(e cards.Emergency) cards.Card { return cards.GlassMine(cards.Request(e.View), e) },
	} {
		for _, running := range []bool{true, false} {
			card := draw(opened(view(), "p-ana", func(e *cards.Emergency) {
				e.Review.Finding, e.Review.ClosedAt, e.Review.Note = approvals.NotJustified, now, "An owner was on duty."
				if !running {
					grant(approvals.GrantRevoked, ended(approvals.EndRevoked), func(g *approvals.Grant) { g.EndNote = e.Review.Note })(&e.View)
				}
			}))
			blocks, err := json.Marshal(card.Blocks)
			if n := strings.Count(string(blocks), "An owner was on duty."); err != nil || n != 1 {
				t.Errorf("%s, running %v: the words are there %d times, %v", name, running, n, err)
			}
		}
	}
}

func TestWhoBrokeGlassHasNoButtonsForItsReview(t *testing.T) {
	t.Parallel()
	second := opened(view(), "p-bob", func(e *cards.Emergency) { e.Reader.SameAs = e.Requester.ID })
	for name, card := range map[string]cards.Card{"requester": cards.Glass(opened(view(), "p-ana", nil)), "second account": cards.Glass(second)} {
		for _, block := range decoded[[]map[string]any](t, card.Blocks) {
			if block["type"] == "actions" {
				t.Errorf("the %s has buttons: %v", name, block)
			}
		}
	}
}

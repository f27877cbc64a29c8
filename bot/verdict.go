package bot

import (
	"context"
	"regexp"
	"slices"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
)

var (
	// verdicts are words that sound like an answer in a request's thread. Only a
	// button is one.
	verdicts = regexp.MustCompile(`(?i)^\W*(?:yes|yep|ok(?:ay)?|approved?|lgtm|sure|granted?|go ahead|no|nope|den(?:y|ied)|rejected?|refused?)\b[\s\w]{0,8}[\s!.]*$`)

	// orders are answers that need no thread to be taken for one: a verb of an
	// answer and at most what points at the request. "Approve access to billing"
	// names a thing, and is a wish.
	orders = regexp.MustCompile(`(?i)^\W*(?:(?:yes|yep|yeah|ok(?:ay)?|sure|no|nope|please|pls|hi|hey|i|i'll|i’ll|we|let's|let’s|can you|could you|you can|you may|just)\b[\s,.!:;—–-]*)*` +
		`(?:approved?|lgtm|den(?:y|ied)|reject(?:ed)?|refused?|declined?|disapproved?)\b` +
		`(?:\s+(?:it|this|that|them|these|those|all|(?:it|them|these) all|all of (?:it|them)|both|everything|(?:(?:the|this|that|my|his|her|their|\p{L}+['’]s|last|first|open|pending)\s+)*(?:requests?|ones?)(?:\s+(?:of|from|by)(?:\s+[\p{L}'’.-]+){1,3})?|\p{L}+['’]s))?` +
		`[\s,]*(?:please|pls|thanks|thank you|now)?[\s!.?]*$`)
)

// waitingAtMost is how many requests are named to somebody who answers in words.
const waitingAtMost = 3

// inWords tells somebody who answers in words that only the card's buttons
// decide, and where the requests are that wait for them: about before others, if
// there is one.
func (b *Bot) inWords(ctx context.Context, s said, p approvals.Principal, about approvals.RequestID) error {
	all, err := b.cfg.Store.AwaitingAnswer(ctx, p.ID)
	if err != nil {
		return err
	}
	now := b.cfg.Now()
	all = slices.DeleteFunc(all, func(r approvals.Request) bool { return !now.Before(r.LapsesAt) })
	if i := slices.IndexFunc(all, func(r approvals.Request) bool { return r.ID == about }); i > 0 {
		one := all[i]
		all = slices.Insert(slices.Delete(all, i, i+1), 0, one)
	}
	var waiting []cards.Waiting
	for _, r := range all[:min(len(all), waitingAtMost)] {
		v, err := b.view(ctx, r, p)
		if err != nil {
			return err
		}
		at, err := b.cardOf(ctx, v)
		if err != nil {
			return err
		}
		waiting = append(waiting, cards.Waiting{View: v, Link: at})
	}
	return b.reply(ctx, s, cards.ButtonsDecide(waiting, len(all)))
}

// cardOf is the address of the card at which the view's reader answers: their
// own, else a channel's; "" when none is known.
func (b *Bot) cardOf(ctx context.Context, v cards.View) (string, error) {
	places := []string{string(v.Reader.ID)}
	if v.Decision != nil {
		places = append(places, v.Decision.AskedIn...)
	}
	for _, place := range places {
		m, err := b.cfg.Store.Message(ctx, approvalSlot+string(v.Request.ID)+"/"+place)
		if err == nil {
			return b.linkTo(m.Channel, m.TS), nil
		}
		if approvals.ErrorCode(err) != approvals.CodeNotFound {
			return "", err
		}
	}
	return "", nil
}

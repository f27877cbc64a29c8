package bot

import (
	"context"
	"slices"

	"github.com/slack-go/slack"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
)

// openAnswer opens a form in which an approver answers, for those who may by
// the decision as it was stored. The Service looks anew when it is sent.
func (b *Bot) openAnswer(ctx context.Context, s said, p approvals.Principal, id approvals.RequestID, form func(cards.View) slack.ModalViewRequest) error {
	if !b.inTime(s) {
		return errTooLate
	}
	r, err := b.cfg.Store.Request(ctx, id)
	if err != nil {
		return err
	}
	if r.State != approvals.RequestPending {
		return approvals.Errorf(approvals.CodeAlreadyDecided, "This request is already %s.", r.State)
	}
	asked, err := b.cfg.Store.Decision(ctx, id)
	if err != nil {
		return err
	}
	if !slices.Contains(asked.Approvers, p.ID) {
		return approvals.Errorf(approvals.CodeForbidden, "You are not among those who may answer this request.")
	}
	v, err := b.view(ctx, r, p)
	if err != nil {
		return err
	}
	return b.open(ctx, s, form(v))
}

// deny takes the form of a denial.
func (b *Bot) deny(ctx context.Context, e entry) (problems map[string]string, err error) {
	p, err := b.identify(ctx, e)
	if err != nil {
		return nil, err
	}
	note := e.Inputs[cards.InputNote]
	if note == "" {
		return map[string]string{cards.InputNote: "Please say why not, or press Deny on the card."}, nil
	}
	_, err = b.cfg.Service.Deny(ctx, actor(p, e), approvals.RequestID(e.Private), note)
	return nil, err
}

// approveLess takes the form of an approval for less time.
func (b *Bot) approveLess(ctx context.Context, e entry) (problems map[string]string, err error) {
	p, err := b.identify(ctx, e)
	if err != nil {
		return nil, err
	}
	length, ok := minutes(e.Inputs[cards.InputDuration])
	if !ok {
		return map[string]string{cards.InputDuration: "Please choose for how long."}, nil
	}
	_, err = b.cfg.Service.ApproveFor(ctx, actor(p, e), approvals.RequestID(e.Private), length, e.Inputs[cards.InputNote])
	return nil, err
}

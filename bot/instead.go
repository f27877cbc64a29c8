package bot

import (
	"context"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
)

// instead asks for something smaller in place of a request that waits: a new
// request, decided anew. The value is a button's: it names what to ask for, and
// is held to everything that a form would be. The old request is cancelled
// before the new one is sent, since nobody waits for the same twice. Done again
// after a crash, it goes on where it was.
func (b *Bot) instead(ctx context.Context, e entry, p approvals.Principal, value, ticket string) error {
	parts := strings.Split(value, " ")
	if len(parts) < 2 || len(parts) > 3 {
		return approvals.Errorf(approvals.CodeInvalid, "That button says nothing that I know.")
	}
	old, err := b.cfg.Store.Request(ctx, approvals.RequestID(parts[0]))
	if err != nil {
		return err
	}
	if old.Requester != p.ID {
		return approvals.Errorf(approvals.CodeForbidden, "This is somebody else's request.")
	}
	ask := old.Ask()
	var ok bool
	if ask.Duration, ok = minutes(parts[1]); !ok {
		return approvals.Errorf(approvals.CodeInvalid, "That is no time to ask for.")
	}
	if len(parts) == 3 {
		ask.Entitlement, ask.Fields = approvals.EntitlementID(parts[2]), nil
	}
	if ticket != "" {
		ask.Ticket = ticket
	}
	who := actor(p, e)
	if old.Kind == approvals.KindExtension {
		if _, err := b.cfg.Service.Cancel(ctx, who, old.ID); err != nil && approvals.ErrorCode(err) != approvals.CodeAlreadyDecided {
			return err
		}
		_, err = b.cfg.Service.Extend(ctx, who, old.Grant, ask.Duration, old.Reason, door+"/"+e.Key)
		return err
	}
	ask.Key, ask.Origin = door+"/"+e.Key, origin{Channel: e.Channel, TS: e.TS}.String()
	if old.State != approvals.RequestPending && old.State != approvals.RequestCancelled {
		return approvals.Errorf(approvals.CodeAlreadyDecided, "This request is already %s.", old.State)
	}
	r, err := b.cfg.Service.Draft(ctx, who, ask)
	if err != nil || r.State != approvals.RequestDraft {
		return err
	}
	if old.State == approvals.RequestPending {
		if _, err := b.cfg.Service.Cancel(ctx, who, old.ID); err != nil {
			if approvals.ErrorCode(err) == approvals.CodeAlreadyDecided { // an approver was faster
				_, _ = b.cfg.Service.Cancel(ctx, who, r.ID)
			}
			return err
		}
	}
	_, err = b.cfg.Service.Submit(ctx, who, r.ID)
	return err
}

// openTicket opens the form for the ticket with which a request would be
// approved at once.
func (b *Bot) openTicket(ctx context.Context, s said, p approvals.Principal, id approvals.RequestID) error {
	if !b.inTime(s) {
		return errTooLate
	}
	r, err := b.cfg.Store.Request(ctx, id)
	if err != nil {
		return err
	}
	if r.Requester != p.ID {
		return approvals.Errorf(approvals.CodeForbidden, "This is somebody else's request.")
	}
	if r.State != approvals.RequestPending {
		return approvals.Errorf(approvals.CodeAlreadyDecided, "This request is already %s.", r.State)
	}
	v, err := b.view(ctx, r, p)
	if err != nil {
		return err
	}
	return b.open(ctx, s, cards.TicketForm(v, s.Value))
}

// withTicket takes the form that openTicket opened.
func (b *Bot) withTicket(ctx context.Context, e entry) (problems map[string]string, err error) {
	p, err := b.identify(ctx, e)
	if err != nil {
		return nil, err
	}
	ticket := e.Inputs[cards.InputTicket]
	if ticket == "" {
		return map[string]string{cards.InputTicket: "Please write the ticket's number."}, nil
	}
	return nil, b.instead(ctx, e, p, e.Private, ticket)
}

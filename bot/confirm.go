package bot

import (
	"context"

	"github.com/hallpass-dev/hallpass/approvals"
)

// unconfirmed reports whether a person has yet to say that their account is
// theirs.
func (b *Bot) unconfirmed(ctx context.Context, id approvals.PrincipalID) (bool, error) {
	bound, err := b.cfg.Store.BindingOf(ctx, door, id)
	if approvals.ErrorCode(err) == approvals.CodeNotFound {
		return false, nil
	}
	return bound.State == approvals.BindingUnconfirmed, err
}

// send submits a draft. The button of a first request says who its person is
// taken for, and pressing it confirms that.
func (b *Bot) send(ctx context.Context, s said, p approvals.Principal, id approvals.RequestID, me bool) error {
	if err := b.itsMe(ctx, s, me); err != nil {
		return err
	}
	_, err := b.cfg.Service.Submit(ctx, actor(p, s.entry), id)
	return err
}

// itsMe confirms who a person is, when the button says that they do.
func (b *Bot) itsMe(ctx context.Context, s said, me bool) error {
	if !me {
		return nil
	}
	u, err := b.profile(ctx, s.User, false)
	if err != nil {
		return err
	}
	_, err = b.cfg.Service.ConfirmOwn(ctx, b.account(u, s.Team, s.Grid))
	return err
}

// notMe takes the word of somebody who was taken for another person.
func (b *Bot) notMe(ctx context.Context, s said) error {
	u, err := b.profile(ctx, s.User, false)
	if err != nil {
		return err
	}
	if err := b.cfg.Service.NotMe(ctx, b.account(u, s.Team, s.Grid)); err != nil {
		return err
	}
	b.tell(ctx, s, "Thank you for saying so. Nothing was sent, and this account can do nothing here until an admin, who has been told, has put it right.")
	return nil
}

// confirm lets an admin free an account that is on hold. Which address it has
// now is read from Slack.
func (b *Bot) confirm(ctx context.Context, s said, p approvals.Principal, user string) error {
	u, err := b.profile(ctx, user, true)
	if err != nil {
		return err
	}
	if err := b.cfg.Service.Confirm(ctx, actor(p, s.entry), b.account(u, "", "")); err != nil {
		return err
	}
	b.tell(ctx, s, "Confirmed: the account may act again.")
	return nil
}

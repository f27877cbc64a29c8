package approvals

import (
	"context"
	"strconv"
)

// ConfirmOwn records that the person behind an account says that they are the
// principal whom its email address named. Once is enough; before, Submit
// refuses their requests (CodeUnconfirmed).
func (s *Service) ConfirmOwn(ctx context.Context, a Account) (Principal, error) {
	p, err := s.Identify(ctx, a)
	if err != nil {
		return p, err
	}
	b, err := s.Store.Binding(ctx, a.Door, a.Workspace, a.Subject)
	if err != nil || b.State != BindingUnconfirmed {
		return p, err
	}
	b.State = BindingActive
	ev := bindingEvent(s, EventIdentityOwned, b)
	ev.Actor = Person(b.Principal, a.Door, a.Subject)
	err = s.Store.Apply(ctx, Change{Bindings: []Binding{b}, Events: []Event{ev}})
	if ErrorCode(err) == CodeConflict { // two clicks at once; the next step looks again
		err = nil
	}
	return p, err
}

// NotMe records that the person behind an account says that they are somebody
// else than the principal whom its email address named. The binding is blocked
// until an admin confirms.
func (s *Service) NotMe(ctx context.Context, a Account) error {
	if _, err := s.Identify(ctx, a); err != nil {
		return err
	}
	b, err := s.Store.Binding(ctx, a.Door, a.Workspace, a.Subject)
	if err != nil {
		return err
	}
	_, err = s.block(ctx, b, "its person says that they are somebody else")
	return err
}

// confirmed refuses a person who came through a door's account and has never
// said that the account is theirs.
func (s *Service) confirmed(ctx context.Context, actor Actor) error {
	b, err := s.Store.BindingOf(ctx, actor.Via, actor.Principal)
	switch {
	case ErrorCode(err) == CodeNotFound: // a door without accounts of its own, such as the command line
		return nil
	case err != nil:
		return err
	case b.State == BindingUnconfirmed:
		return Errorf(CodeUnconfirmed, "Before your first request is sent, please say on its card that you are who we think you are.")
	}
	return nil
}

// Confirm lets an admin free a blocked binding, under the email that the
// account has now. Nobody confirms their own.
func (s *Service) Confirm(ctx context.Context, actor Actor, a Account) error {
	p, err := s.active(ctx, actor.Principal)
	if err != nil {
		return err
	}
	b, err := s.Store.Binding(ctx, a.Door, a.Workspace, a.Subject)
	if err != nil {
		return err
	}
	if !p.Admin || b.Principal == actor.Principal {
		return s.refuse(ctx, actor, Request{Beneficiary: b.Principal}, &Error{Code: CodeForbidden, Op: "confirm identity", Message: "Only another person who is an admin can confirm this account."})
	}
	if b.State != BindingBlocked {
		return Errorf(CodeAlreadyDecided, "This account is not on hold any more.")
	}
	slot := heldSlot(b, b.Version-1) // of the alert that told of the hold
	b.State, b.Note, b.Email = BindingActive, "", a.Email
	ev := bindingEvent(s, EventIdentityCleared, b)
	ev.Actor = actor
	return s.Store.Apply(ctx, Change{Bindings: []Binding{b}, Events: []Event{ev},
		Notices: s.alert(ctx, slot, "The Slack account of "+s.called(ctx, b.Principal)+" was confirmed by "+p.Name+" and may act again.")})
}

// heldSlot names the alert that a binding is on hold, by the version that it
// had before. Each hold has an alert of its own, so that a second is heard of.
func heldSlot(b Binding, before int64) string {
	return "identity/" + b.Subject + "/" + strconv.FormatInt(before, 10)
}

// alert tells every admin one sentence, each once, and redraws their Home tabs.
func (s *Service) alert(ctx context.Context, slot, words string) []Notice {
	admins := s.admins(ctx)
	var ns []Notice
	for _, id := range admins {
		ns = append(ns, Notice{Slot: "alert/" + slot + "/" + string(id), Order: "alert/" + string(id), Kind: NoticeAlert, To: id, Words: words})
	}
	return append(ns, homes(admins...)...)
}

// admins are those who run Hallpass now; nobody when the directory does not answer.
func (s *Service) admins(ctx context.Context) []PrincipalID {
	people, err := s.Directory.People(ctx)
	if err != nil {
		return nil
	}
	var ids []PrincipalID
	for _, p := range people {
		if p.Admin && !p.Inactive {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

package approvals

import (
	"cmp"
	"context"
	"strings"
)

// Account is somebody as a door knows them, read from the door's own payload
// and profile at the moment of acting.
type Account struct {
	Door        string // "slack"
	Workspace   string // the account's own team or enterprise
	Subject     string // the user's id there
	Name        string // as the door shows it; "": unknown
	Email       string
	Guest       bool // restricted in any way
	Bot         bool
	Outsider    bool // belongs to another organisation, whatever channel was shared
	Deactivated bool
}

// Identify says which principal an account acts for. An account is bound to
// the principal of its email address when it first speaks, and by its own id
// from then on: a later change of email moves nothing, blocks the binding
// until an admin confirms, and is recorded. Guests, bots, outsiders and the
// deactivated act for nobody (CodeForbidden).
func (s *Service) Identify(ctx context.Context, a Account) (Principal, error) {
	if err := admissible(a); err != nil {
		return Principal{}, err
	}
	b, err := s.Store.Binding(ctx, a.Door, a.Workspace, a.Subject)
	if ErrorCode(err) == CodeNotFound {
		if b, err = s.bind(ctx, a); ErrorCode(err) == CodeDuplicate {
			b, err = s.Store.Binding(ctx, a.Door, a.Workspace, a.Subject)
		}
	}
	if err != nil {
		return Principal{}, err
	}
	if b.State != BindingBlocked && !strings.EqualFold(b.Email, a.Email) {
		if b, err = s.block(ctx, b, "the email address changed"); err != nil {
			return Principal{}, err
		}
	}
	if b.State == BindingBlocked {
		return Principal{}, Errorf(CodeForbidden, "Your account is on hold because %s. An admin has been told and must confirm it is still you.", b.Note)
	}
	return s.active(ctx, b.Principal)
}

func admissible(a Account) error {
	switch {
	case a.Subject == "" || a.Workspace == "":
		return Errorf(CodeForbidden, "It is not clear who is speaking, so nothing was done.")
	case a.Outsider:
		return Errorf(CodeForbidden, "Only members of this organisation can use Hallpass; people from a shared channel can't.")
	case a.Bot:
		return Errorf(CodeForbidden, "Bots can't ask for access here.")
	case a.Deactivated:
		return Errorf(CodeForbidden, "This account is deactivated.")
	case a.Guest:
		return Errorf(CodeForbidden, "Guest accounts can't ask for access or answer requests. Please ask a full member.")
	}
	return nil
}

// bind ties an account to the principal of its email, the first time it speaks.
// A principal that another account is bound to already is not taken over.
func (s *Service) bind(ctx context.Context, a Account) (Binding, error) {
	p, err := s.Directory.ByEmail(ctx, a.Email)
	if ErrorCode(err) == CodeNotFound || a.Email == "" {
		return Binding{}, Errorf(CodeForbidden, "The directory knows nobody with your email address, so nothing can be asked for. Your IAM team can add you.")
	}
	if err != nil {
		return Binding{}, &Error{Code: CodeUnavailable, Op: "read directory", Err: err, Message: "The directory does not answer. Please try again in a moment."}
	}
	b := Binding{Door: a.Door, Workspace: a.Workspace, Subject: a.Subject, Principal: p.ID,
		Email: a.Email, State: BindingUnconfirmed, BoundAt: s.now()}
	kind := EventIdentityBound
	switch other, err := s.Store.BindingOf(ctx, a.Door, p.ID); {
	case err == nil && (other.Subject != a.Subject || other.Workspace != a.Workspace):
		b.State, b.Note, kind = BindingBlocked, "another account is already bound to this person", EventIdentityBlocked
	case err != nil && ErrorCode(err) != CodeNotFound:
		return Binding{}, err
	}
	c := Change{Bindings: []Binding{b}, Events: []Event{bindingEvent(s, kind, b)}}
	if b.State == BindingBlocked {
		c.Notices = s.alert(ctx, heldSlot(b, b.Version), "The Slack account “"+cmp.Or(a.Name, a.Subject)+"” has the email address of "+p.Name+", to whom another account is bound. It is blocked.")
	}
	if err := s.Store.Apply(ctx, c); err != nil {
		return b, err
	}
	b.Version++
	return b, nil
}

// block holds a binding until an admin confirms, and tells the admins.
func (s *Service) block(ctx context.Context, b Binding, why string) (Binding, error) {
	b.State, b.Note = BindingBlocked, why
	c := Change{Bindings: []Binding{b}, Events: []Event{bindingEvent(s, EventIdentityBlocked, b)},
		Notices: s.alert(ctx, heldSlot(b, b.Version), "The Slack account of "+s.called(ctx, b.Principal)+" is on hold because "+why+". It has no rights until an admin confirms.")}
	if err := s.Store.Apply(ctx, c); err != nil {
		return b, err
	}
	b.Version++
	return b, nil
}

// AccountChanged reacts to a door's word that an account changed: a new email
// blocks its binding, deactivation ends everything its principal holds.
func (s *Service) AccountChanged(ctx context.Context, a Account) error {
	b, err := s.Store.Binding(ctx, a.Door, a.Workspace, a.Subject)
	if ErrorCode(err) == CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if a.Deactivated {
		return s.Deactivate(ctx, System(a.Door), b.Principal)
	}
	if b.State != BindingBlocked && a.Email != "" && !strings.EqualFold(b.Email, a.Email) {
		_, err = s.block(ctx, b, "the email address changed")
	}
	return err
}

func bindingEvent(s *Service, kind EventKind, b Binding) Event {
	return Event{At: s.now(), Kind: kind, Actor: System(b.Door), Beneficiary: b.Principal,
		Detail: map[string]string{"workspace": b.Workspace, "subject": b.Subject, "state": string(b.State)}}
}

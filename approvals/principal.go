package approvals

import (
	"context"
	"strings"
	"time"
)

// PrincipalID names a person or workload in the directory. It is opaque and
// never reused; an email address is an attribute, not an identity.
type PrincipalID string

// Principal is somebody who may ask, approve or hold access, as the directory
// knows them.
type Principal struct {
	ID         PrincipalID       `json:"id"`
	Name       string            `json:"name"`
	Email      string            `json:"email"`
	Title      string            `json:"title,omitempty"`
	Department string            `json:"department,omitempty"`
	Location   string            `json:"location,omitempty"`
	Function   string            `json:"function,omitempty"` // what the work is, whatever the title and the department: a job family or profile
	Manager    PrincipalID       `json:"manager,omitempty"`
	Groups     []string          `json:"groups,omitempty"`
	Accounts   map[string]string `json:"accounts,omitempty"`  // system → account name there, where it is not the email
	TimeZone   string            `json:"time_zone,omitempty"` // IANA name; empty: UTC
	Contractor bool              `json:"contractor,omitempty"`
	Inactive   bool              `json:"inactive,omitempty"` // left, suspended: may do nothing and hold nothing
	Admin      bool              `json:"admin,omitempty"`    // runs Hallpass; gives no right to approve
	// SameAs is the person behind a second entry of the directory, e.g. an
	// administrator's account. Both count as one wherever somebody answers.
	SameAs PrincipalID `json:"same_as,omitempty"`
	Away   []Absence   `json:"away,omitempty"`
}

// Absence is a time in which somebody does not answer, and who does in their
// place.
type Absence struct {
	From     time.Time   `json:"from"`
	Until    time.Time   `json:"until"`              // exclusive
	Delegate PrincipalID `json:"delegate,omitempty"` // empty: nobody
}

// Absent finds the absence that holds at a time.
func (p Principal) Absent(at time.Time) (Absence, bool) {
	for _, a := range p.Away {
		if !at.Before(a.From) && at.Before(a.Until) {
			return a, true
		}
	}
	return Absence{}, false
}

// SamePerson reports whether two entries of the directory are one human being:
// by id, by an email address that differs in case only, or because one says
// that it belongs to the other, or both to a third.
func (p Principal) SamePerson(o Principal) bool {
	switch {
	case p.ID == o.ID:
		return true
	case p.Email != "" && strings.EqualFold(p.Email, o.Email):
		return true
	}
	return p.root() == o.root()
}

func (p Principal) root() PrincipalID {
	if p.SameAs != "" {
		return p.SameAs
	}
	return p.ID
}

// In reports whether the principal is a direct member of the group.
func (p Principal) In(group string) bool {
	for _, g := range p.Groups {
		if g == group {
			return true
		}
	}
	return false
}

// Account is the principal's account name in a system: what the directory says
// for that system, else the email address.
func (p Principal) Account(system string) string {
	if a := p.Accounts[system]; a != "" {
		return a
	}
	return p.Email
}

// Zone is the principal's time zone; UTC when the directory names none or one
// that this machine does not know.
func (p Principal) Zone() *time.Location {
	if p.TimeZone == "" {
		return time.UTC
	}
	loc, err := time.LoadLocation(p.TimeZone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// FirstName is what friends call the principal: the first word of the name.
func (p Principal) FirstName() string {
	first, _, _ := strings.Cut(strings.TrimSpace(p.Name), " ")
	return first
}

// DirectoryState says where the directory's facts come from and how old they
// are. Facts from a stale directory never approve anything by themselves.
type DirectoryState struct {
	Source string    `json:"source"` // e.g. "file:people.yaml"
	AsOf   time.Time `json:"as_of"`
	Stale  bool      `json:"stale,omitempty"` // older than the operator allows (default a day), or empty
}

// Directory answers who people are. Implementations answer from one consistent
// snapshot and return CodeNotFound for a principal they do not know and
// CodeUnavailable when they cannot tell.
type Directory interface {
	Principal(ctx context.Context, id PrincipalID) (Principal, error)
	ByEmail(ctx context.Context, email string) (Principal, error)
	// Members lists the principals of a group, ordered by id; an unknown group has none.
	Members(ctx context.Context, group string) ([]Principal, error)
	// People lists everybody, ordered by id.
	People(ctx context.Context) ([]Principal, error)
	State(ctx context.Context) (DirectoryState, error)
}

// Actor is who does something, and through which door.
type Actor struct {
	Kind       ActorKind   `json:"kind"`
	Principal  PrincipalID `json:"principal,omitempty"`
	OnBehalfOf PrincipalID `json:"on_behalf_of,omitempty"` // the human behind a delegated agent
	Via        string      `json:"via,omitempty"`          // "slack", "cli", "worker", "policy"
	Ref        string      `json:"ref,omitempty"`          // the door's own reference, e.g. the Slack message
}

// ActorKind tells people from Hallpass itself.
type ActorKind string

// The kinds of actor.
const (
	ActorPerson ActorKind = "person"
	ActorPolicy ActorKind = "policy" // a policy that permitted or forbade
	ActorSystem ActorKind = "system" // the worker, the sweep, the clock
)

// Person is an actor who came through a door such as "slack".
func Person(id PrincipalID, via, ref string) Actor {
	return Actor{Kind: ActorPerson, Principal: id, Via: via, Ref: ref}
}

// System is Hallpass itself acting, for instance when time is up.
func System(via string) Actor { return Actor{Kind: ActorSystem, Via: via} }

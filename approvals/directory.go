package approvals

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Events about the directory.
const (
	EventDirectoryRefused  EventKind = "directory.refused"  // what the source says has lost too much, or is too old
	EventDirectoryAccepted EventKind = "directory.accepted" // an administrator said that a loss is true
)

// Loss is how many of some people, or of some facts about them, are left in a
// new reading of the directory's source.
type Loss struct {
	What   string `json:"what"` // in words, such as "active people"
	Before int    `json:"before"`
	Left   int    `json:"left"`
}

// String says "480 of 1000 active people are left".
func (l Loss) String() string { return fmt.Sprintf("%d of %d %s are left", l.Left, l.Before, l.What) }

// Losses says several in one sentence's part.
func Losses(all []Loss) string {
	said := make([]string, len(all))
	for i, l := range all {
		said[i] = l.String()
	}
	return strings.Join(said, "; ")
}

// DirectoryRecord is what is kept of a directory's source, so that neither a
// new start nor another replica forgets what the source said last.
type DirectoryRecord struct {
	Source     string
	People     []byte // the last good reading, as its keeper wrote it; nil: none
	AsOf       time.Time
	Refused    []Loss    // why a later reading was not taken; nil: the last was taken
	RefusedAt  time.Time // first
	Accepted   []Loss    // what an administrator accepted
	AcceptedBy PrincipalID
	AcceptedAt time.Time
}

// DirectoryDoubt records that a source's people are not taken, or are too old,
// and tells the admins: once a day while it lasts.
func (s *Service) DirectoryDoubt(ctx context.Context, source, why string) error {
	now := s.now()
	return s.Store.Apply(ctx, Change{
		Events: []Event{{At: now, Kind: EventDirectoryRefused, Actor: System("directory"), Detail: map[string]string{"source": source, "why": why}}},
		Notices: s.alert(ctx, "directory/"+source+"/"+now.UTC().Format(time.DateOnly),
			"The people of "+source+" are as they were, and are growing old.\n"+why)})
}

// AcceptLoss says that what a source has lost is really gone, and returns what
// that is. An admin may, of those whom the directory as it was before the loss
// knows.
func (s *Service) AcceptLoss(ctx context.Context, actor Actor, r DirectoryRecord) ([]Loss, error) {
	p, err := s.active(ctx, actor.Principal)
	if err != nil {
		return nil, err
	}
	if !p.Admin {
		return nil, s.refuse(ctx, actor, Request{}, &Error{Code: CodeForbidden, Op: "accept a directory's loss", Message: "Only an admin can accept what the directory has lost."})
	}
	if len(r.Refused) == 0 {
		return nil, Errorf(CodeInvalid, "Nothing of %s is refused; there is nothing to accept.", r.Source)
	}
	r.Accepted, r.AcceptedBy, r.AcceptedAt = r.Refused, p.ID, s.now()
	return r.Accepted, s.Store.Apply(ctx, Change{Accepted: []DirectoryRecord{r}, Events: []Event{{At: r.AcceptedAt, Kind: EventDirectoryAccepted, Actor: actor,
		Detail: map[string]string{"source": r.Source, "losses": Losses(r.Refused)}}}})
}

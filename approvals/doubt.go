package approvals

import "context"

// doubtful is a directory, and groups that live elsewhere, which remember that
// they did not answer: then nobody knows whether an approval still counts.
type doubtful struct {
	Directory
	err error
}

// Principal remembers a failure.
func (d *doubtful) Principal(ctx context.Context, id PrincipalID) (Principal, error) {
	p, err := d.Directory.Principal(ctx, id)
	d.note(err)
	return p, err
}

// Members remembers a failure.
func (d *doubtful) Members(ctx context.Context, group string) ([]Principal, error) {
	people, err := d.Directory.Members(ctx, group)
	d.note(err)
	return people, err
}

func (d *doubtful) note(err error) {
	if err != nil && ErrorCode(err) != CodeNotFound && d.err == nil {
		d.err = &Error{Code: CodeUnavailable, Op: "look up approvers", Err: err,
			Message: "It can't be told right now who may answer, so nothing was changed. Please try again in a moment."}
	}
}

// doubtfulGroups does the same for one kind of groups.
type doubtfulGroups struct {
	Groups
	*doubtful
}

// GroupMembers remembers a failure.
func (g doubtfulGroups) GroupMembers(ctx context.Context, name string) ([]PrincipalID, error) {
	ids, err := g.Groups.GroupMembers(ctx, name)
	g.note(err)
	return ids, err
}

// watched is the Service with a directory and groups that remember.
func (s *Service) watched() (*Service, *doubtful) {
	w, d := *s, &doubtful{Directory: s.Directory}
	w.Directory, w.Groups = d, make(map[string]Groups, len(s.Groups))
	for kind, g := range s.Groups {
		w.Groups[kind] = doubtfulGroups{g, d}
	}
	return &w, d
}

package approvals

import (
	"context"
	"slices"
)

// elsewhere resolves a reference to a group that the directory does not hold.
// A group that cannot be read, or that no door answers for, is nobody: the next
// reference, and at last the security queue, stands in.
func (s *Service) elsewhere(ctx context.Context, kind, name string) []Principal {
	groups, ok := s.Groups[kind]
	if !ok {
		return nil
	}
	ids, err := groups.GroupMembers(ctx, name)
	if err != nil {
		return nil
	}
	var people []Principal
	for _, id := range ids {
		if p, err := s.active(ctx, id); err == nil {
			p.Groups = append(slices.Clone(p.Groups), kind+":"+name)
			people = append(people, p)
		}
	}
	return people
}

// unresolved says that it cannot be told right now whether somebody may
// answer, since a group that may hold them cannot be read (CodeUnavailable).
// Nobody is told that they may not when nobody knows.
func (s *Service) unresolved(ctx context.Context, f Facts) error {
	for _, ref := range f.Entitlement.Approvers {
		kind, name := ref.Split()
		groups, ok := s.Groups[kind]
		if !ok {
			continue
		}
		if _, err := groups.GroupMembers(ctx, name); err != nil && ErrorCode(err) != CodeNotFound {
			return &Error{Code: CodeUnavailable, Op: "read group", Err: err,
				Message: "It can't be told right now who is in the group that may answer, so nothing was changed. Please try again in a moment."}
		}
	}
	return nil
}

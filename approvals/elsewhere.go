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

package policy

import (
	"fmt"

	"github.com/hallpass-dev/hallpass/approvals"
)

// MayBreakGlass says whether a request may be opened at once, before anybody
// answers: a permit for Action::"break_glass" says so for requester and
// beneficiary, no forbid objects, no policy failed to evaluate, and the wish
// itself is complete and within the catalogue's limits.
//
// A directory that is out of date, a missing score or a missing ticket do not
// stand in the way: they are what an emergency is like, and a policy that
// minds says so (context.directory_stale, context has score). Nobody is asked
// here, so whatever else is in doubt refuses; the ordinary way stays open.
func (s *Set) MayBreakGlass(f approvals.Facts, a approvals.Assessment) (v approvals.Verdict) {
	defer func() {
		if r := recover(); r != nil {
			v = approvals.Verdict{Forbidden: true, Problems: []string{"the policy engine broke down on this request"}}
		}
	}()
	found := s.evaluate(ask(f, a, nil), s.breakGlass, actionBreakGlass, f.At, parties(f))
	problems := append(unfit(f), found.problems...)
	return approvals.Verdict{
		Allowed:   found.permitted && len(problems) == 0,
		Forbidden: len(found.forbids()) > 0 || found.failed || found.malformed,
		Policies:  refs(found.matched),
		Problems:  problems,
	}
}

// unfit are the reasons why facts are no wish that could be granted, whoever
// asks and however well it is known.
func unfit(f approvals.Facts) (reasons []string) {
	add := func(when bool, format string, args ...any) {
		if when {
			reasons = append(reasons, fmt.Sprintf(format, args...))
		}
	}
	add(f.Duration <= 0, "no duration is asked for")
	add(f.Entitlement.MaxDuration <= 0, "the catalogue sets no maximum duration")
	add(f.Entitlement.MaxDuration > 0 && f.Duration > f.Entitlement.MaxDuration,
		"%s is more than the %s that the catalogue allows", f.Duration, f.Entitlement.MaxDuration)
	add(f.Requester.ID == "" || f.Beneficiary.ID == "", "it is not known who asks, or for whom")
	add(f.Requester.Inactive || f.Beneficiary.Inactive, "the directory says that the person has left")
	add(f.Entitlement.ID == "", "it is not known what is asked for")
	add(f.Kind != approvals.KindAccess && f.Kind != approvals.KindExtension, "%q is not a kind of request", f.Kind)
	add(f.MinuteOfDay < 0 || f.MinuteOfDay >= 24*60 || f.Weekday < 0 || f.Weekday > 6, "the time of day is not a time")
	return reasons
}

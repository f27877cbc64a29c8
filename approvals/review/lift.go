package review

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hallpass-dev/hallpass/approvals"
)

// actionLift is what a refusal to lift is recorded as.
const actionLift = "lift a lapse"

// Lift lets a rule approve by itself again although no new version of it has
// come. Only an admin may, who says why and has no part in it: nobody whose rule
// it is alone, and nobody who asked for, or was granted, what the review did not
// find right.
func (s *Service) Lift(ctx context.Context, actor approvals.Actor, rule, note string) error {
	note = strings.TrimSpace(note)
	if note == "" || utf8.RuneCountInString(note) > noteAtMost {
		return approvals.Errorf(approvals.CodeInvalid, "Say in at most %d characters why this rule may approve by itself again.", noteAtMost)
	}
	p, err := s.admin(ctx, actor, map[string]string{"action": actionLift, "rule": rule}, "Only an admin lets a rule approve by itself again.")
	if err != nil {
		return err
	}
	all, err := s.Store.Lapses(ctx)
	if err != nil {
		return err
	}
	var ch approvals.Change
	for _, l := range all {
		if l.Rule != rule || !l.Holds() {
			continue
		}
		c, err := s.Store.Campaign(ctx, l.Campaign)
		if err != nil {
			return err
		}
		if err := s.apart(ctx, actor, p, c, rule); err != nil {
			return err
		}
		l.LiftedAt, l.LiftedBy, l.LiftedNote = s.now(), p.ID, note
		ch.Lapses = append(ch.Lapses, l)
		ch.Events = append(ch.Events, about(event(l.LiftedAt, approvals.EventRuleRestored, actor, c,
			map[string]string{"rule": l.Rule, "text": l.Text}), approvals.ReviewItem{}, note))
	}
	if len(ch.Lapses) == 0 {
		return approvals.Errorf(approvals.CodeNotFound, "The rule %s has not stopped approving; there is nothing to lift.", rule)
	}
	ch.Notices = homes(s.admins(ctx)...)
	return s.Store.Apply(ctx, ch)
}

// admin is the actor, if they are one; else what they wanted is recorded as
// refused.
func (s *Service) admin(ctx context.Context, actor approvals.Actor, wanted map[string]string, words string) (approvals.Principal, error) {
	p, err := s.Directory.Principal(ctx, actor.Principal)
	if err != nil && approvals.ErrorCode(err) != approvals.CodeNotFound {
		return p, err
	}
	if err != nil || actor.Kind != approvals.ActorPerson || actor.OnBehalfOf != "" || p.Inactive || !p.Admin {
		return p, s.refused(ctx, approvals.Event{At: s.now(), Kind: approvals.EventActionRefused, Actor: actor, Detail: wanted}, approvals.CodeForbidden, words)
	}
	return p, nil
}

// apart refuses an admin who has a part in what a campaign did not find right of
// a rule, or whose rule it is alone.
func (s *Service) apart(ctx context.Context, actor approvals.Actor, p approvals.Principal, c approvals.Campaign, rule string) error {
	items, err := s.Store.ReviewItems(ctx, c.ID)
	if err != nil {
		return err
	}
	var doubted []approvals.RequestID
	for _, i := range items {
		if st := stratum(&c, i.Stratum); st != nil && slices.Contains(st.Rules, rule) && i.Verdict != approvals.VerdictRight {
			doubted = append(doubted, i.Request)
		}
	}
	matters, err := s.matters(ctx, c, doubted)
	if err != nil {
		return err
	}
	no := func(words string) error {
		return s.refused(ctx, event(s.now(), approvals.EventActionRefused, actor, c, map[string]string{"action": actionLift, "rule": rule}), approvals.CodeSelfApproval, words)
	}
	r := s.roster()
	for _, m := range matters {
		parties, err := r.people(ctx, m.parties)
		if err != nil {
			return err
		}
		owners, err := r.owner(ctx, m.byRule[rule])
		switch {
		case err != nil:
			return err
		case slices.ContainsFunc(parties, p.SamePerson):
			return no("You asked for, or were granted, what the review did not find right of this rule. Another admin has to lift it.")
		case humans(owners) == 1 && slices.ContainsFunc(owners, p.SamePerson):
			return no("This rule is yours alone. Another admin has to lift it.")
		}
	}
	return nil
}

package review

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Answer records a reviewer's verdict on one decision of a campaign, once. What
// was wrong needs a note. Who is unsure leaves it to the security group; who is
// unsure there says that nobody can call it right, and it counts as a deviation.
// The first deviation of a stratum enlarges its sample; one too many ends the
// rule's approving in the same step.
func (s *Service) Answer(ctx context.Context, actor approvals.Actor, id approvals.CampaignID, request approvals.RequestID, v approvals.ReviewVerdict, note string) (approvals.ReviewItem, error) {
	note = strings.TrimSpace(note)
	switch {
	case v != approvals.VerdictRight && v != approvals.VerdictWrong && v != approvals.VerdictUnsure:
		return approvals.ReviewItem{}, approvals.Errorf(approvals.CodeInvalid, "Say whether it was right, wrong, or that you can't tell.")
	case v == approvals.VerdictWrong && note == "":
		return approvals.ReviewItem{}, approvals.Errorf(approvals.CodeInvalid, "Say what was wrong: whoever mends the rule wants to know.")
	case utf8.RuneCountInString(note) > noteAtMost:
		return approvals.ReviewItem{}, approvals.Errorf(approvals.CodeInvalid, "Please say it in at most %d characters.", noteAtMost)
	}
	for range answerTries {
		item, err := s.answerOnce(ctx, actor, id, request, v, note)
		if approvals.ErrorCode(err) != approvals.CodeConflict {
			return item, err
		}
	}
	return approvals.ReviewItem{}, approvals.Errorf(approvals.CodeUnavailable, "Others are reviewing at this moment. Please try again.")
}

func (s *Service) answerOnce(ctx context.Context, actor approvals.Actor, id approvals.CampaignID, request approvals.RequestID, v approvals.ReviewVerdict, note string) (approvals.ReviewItem, error) {
	c, err := s.Store.Campaign(ctx, id)
	if err != nil {
		return approvals.ReviewItem{}, err
	}
	item, err := s.Store.ReviewItem(ctx, id, request)
	if err != nil {
		return item, err
	}
	matters, err := s.matters(ctx, c, []approvals.RequestID{request})
	if err != nil {
		return item, err
	}
	if err := s.may(ctx, actor, c, item, matters[request]); err != nil {
		return item, err
	}
	if v == approvals.VerdictUnsure {
		if next, others, err := s.others(ctx, actor, item, matters[request]); err != nil {
			return item, err
		} else if next != "" {
			return s.pass(ctx, actor, c, item, next, others, note)
		}
	}
	return s.record(ctx, actor, c, item, v, note)
}

// may refuses those who may not give a verdict.
func (s *Service) may(ctx context.Context, actor approvals.Actor, c approvals.Campaign, item approvals.ReviewItem, m matter) error {
	if actor.Kind != approvals.ActorPerson || actor.OnBehalfOf != "" {
		return s.refuse(ctx, actor, c, item, approvals.CodeForbidden, "Only a person can review.")
	}
	p, err := s.Directory.Principal(ctx, actor.Principal)
	if err != nil && approvals.ErrorCode(err) != approvals.CodeNotFound {
		return err
	}
	if err != nil || p.Inactive {
		return s.refuse(ctx, actor, c, item, approvals.CodeForbidden, "The directory does not know you as somebody who works here.")
	}
	r := s.roster()
	parties, err := r.people(ctx, m.parties)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(parties, p.SamePerson) {
		return s.refuse(ctx, actor, c, item, approvals.CodeSelfApproval, "Nobody reviews what they asked for or were granted. Somebody else has to.")
	}
	if item.Kind == approvals.ItemBreakGlass {
		return approvals.Errorf(approvals.CodeForbidden, "A break-glass has a review of its own, and that one counts here.")
	}
	now, err := r.independent(ctx, m, len(item.Passed) > 0)
	if err != nil {
		return err
	}
	if !slices.Contains(item.Reviewers, p.ID) || !slices.Contains(now, p.ID) && !slices.Contains(s.Reviewers, p.ID) {
		return s.refuse(ctx, actor, c, item, approvals.CodeForbidden, "This is for somebody else to review.")
	}
	st := stratum(&c, item.Stratum)
	switch {
	case !item.Open():
		return approvals.Errorf(approvals.CodeAlreadyDecided, "This was reviewed already.")
	case slices.Contains(item.Passed, p.ID):
		return approvals.Errorf(approvals.CodeAlreadyDecided, "You left this to others.")
	case c.State != approvals.CampaignOpen || st == nil:
		return approvals.Errorf(approvals.CodeLapsed, "This review is over.")
	case st.Outcome != "":
		return approvals.Errorf(approvals.CodeAlreadyDecided, "This part of the review is decided already.")
	}
	return nil
}

func (s *Service) refuse(ctx context.Context, actor approvals.Actor, c approvals.Campaign, item approvals.ReviewItem, code approvals.Code, words string) error {
	ev := event(s.now(), approvals.EventActionRefused, actor, c, map[string]string{"action": "review"})
	ev.Request = item.Request
	return s.refused(ctx, ev, code, words)
}

// refused records that somebody tried what they may not, and says why. Where
// that can't be recorded, it is refused all the same.
func (s *Service) refused(ctx context.Context, ev approvals.Event, code approvals.Code, words string) error {
	ev.Detail["code"] = string(code)
	cause := approvals.Errorf(code, "%s", words)
	cause.Op = ev.Detail["action"]
	if err := s.Store.Apply(ctx, approvals.Change{Events: []approvals.Event{ev}}); err != nil {
		cause.Err = err
	}
	return cause
}

// others finds who is asked when somebody is unsure; next is empty for nobody.
func (s *Service) others(ctx context.Context, actor approvals.Actor, item approvals.ReviewItem, m matter) (next approvals.PrincipalID, all []approvals.PrincipalID, err error) {
	if all, err = s.roster().independent(ctx, m, true); err != nil {
		return "", nil, err
	}
	all = slices.DeleteFunc(all, func(id approvals.PrincipalID) bool { return id == actor.Principal || slices.Contains(item.Passed, id) })
	if len(all) == 0 || slices.Contains(s.Reviewers, actor.Principal) && len(item.Passed) > 0 {
		return "", nil, nil
	}
	return all[0], all, nil
}

// pass leaves a decision to others.
func (s *Service) pass(ctx context.Context, actor approvals.Actor, c approvals.Campaign, item approvals.ReviewItem, next approvals.PrincipalID, others []approvals.PrincipalID, note string) (approvals.ReviewItem, error) {
	item.Passed = append(slices.Clone(item.Passed), actor.Principal)
	item.Reviewers, item.Asked = others, next
	ev := about(event(s.now(), approvals.EventReviewPassed, actor, c, map[string]string{"stratum": item.Stratum, "to": string(next)}), item, note)
	err := s.Store.Apply(ctx, approvals.Change{Items: []approvals.ReviewItem{item}, Events: []approvals.Event{ev},
		Notices: cards(c.ID, actor.Principal, next)})
	item.Version++
	return item, err
}

// about says in an event which decision it is about, and what was noted.
func about(e approvals.Event, item approvals.ReviewItem, note string) approvals.Event {
	e.Request = item.Request
	if note != "" {
		e.Words = map[string]string{"note": note}
	}
	return e
}

// record stores a verdict and what follows from it.
func (s *Service) record(ctx context.Context, actor approvals.Actor, c approvals.Campaign, item approvals.ReviewItem, v approvals.ReviewVerdict, note string) (approvals.ReviewItem, error) {
	was := item.Asked
	item.Asked, item.Verdict, item.By, item.At, item.Note = actor.Principal, v, actor.Principal, s.now(), note
	st := stratum(&c, item.Stratum)
	tally(st, v)
	ch := approvals.Change{Items: []approvals.ReviewItem{item}}
	ch.Events = []approvals.Event{about(event(item.At, approvals.EventReviewAnswered, actor, c,
		map[string]string{"verdict": string(v), "stratum": item.Stratum, "place": strconv.Itoa(item.Place)}), item, note)}
	var err error
	if c.Kind == approvals.CampaignBlind {
		err = s.teach(ctx, &ch, item)
	} else {
		err = s.enlarge(ctx, &ch, c, st)
	}
	if err != nil {
		return item, err
	}
	settle(&c)
	if st.Outcome == approvals.StratumFailed {
		if err := s.lapse(ctx, &ch, c, *st); err != nil {
			return item, err
		}
	}
	if decided(c) {
		ch.Tasks = []approvals.Task{{Kind: approvals.TaskReview, Key: string(c.ID), RunAt: item.At}}
	}
	ch.Campaigns = []approvals.Campaign{c}
	ch.Notices = append(append(ch.Notices, cards(c.ID, append(asked(ch.Items), was, item.By)...)...), homes(s.admins(ctx)...)...)
	err = s.Store.Apply(ctx, ch)
	item.Version++
	return item, err
}

func tally(st *approvals.Stratum, v approvals.ReviewVerdict) {
	switch v {
	case approvals.VerdictRight:
		st.Right++
	case approvals.VerdictWrong:
		st.Wrong++
	case approvals.VerdictUnsure:
		st.Unsure++
	}
}

// enlarge adds what a first deviation makes necessary to the sample: the next
// ones in the order of the seed.
func (s *Service) enlarge(ctx context.Context, ch *approvals.Change, c approvals.Campaign, st *approvals.Stratum) error {
	size := larger(*st, c.Limit)
	if size == 0 {
		return nil
	}
	parts, err := s.Redraw(ctx, c)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(parts, func(p Part) bool { return p.Name == st.Name })
	if i < 0 {
		return approvals.Errorf(approvals.CodeInternal, "The stratum %s can't be drawn again.", st.Name)
	}
	part := parts[i]
	places := map[approvals.RequestID]approvals.ReviewItem{}
	picked := part.Ordered[st.Size:size]
	for k, id := range picked {
		places[id] = approvals.ReviewItem{Campaign: c.ID, Request: id, Kind: part.Kind, Stratum: part.Name, Place: st.Size + k + 1}
	}
	more, err := s.assign(ctx, c, picked, places, loads{})
	if err != nil {
		return err
	}
	ch.Items = append(ch.Items, more...)
	ch.Events = append(ch.Events, event(s.now(), approvals.EventReviewEnlarged, approvals.System("review"), c,
		map[string]string{"stratum": st.Name, "from": strconv.Itoa(st.Size), "to": strconv.Itoa(size), "added": fmt.Sprint(len(more))}))
	st.Size, st.Enlarged = size, true
	return nil
}

// teach makes a blind verdict a human decision that the score learns from.
func (s *Service) teach(ctx context.Context, ch *approvals.Change, item approvals.ReviewItem) error {
	if item.Verdict == approvals.VerdictUnsure {
		return nil
	}
	all, err := s.Store.AutomaticOf(ctx, []approvals.Event{{Request: item.Request}})
	if err != nil {
		return err
	}
	if len(all) != 1 || all[0].Decision == nil {
		return approvals.Errorf(approvals.CodeNotFound, "The decision that you looked at is no longer there.")
	}
	f := all[0].Decision.Facts
	b := f.Beneficiary
	ch.Learned = []approvals.Learned{{At: item.At, Request: item.Request, Entitlement: f.Entitlement.ID, Beneficiary: b.ID, Manager: b.Manager,
		Title: b.Title, Department: b.Department, Location: b.Location, Function: b.Function, Approver: item.By,
		Approved: item.Verdict == approvals.VerdictRight, Duration: f.Duration}}
	return nil
}

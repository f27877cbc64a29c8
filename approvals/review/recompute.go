package review

import (
	"context"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// endsWithin is how long after its end access may still be there: the time that
// removing it and reading back may take.
const endsWithin = time.Hour

// recompute computes the next page of the population again. Each mismatch is an
// exception.
func (s *Service) recompute(ctx context.Context, c approvals.Campaign) error {
	events, err := s.Store.AutomaticEvents(ctx, c.From, c.To, c.Cursor, c.Size, page)
	if err != nil {
		return err
	}
	all, err := s.Store.AutomaticOf(ctx, events)
	if err != nil {
		return err
	}
	now := s.now()
	ch := approvals.Change{}
	for _, a := range all {
		found, err := s.check(ctx, a, c.FrozenAt)
		if err != nil {
			return err
		}
		for _, x := range found {
			x.Campaign, x.Request, x.At = c.ID, a.Event.Request, now
			ch.Exceptions = append(ch.Exceptions, x)
		}
		c.Cursor = a.Event.Sequence
	}
	c.Checked += len(all)
	if len(events) == page {
		c.Found += len(ch.Exceptions)
		ch.Campaigns = []approvals.Campaign{c}
		ch.Events = []approvals.Event{event(now, approvals.EventReviewChecked, approvals.System("review"), c,
			map[string]string{"recomputed": strconv.Itoa(c.Checked), "exceptions": strconv.Itoa(c.Found), "up_to": strconv.FormatInt(c.Cursor, 10)})}
		return s.Store.Apply(ctx, ch)
	}
	unlogged, err := s.Store.UnloggedApprovals(ctx, c.From, c.To, page)
	if err != nil {
		return err
	}
	for _, id := range unlogged {
		ch.Exceptions = append(ch.Exceptions, approvals.ReviewException{Campaign: c.ID, Request: id, At: now, Kind: approvals.ExceptionMissing,
			Words: "The database says that a policy approved it, but the audit log has no such decision."})
	}
	c.Found += len(ch.Exceptions)
	if c, err = c.Move(approvals.CampaignChecked); err != nil {
		return err
	}
	ch.Campaigns = []approvals.Campaign{c}
	ch.Events = []approvals.Event{event(now, approvals.EventReviewChecked, approvals.System("review"), c,
		map[string]string{"recomputed": strconv.Itoa(c.Checked), "exceptions": strconv.Itoa(c.Found), "up_to": strconv.FormatInt(c.Size, 10)})}
	ch.Notices = homes(s.admins(ctx)...)
	return s.Store.Apply(ctx, ch)
}

// check computes one decision again, and looks whether its access ended as it
// should.
func (s *Service) check(ctx context.Context, a approvals.Automatic, at time.Time) (found []approvals.ReviewException, err error) {
	say := func(kind approvals.ExceptionKind, format string, args ...any) {
		found = append(found, approvals.ReviewException{Kind: kind, Words: fmt.Sprintf(format, args...)})
	}
	switch {
	case a.Request == nil || a.Decision == nil:
		say(approvals.ExceptionMissing, "The audit log has this decision (event %d), but the database no longer does.", a.Event.Sequence)
		return found, nil
	case a.Event.Kind == approvals.EventGrantAdopted: // a person's act: there is nothing to compute
		checkEnd(a, at, say)
		return found, nil
	case a.Request.State != approvals.RequestApproved || a.Request.DecidedBy != "":
		say(approvals.ExceptionMissing, "The audit log says that a policy approved it (event %d); the database says otherwise.", a.Event.Sequence)
	}
	if err := s.checkDecision(ctx, a, say); err != nil {
		return nil, err
	}
	checkEnd(a, at, say)
	return found, nil
}

type complain func(kind approvals.ExceptionKind, format string, args ...any)

func (s *Service) checkDecision(ctx context.Context, a approvals.Automatic, say complain) error {
	d := *a.Decision
	if d.Facts.Digest() != a.Event.FactsDigest {
		say(approvals.ExceptionFacts, "The stored facts are not those that event %d recorded: somebody changed them.", a.Event.Sequence)
		return nil
	}
	if d.Ruling.Version != a.Event.Version || !reflect.DeepEqual(names(d.Ruling.Policies), names(a.Event.Policies)) {
		say(approvals.ExceptionRuling, "The stored decision names other policies than event %d: somebody changed it.", a.Event.Sequence)
	}
	again, err := s.Scores.Score(ctx, d.Assessment.Model, d.Facts)
	switch {
	case approvals.ErrorCode(err) == approvals.CodeNotFound:
		say(approvals.ExceptionScore, "The weights of the score's model %s are not kept, so the score can't be computed again.", d.Assessment.Model)
	case err != nil:
		return err
	case !sameScore(again, d.Assessment):
		say(approvals.ExceptionScore, "The score was %d; computed from the stored facts it is %d.", d.Assessment.Score, again.Score)
	}
	ruling, err := s.Law.Judge(ctx, d.Ruling.Version, d.Facts, d.Assessment)
	switch code := approvals.ErrorCode(err); {
	case code == approvals.CodeNotFound || code == approvals.CodeInvalid:
		say(approvals.ExceptionLaw, "It can't be decided again by the policies of then (%.12s): %s", d.Ruling.Version.Digest, approvals.ErrorMessage(err))
	case err != nil:
		return err
	case ruling.Outcome != approvals.AutoApprove:
		say(approvals.ExceptionRuling, "It was approved at once, but the policies of then (%.12s) do not say so: %s", d.Ruling.Version.Digest, ruling.Words)
	case !reflect.DeepEqual(names(ruling.Policies), names(d.Ruling.Policies)):
		say(approvals.ExceptionRuling, "It was approved by %v; the policies of then (%.12s) approve it by %v.", names(d.Ruling.Policies), d.Ruling.Version.Digest, names(ruling.Policies))
	}
	return nil
}

// names are policies with their effect.
func names(refs []approvals.PolicyRef) []string {
	all := make([]string, len(refs))
	for i, r := range refs {
		all[i] = r.Effect + " " + r.ID
	}
	return all
}

// sameScore compares what is computed. The words of factors are rendered, and
// may be put better by a later version.
func sameScore(a, b approvals.Assessment) bool {
	if len(a.Factors) != len(b.Factors) {
		return false
	}
	for i, f := range a.Factors {
		if f.Name != b.Factors[i].Name || f.Points != b.Factors[i].Points {
			return false
		}
	}
	return a.Score == b.Score && a.Raw == b.Raw && a.PDeny == b.PDeny && a.Confidence == b.Confidence && a.Problem == b.Problem
}

// checkEnd looks whether access that is over was seen to be gone.
func checkEnd(a approvals.Automatic, at time.Time, say complain) {
	g := a.Grant
	switch {
	case g == nil && a.Request.Grant != "":
		say(approvals.ExceptionMissing, "The grant %s that it gave is no longer in the database.", a.Request.Grant)
	case g == nil:
	case g.State == approvals.GrantRevoked && a.Revoked == nil:
		say(approvals.ExceptionReadBack, "Access is said to have ended %s, but the audit log has no removal.", clock(g.RevokedAt))
	case g.State == approvals.GrantRevoked && a.Revoked.ReadBack == "":
		say(approvals.ExceptionReadBack, "Access was removed %s, but nobody read back whether it is gone (event %d).", clock(g.RevokedAt), a.Revoked.Sequence)
	case g.Overdue(at) > endsWithin:
		say(approvals.ExceptionRunsOn, "Access should have ended %s, and is still there.", clock(g.EndsAt))
	}
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

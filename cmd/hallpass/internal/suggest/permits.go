package suggest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/analytics"
	"github.com/hallpass-dev/hallpass/approvals/policy"
)

// candidate is a pattern that its decisions speak for, as a permit.
type candidate struct {
	analytics.Proposal
	draft policy.Draft
}

// permits proposes those patterns whose permit loads, would have approved what
// people did, and flips no denial. It returns the drafts that are left.
func (w *work) permits(patterns []analytics.Pattern) ([]policy.Draft, error) {
	var all []candidate
	for _, p := range patterns {
		if len(p.WhyNot) > 0 {
			w.not(p, p.WhyNot...)
			continue
		}
		c, why := w.candidate(p)
		if why == "" && len(all) == analytics.MaxProposals {
			why = fmt.Sprintf("%d others are more frequent, and that is enough to review at once", analytics.MaxProposals)
		}
		if why != "" {
			w.not(p, why)
			continue
		}
		all = append(all, c)
	}
	all, err := w.proven(all)
	if err != nil {
		return nil, err
	}
	drafts := draftsOf(all)
	with, err := w.Folder.With(drafts...)
	if err != nil {
		return nil, fmt.Errorf("put proposals together: %w", err)
	}
	for _, c := range all {
		own := slices.DeleteFunc(slices.Clone(with.Edits), func(e policy.Edit) bool {
			return e.Path != "policies/"+c.ID+".cedar" && e.Path != "policies/"+c.ID+"_test.yaml"
		})
		c.Patch = Patch(own)
		w.report.Proposals = append(w.report.Proposals, c.Proposal)
	}
	slices.SortStableFunc(w.report.NotProposed, func(a, b analytics.Pattern) int { return b.Approved - a.Approved })
	return drafts, nil
}

func (w *work) not(p analytics.Pattern, why ...string) {
	p.WhyNot = why
	w.report.NotProposed = append(w.report.NotProposed, p)
}

func draftsOf(all []candidate) (drafts []policy.Draft) {
	for _, c := range all {
		drafts = append(drafts, c.draft)
	}
	return drafts
}

// candidate writes the permit for a pattern, and says why it can't be.
func (w *work) candidate(p analytics.Pattern) (c candidate, why string) {
	id := p.PermitID()
	if w.Folder.Set.RuleVersion(id) != "" {
		return c, "the policies have a permit " + id + " already"
	}
	owner := w.owner(p.Entitlement)
	if owner == "" {
		return c, "the directory knows no email of an owner, so nobody could answer for the permit"
	}
	c.Proposal = analytics.Proposal{Pattern: p, ID: id, Owner: owner}
	c.draft = policy.Draft{ID: id, Owner: owner, Reason: p.Reason(), ReviewBy: w.Now.UTC().AddDate(0, 0, analytics.ReviewDays), Budget: p.BusiestDay,
		Entitlement: p.Entitlement, Department: p.Department, MaxScore: p.MaxScore, MaxDuration: time.Duration(p.MaxMinutes) * time.Minute,
		Ticket: p.Ticket, Checks: p.Checks, Fields: p.Fields}
	if _, err := w.Folder.With(c.draft); err != nil {
		return c, "as a permit it would not hold: " + firstLine(err)
	}
	return c, ""
}

// owner is the email of the entitlement's first owner who is still there.
func (w *work) owner(id approvals.EntitlementID) string {
	i := slices.IndexFunc(w.Catalogue, func(e approvals.Entitlement) bool { return e.ID == id })
	for _, o := range w.Catalogue[i].Owners { // what the catalogue does not have is no candidate
		for _, p := range w.People {
			if p.ID == o && !p.Inactive && p.Email != "" {
				return p.Email
			}
		}
	}
	return ""
}

// proven keeps the candidates that the past bears out, decided again with all
// of them: it has to be readable whole, each has to approve by itself what
// people approved, and none may approve what was ever denied.
func (w *work) proven(all []candidate) ([]candidate, error) {
	if len(all) == 0 {
		return nil, nil
	}
	with, err := w.Folder.With(draftsOf(all)...)
	if err != nil {
		return nil, fmt.Errorf("put candidates together: %w", err)
	}
	whole, err := w.replay(with.Set)
	if err != nil {
		return nil, err
	}
	denials, err := w.replayDenials(with.Set)
	if err != nil {
		return nil, err
	}
	w.report.Denials = denials.Decisions
	unreadable := whole.UnreadableAll + denials.UnreadableAll
	var kept []candidate
	for _, c := range all {
		c.Approves, c.Flips = whole.Sole[c.ID], approved(denials, c.ID)
		switch {
		case unreadable > 0:
			w.not(c.Pattern, fmt.Sprintf("%d stored decisions can't be read, so it is not known what the permit would have approved", unreadable))
		case c.Flips > 0:
			w.not(c.Pattern, fmt.Sprintf("it would have approved what was denied, %d times", c.Flips))
		case c.Approves < analytics.MinDecisions:
			w.not(c.Pattern, fmt.Sprintf("it alone would have approved %d of them: other permits approve the rest by now, or forbids leave it to people", c.Approves))
		default:
			kept = append(kept, c)
		}
	}
	return kept, nil
}

// approved is how many decisions a permit takes part in approving that were
// answered otherwise.
func approved(r *policy.Replay, id string) (n int) {
	for _, by := range r.ByRule {
		for _, turn := range by.Turns {
			if by.Name == id && turn.To == approvals.AutoApprove {
				n += turn.Count
			}
		}
	}
	return n
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// Patch is edits as one unified diff.
func Patch(edits []policy.Edit) string {
	var b strings.Builder
	for _, e := range edits {
		b.WriteString(e.Patch())
	}
	return b.String()
}

package suggest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/analytics"
	"github.com/hallpass-dev/hallpass/approvals/policy"
)

// Past is where the past is read, one row at a time: the database.
type Past interface {
	FirstDecisions(ctx context.Context, since time.Time, yield func(id approvals.RequestID, facts, assessment, ruling []byte) error) error
	PastDecisions(ctx context.Context, since time.Time, yield func(approvals.PastDecision) error) error
	PastDenials(ctx context.Context, yield func(approvals.PastDecision) error) error
	PastGrants(ctx context.Context, yield func(approvals.PastGrant) error) error
	PastEnds(ctx context.Context, since time.Time, yield func(approvals.Event) error) error
	AdoptedGrants(context.Context, approvals.EntitlementID) ([]approvals.AdoptedGrant, error)
	KeptLaws(ctx context.Context, kind string) ([]approvals.KeptLaw, error)
	Law(ctx context.Context, kind, name string) (string, error)
}

// Source is what suggestions are made from.
type Source struct {
	Now, Since time.Time
	Past       Past
	Dir        string // the access folder
	Folder     *policy.Folder
	Catalogue  []approvals.Entitlement
	Profiles   []approvals.Profile
	People     []approvals.Principal
}

// Suggestions are a report with all that it proposes as changes that hold
// together.
type Suggestions struct {
	analytics.Report
	Edits []policy.Edit // ordered by path
}

// work is one run.
type work struct {
	Source
	ctx    context.Context // of the one call that it is made for
	report analytics.Report
}

// Make reads the past once for the counts and once to decide it again. It fails
// when something can't be read; what merely speaks against a proposal is said
// in the report.
func Make(ctx context.Context, from Source) (*Suggestions, error) {
	w := &work{Source: from, ctx: ctx}
	w.report = analytics.Report{At: from.Now, Since: from.Since, Version: from.Folder.Set.Version()}
	patterns, permits, err := w.count()
	if err != nil {
		return nil, err
	}
	bare, err := w.unused(permits)
	if err != nil {
		return nil, err
	}
	drafts, err := w.permits(patterns)
	if err != nil {
		return nil, err
	}
	profiles, err := w.personas()
	if err != nil {
		return nil, err
	}
	both, err := bare.With(drafts...)
	if err != nil {
		return nil, fmt.Errorf("put all proposals together: %w", err)
	}
	edits := slices.Concat(profiles, both.Edits) // catalog/ comes before policies/
	return &Suggestions{Report: w.report, Edits: edits}, nil
}

// count reads the past. It returns what was approved often, and which permits
// decided.
func (w *work) count() ([]analytics.Pattern, *analytics.Permits, error) {
	habits, permits := analytics.NewHabits(w.Now, w.Catalogue, w.People), analytics.NewPermits()
	err := w.Past.PastDenials(w.ctx, func(d approvals.PastDecision) error {
		habits.Denial(d)
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("count denials: %w", err)
	}
	err = w.Past.PastDecisions(w.ctx, w.Since, func(d approvals.PastDecision) error {
		habits.Approval(d)
		permits.Decision(d)
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("count decisions: %w", err)
	}
	patterns, rarer := habits.Patterns()
	w.report.Rarer, w.report.Unknown = rarer, habits.Unknown()
	return patterns, permits, w.ends()
}

// ends reads what became of grants.
func (w *work) ends() error {
	uses := analytics.NewUses()
	err := w.Past.PastEnds(w.ctx, w.Since, func(e approvals.Event) error {
		uses.End(e)
		return nil
	})
	if err != nil {
		return fmt.Errorf("count ends of access: %w", err)
	}
	adopted, err := w.Past.AdoptedGrants(w.ctx, "")
	if err != nil {
		return err
	}
	w.report.Uses, w.report.Adopted = uses.List(), approvals.FallOffs(adopted)
	return nil
}

// unused names the permits that nobody uses, and returns the folder without
// them, or as it is where they can't be taken away line by line.
func (w *work) unused(permits *analytics.Permits) (*policy.Folder, error) {
	known, err := w.standing()
	if err != nil {
		return nil, err
	}
	w.report.Permits = permits.Uses(w.Folder.Set.RequestPermits(), w.Since, func(id string) time.Time { return known[id] })
	for _, u := range w.report.Permits {
		if u.Unused {
			w.report.Removal.Permits = append(w.report.Removal.Permits, u.Permit.ID)
		}
	}
	gone := w.report.Removal.Permits
	if len(gone) == 0 {
		return w.Folder, nil
	}
	without, err := w.Folder.Without(gone...)
	if err != nil {
		w.report.Removal.Why = firstLine(err)
		return w.Folder, nil
	}
	r, err := w.replay(without.Set)
	if err != nil {
		return nil, err
	}
	for _, by := range r.ByRule {
		if slices.Contains(gone, by.Name) {
			w.report.Removal.Flips += by.Count
		}
	}
	w.report.Removal.Patch = Patch(without.Edits)
	return without, nil
}

// standing says since when each policy is known to stand as it does now: since
// the oldest of the kept sets that have it unchanged, one after the other up to
// today.
func (w *work) standing() (map[string]time.Time, error) {
	kept, err := w.Past.KeptLaws(w.ctx, "policies")
	if err != nil {
		return nil, err
	}
	known := map[string]time.Time{}
	standing := map[string]string{}
	for _, ref := range w.Folder.Set.RequestPermits() {
		standing[ref.ID] = w.Folder.Set.RuleVersion(ref.ID)
	}
	slices.Reverse(kept)
	for _, k := range kept {
		if len(standing) == 0 {
			break
		}
		text, err := w.Past.Law(w.ctx, "policies", k.Name)
		if err != nil {
			return nil, err
		}
		then := pinned(k.Name, text)
		if then == nil {
			break // what came before is not known
		}
		for id, version := range standing {
			if then.RuleVersion(id) != version {
				delete(standing, id)
				continue
			}
			known[id] = k.Since
		}
	}
	return known, nil
}

// pinned is a kept policy set, nil when this program can't read it any more.
func pinned(digest, text string) *policy.Set {
	set, err := policy.Pinned(approvals.PolicyVersion{Digest: digest}, text)
	if err != nil {
		return nil
	}
	return set
}

// replay decides the requests of the report's time again.
func (w *work) replay(set *policy.Set) (*policy.Replay, error) {
	r, err := set.Replay(func(yield func(policy.Stored) error) error {
		return w.Past.FirstDecisions(w.ctx, w.Since, func(id approvals.RequestID, facts, assessment, ruling []byte) error {
			return yield(policy.Stored{Request: id, Facts: facts, Assessment: assessment, Ruling: ruling})
		})
	})
	if err == nil {
		w.report.Decisions = r.Decisions
	}
	return r, err
}

// replayDenials decides every denied request again, each look at it.
func (w *work) replayDenials(set *policy.Set) (*policy.Replay, error) {
	return set.Replay(func(yield func(policy.Stored) error) error {
		return w.Past.PastDenials(w.ctx, func(d approvals.PastDecision) error {
			return yield(policy.Stored{Request: d.Request, Facts: d.Facts, Assessment: d.Assessment, Ruling: d.Ruling})
		})
	})
}

package app

import (
	"cmp"
	"context"
	"strings"
	"sync"
	"time"

	"github.com/robfig/cron/v3"
	"golang.org/x/mod/sumdb/note"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/policy"
	"github.com/hallpass-dev/hallpass/approvals/review"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/scoring"
	"github.com/hallpass-dev/hallpass/store"
)

// The kinds of text that decide, as the store keeps them.
const (
	lawPolicies = "policies"
	lawWeights  = "weights"
)

// keepLaw keeps what decides: the policies in force, from now on each set before
// it comes into force, and the score's weights.
func keepLaw(ctx context.Context, c config.Config, a Access, s *store.Store) error {
	weights, text, err := weightsText(c)
	if err != nil {
		return err
	}
	if err := s.KeepLaw(ctx, lawWeights, weights.Model(), string(text)); err != nil {
		return err
	}
	return a.Policy.Keep(ctx, func(ctx context.Context, set *policy.Set) error {
		return s.KeepLaw(ctx, lawPolicies, set.Version().Digest, set.Pin())
	})
}

// Reviews makes the service that reviews past decisions.
func Reviews(ctx context.Context, c config.Config, a Access, s *store.Store, o Options) (*review.Service, error) {
	reviewers, err := a.reviewers(ctx, c)
	if err != nil {
		return nil, err
	}
	weights, _, err := weightsText(c)
	if err != nil {
		return nil, err
	}
	keys, err := LoadAuditKeys(c, o.Database == "")
	if err != nil {
		return nil, err
	}
	r := &review.Service{
		Store: s, Directory: a.People, Catalogue: a.Catalogue, Now: o.Now,
		Law:    &laws{store: s, live: a.Policy, sets: map[string]*policy.Set{}},
		Scores: &scores{store: s, models: map[string]*scoring.Weights{weights.Model(): weights}},
		Settings: review.Settings{Limit: c.Reviews.Limit, Deadline: c.Reviews.Deadline, Share: c.Reviews.Share, Reviewers: reviewers,
			Channel: cmp.Or(c.Reviews.Channel, c.BreakGlass.Channel)},
	}
	if len(keys.Signers) > 0 {
		r.Sign = func(text string) (string, error) {
			signed, err := note.Sign(&note.Note{Text: text}, keys.Signers...)
			return string(signed), err
		}
	}
	return r, nil
}

// laws are the policy sets that ever decided.
type laws struct {
	store *store.Store
	live  *policy.Live

	mu   sync.Mutex
	sets map[string]*policy.Set
}

// Judge decides by a set as it was.
func (l *laws) Judge(ctx context.Context, v approvals.PolicyVersion, f approvals.Facts, a approvals.Assessment) (approvals.Ruling, error) {
	set, err := l.set(ctx, v)
	if err != nil {
		return approvals.Ruling{}, err
	}
	return approvals.Judge(f, a, set, set), nil
}

// Text is a rule as it was written in a set.
func (l *laws) Text(ctx context.Context, v approvals.PolicyVersion, rule string) (string, error) {
	set, err := l.set(ctx, v)
	if err != nil {
		return "", err
	}
	return set.RuleText(rule), nil
}

// Version names the text of a rule in force.
func (l *laws) Version(rule string) string { return l.live.Set().RuleVersion(rule) }

func (l *laws) set(ctx context.Context, v approvals.PolicyVersion) (*policy.Set, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if set := l.sets[v.Digest]; set != nil {
		return set, nil
	}
	text, err := l.store.Law(ctx, lawPolicies, v.Digest)
	if err != nil {
		return nil, err
	}
	set, err := policy.Pinned(v, text)
	if err == nil {
		l.sets[v.Digest] = set
	}
	return set, err
}

// scores are the models that ever scored.
type scores struct {
	store *store.Store

	mu     sync.Mutex
	models map[string]*scoring.Weights
}

// Score scores facts by a model.
func (s *scores) Score(ctx context.Context, model string, f approvals.Facts) (approvals.Assessment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	weights := s.models[model]
	if weights == nil {
		var err error
		if weights, err = keptWeights(ctx, s.store, model); err != nil {
			return approvals.Assessment{}, err
		}
		s.models[model] = weights
	}
	return weights.Assess(f), nil
}

// keptWeights are the weights that scored under a model's name; CodeNotFound
// where they are not kept, or what is kept is not they.
func keptWeights(ctx context.Context, s *store.Store, model string) (*scoring.Weights, error) {
	text, err := s.Law(ctx, lawWeights, model)
	if err != nil {
		return nil, err
	}
	weights, err := scoring.ParseWeights([]byte(text))
	if err != nil || weights.Model() != model {
		return nil, approvals.Errorf(approvals.CodeNotFound, "What is kept as the model %s is not it.", model)
	}
	return weights, nil
}

// startKey begins the key of a task that starts a scheduled review:
// "start/KIND@TIME".
const startKey = "start/"

// campaigns are the reviews as the worker knows them.
type campaigns struct {
	*review.Service
	now func() time.Time
}

// Advance does the next step of a review, or starts one.
func (c campaigns) Advance(ctx context.Context, key string) (time.Time, error) {
	plan, ok := scheduled(key)
	if !ok {
		return c.Service.Advance(ctx, approvals.CampaignID(key))
	}
	_, err := c.Start(ctx, approvals.System("schedule"), plan)
	if approvals.ErrorCode(err) == approvals.CodeConflict { // the one before is still under way
		return c.now().Add(time.Hour), nil
	}
	return time.Time{}, err
}

// scheduled reads what a task starts: a review of the year, or the month, that
// ends with its time.
func scheduled(key string) (p review.Plan, ok bool) {
	rest, ok := strings.CutPrefix(key, startKey)
	if !ok {
		return p, false
	}
	kind, at, _ := strings.Cut(rest, "@")
	to, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return p, false
	}
	p = review.Plan{ID: approvals.CampaignID("rv_" + kind + "_" + to.Format("20060102t1504")), Kind: approvals.CampaignKind(kind), From: to.AddDate(-1, 0, 0), To: to}
	if p.Kind == approvals.CampaignBlind {
		p.From = to.AddDate(0, -1, 0)
	}
	return p, true
}

// missedAtMost is how long ago a scheduled start may have been that nobody was
// there for.
const missedAtMost = 31 * 24 * time.Hour

// calendar puts the start of each scheduled review, under a key on which all
// replicas agree, and also when it fell into a time in which nobody ran.
func (a *App) calendar(ctx context.Context) error {
	every := time.NewTicker(time.Minute)
	defer every.Stop()
	since := map[string]time.Time{}
	for {
		for kind, spec := range map[string]string{string(approvals.CampaignYearly): a.config.Reviews.Yearly, string(approvals.CampaignBlind): a.config.Reviews.Blind} {
			if spec == "" {
				continue
			}
			plan, err := cron.ParseStandard(spec)
			if err != nil {
				return err
			}
			due, ok := lastTick(plan, since[kind], a.now())
			if !ok {
				continue
			}
			task := approvals.Task{Kind: approvals.TaskReview, Key: startKey + kind + "@" + due.Format(time.RFC3339), RunAt: a.now()}
			if _, err := a.Store.Tick(ctx, task); err != nil {
				a.log.Warn("a scheduled review could not be started yet", "review", kind, "error", err)
				continue
			}
			since[kind] = due
		}
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
		}
	}
}

// lastTick is the last time of a schedule that has come since another; ok is
// false for none.
func lastTick(plan cron.Schedule, since, now time.Time) (last time.Time, ok bool) {
	now = now.UTC()
	if earliest := now.Add(-missedAtMost); since.Before(earliest) {
		since = earliest
	}
	for next := plan.Next(since.UTC()); !next.IsZero() && !next.After(now); next = plan.Next(next) {
		last, ok = next, true
	}
	return last, ok
}

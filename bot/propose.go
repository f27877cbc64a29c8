package bot

import (
	"context"
	"slices"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
	"github.com/hallpass-dev/hallpass/bot/understand"
	"github.com/hallpass-dev/hallpass/prompts"
)

// Proposer is a language model that reads somebody's words into a form. It may
// be slow, wrong or hostile: what it says fills a draft's open slots at most,
// marked, for the person to look at.
type Proposer interface {
	Propose(ctx context.Context, in prompts.ProposalInput) (prompts.Proposal, error)
}

const (
	proposalsAtOnce = 4 // more words than that find the model busy, and do without it
	proposeWithin   = 15 * time.Second
	choicesAtMost   = 40
	choicesFound    = 12
)

// aside asks the model what a draft's words mean, while everything else goes
// on: the draft's card is on its way already.
func (b *Bot) aside(ctx context.Context, r approvals.Request, text string, wish understand.Wish, world understand.World) {
	if b.cfg.Proposer == nil || r.State != approvals.RequestDraft || r.Entitlement != "" || len(wish.Together) > 0 || levelIsOpen(world.Index.Find(wish.Candidates)) {
		return
	}
	select {
	case b.proposing <- struct{}{}:
	default:
		return
	}
	b.asides.Go(func() {
		defer func() { <-b.proposing }()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), proposeWithin)
		defer cancel()
		if err := b.guarded(ctx, func() error { return b.propose(ctx, r, text, choices(text, wish, world)) }); err != nil {
			b.log.InfoContext(ctx, "no proposal for a draft; its person fills it in", "request", r.ID, "code", prompts.CodeOf(err), "error", err)
		}
	})
}

// levelIsOpen reports whether words name one thing and leave open which level
// or environment of it: that is asked, and never filled in.
func levelIsOpen(candidates []approvals.Entitlement) bool {
	return len(candidates) > 1 && !slices.ContainsFunc(candidates, func(e approvals.Entitlement) bool { return e.Resource != candidates[0].Resource })
}

// choices are the few entitlements that words may mean: those that the parser
// came close to, those that the search finds, and of a small catalogue all.
func choices(text string, wish understand.Wish, world understand.World) []approvals.Entitlement {
	list := world.Index.Find(wish.Candidates)
	add := func(more []approvals.Entitlement) {
		for _, e := range more {
			if len(list) < choicesAtMost && !slices.ContainsFunc(list, func(o approvals.Entitlement) bool { return o.ID == e.ID }) {
				list = append(list, e)
			}
		}
	}
	add(world.Index.Search(text, choicesFound))
	if all := world.Index.All(); len(all) <= choicesAtMost {
		add(all)
	}
	return list
}

// propose asks the model and hands what it proposes to the Service.
func (b *Bot) propose(ctx context.Context, r approvals.Request, text string, list []approvals.Entitlement) error {
	if len(list) == 0 {
		return nil
	}
	in := prompts.ProposalInput{Words: text}
	for _, e := range list {
		in.Choices = append(in.Choices, prompts.Choice{Name: e.Name, Level: e.Level, Resource: e.Resource, Environment: e.Environment, About: e.Description})
	}
	got, err := b.cfg.Proposer.Propose(ctx, in)
	if err != nil {
		return err
	}
	p := approvals.Proposal{Request: r.ID, Version: r.Version, Duration: got.Duration, Reason: got.Reason, Ticket: got.Ticket, Model: got.Model, Prompt: got.PromptVersion}
	if got.Choice >= 0 && got.Choice < len(list) {
		p.Entitlement = list[got.Choice].ID
	}
	o, _ := readOrigin(r.Origin)
	o.Proposed = markOf(r, p)
	p.Origin = o.String()
	_, err = b.cfg.Service.Propose(ctx, p)
	if approvals.ErrorCode(err) == approvals.CodeConflict {
		return nil // its person was faster
	}
	return err
}

// marked is what a model proposed for a draft, to be told from what was said.
type marked struct {
	Entitlement approvals.EntitlementID `json:"entitlement,omitempty"`
	Duration    time.Duration           `json:"duration,omitempty"`
	Reason      string                  `json:"reason,omitempty"`
	Ticket      string                  `json:"ticket,omitempty"`
	Model       string                  `json:"model,omitempty"`
}

// markOf notes what a proposal may fill in of a draft.
func markOf(r approvals.Request, p approvals.Proposal) *marked {
	m := &marked{Model: p.Model}
	if r.Entitlement == "" {
		m.Entitlement = p.Entitlement
	}
	if r.Duration == 0 {
		m.Duration = p.Duration
	}
	if r.Reason == "" {
		m.Reason = p.Reason
	}
	if r.Ticket == "" {
		m.Ticket = p.Ticket
	}
	return m
}

// on says which of a draft's values are still those that were proposed.
func (m *marked) on(r approvals.Request) *cards.Proposed {
	if m == nil || r.State != approvals.RequestDraft {
		return nil
	}
	p := &cards.Proposed{
		Access: m.Entitlement != "" && m.Entitlement == r.Entitlement, Duration: m.Duration > 0 && m.Duration == r.Duration,
		Reason: m.Reason != "" && m.Reason == r.Reason, Ticket: m.Ticket != "" && m.Ticket == r.Ticket, Model: m.Model,
	}
	if !p.Access && !p.Duration && !p.Reason && !p.Ticket {
		return nil
	}
	return p
}

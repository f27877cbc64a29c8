package review

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Close ends a campaign now: what nobody has reviewed was not reviewed in time.
// Its rules stop approving by themselves, and the result is signed.
func (s *Service) Close(ctx context.Context, actor approvals.Actor, id approvals.CampaignID) (approvals.Campaign, error) {
	for range answerTries {
		c, err := s.Store.Campaign(ctx, id)
		if err != nil {
			return c, err
		}
		switch c.State {
		case approvals.CampaignClosed:
			return c, approvals.Errorf(approvals.CodeAlreadyDecided, "This review is closed already.")
		case approvals.CampaignOpen:
		default:
			return c, approvals.Errorf(approvals.CodeIllegalTransition, "This review is %s: nobody could look at it yet. It opens by itself.", c.State)
		}
		c, err = s.closeOnce(ctx, actor, c)
		if approvals.ErrorCode(err) != approvals.CodeConflict {
			return c, err
		}
	}
	return approvals.Campaign{}, approvals.Errorf(approvals.CodeUnavailable, "Others are reviewing at this moment. Please try again.")
}

func (s *Service) closeOnce(ctx context.Context, actor approvals.Actor, c approvals.Campaign) (approvals.Campaign, error) {
	items, err := s.Store.ReviewItems(ctx, c.ID)
	if err != nil {
		return c, err
	}
	if c, err = c.Move(approvals.CampaignClosed); err != nil {
		return c, err
	}
	c.ClosedAt, c.Words = s.now(), ""
	var ch approvals.Change
	for i := range c.Strata {
		if c.Strata[i].Outcome != "" {
			continue
		}
		c.Strata[i].Outcome = approvals.StratumLate
		if c.Kind != approvals.CampaignBlind {
			if err := s.lapse(ctx, &ch, c, c.Strata[i]); err != nil {
				return c, err
			}
		}
	}
	found, err := s.Store.ReviewExceptions(ctx, c.ID)
	if err != nil {
		return c, err
	}
	c.Words = verdict(c)
	text := Result(c, found)
	c.Result = text
	if s.Sign != nil {
		if c.Result, err = s.Sign(text); err != nil {
			return c, err
		}
	}
	sum := sha256.Sum256([]byte(text))
	ev := event(c.ClosedAt, approvals.EventReviewClosed, actor, c, map[string]string{
		"result": c.Result, "digest": hex.EncodeToString(sum[:]), "in_words": c.Words})
	ch.Campaigns, ch.Events = []approvals.Campaign{c}, append([]approvals.Event{ev}, ch.Events...)
	ch.Cancel = []approvals.Task{{Kind: approvals.TaskReview, Key: string(c.ID)}}
	ch.Notices = append(ch.Notices, s.results(ctx, c)...)
	ch.Notices = append(ch.Notices, cards(c.ID, asked(items)...)...)
	if err := s.Store.Apply(ctx, ch); err != nil {
		return c, err
	}
	c.Version++
	return c, nil
}

// ResultSlot begins the slots of messages that tell a campaign's result.
func ResultSlot(id approvals.CampaignID) string { return "result/" + string(id) }

// results tell what came of a campaign: the security channel, else the admins.
func (s *Service) results(ctx context.Context, c approvals.Campaign) []approvals.Notice {
	slot, admins := ResultSlot(c.ID), s.admins(ctx)
	if s.Channel != "" {
		return append(homes(admins...), approvals.Notice{Slot: slot + "/" + s.Channel, Order: slot, Kind: approvals.NoticeResult, Channel: s.Channel})
	}
	ns := homes(admins...)
	for _, id := range admins {
		ns = append(ns, approvals.Notice{Slot: slot + "/" + string(id), Order: slot, Kind: approvals.NoticeResult, To: id})
	}
	return ns
}

// lapse ends the approving of a stratum's rules, in the version that held when
// the sample was drawn.
func (s *Service) lapse(ctx context.Context, ch *approvals.Change, c approvals.Campaign, st approvals.Stratum) error {
	now := s.now()
	for _, rule := range st.Rules {
		version := st.Versions[rule]
		if version == "" || slices.ContainsFunc(ch.Lapses, func(l approvals.Lapse) bool { return l.Rule == rule && l.Text == version }) {
			continue
		}
		known, err := s.lapseOf(ctx, c.ID, rule, version)
		if err != nil {
			return err
		}
		if known.Version > 0 && known.Holds() {
			continue
		}
		l := approvals.Lapse{Rule: rule, Text: version, Campaign: c.ID, Version: known.Version, Since: now, Why: why(c, st)}
		ch.Lapses = append(ch.Lapses, l)
		ch.Events = append(ch.Events, event(now, approvals.EventRuleLapsed, approvals.System("review"), c,
			map[string]string{"rule": rule, "text": version, "stratum": st.Name, "why": l.Why}))
		for _, id := range s.admins(ctx) {
			ch.Notices = append(ch.Notices, approvals.Notice{Slot: "lapse/" + string(c.ID) + "/" + rule + "/" + string(id), Order: "lapse/" + rule, Kind: approvals.NoticeAlert, To: id,
				Words: fmt.Sprintf("The rule %s no longer approves by itself: %s People are asked instead, until a new version of the rule comes, or an admin lifts it on the Home tab or with hallpass review lift.", rule, l.Why)})
		}
	}
	return nil
}

// lapseOf finds how a campaign ended a rule's approving before, by another
// stratum of the same rule: one that holds, or that was lifted since. The zero
// value: it did not.
func (s *Service) lapseOf(ctx context.Context, id approvals.CampaignID, rule, version string) (approvals.Lapse, error) {
	all, err := s.Store.Lapses(ctx)
	i := slices.IndexFunc(all, func(l approvals.Lapse) bool { return l.Campaign == id && l.Rule == rule && l.Text == version })
	if err != nil || i < 0 {
		return approvals.Lapse{}, err
	}
	return all[i], nil
}

// why says in words why a rule lapsed.
func why(c approvals.Campaign, st approvals.Stratum) string {
	if st.Outcome == approvals.StratumLate {
		return fmt.Sprintf("only %d of %d of its decisions (%s) were reviewed in time.", st.Answered(), st.Size, st.Name)
	}
	return fmt.Sprintf("a review found %d of %d of its decisions (%s) not right, more than goes with at most %d%% wrong.", st.Deviations(), st.Answered(), st.Name, c.Limit)
}

// verdict says what came of a campaign.
func verdict(c approvals.Campaign) string {
	var failed, late, passed int
	for _, st := range c.Strata {
		switch st.Outcome {
		case approvals.StratumFailed:
			failed++
		case approvals.StratumLate:
			late++
		case approvals.StratumPassed:
			passed++
		}
	}
	answered, _ := c.Progress()
	if c.Kind == approvals.CampaignBlind {
		return fmt.Sprintf("People looked at %d of %d automatic approvals without knowing the answer; what they said teaches the score.", answered, c.Population)
	}
	exceptions := fmt.Sprintf("%d exceptions", c.Found)
	if c.Found == 1 {
		exceptions = "1 exception"
	}
	words := fmt.Sprintf("%d automatic decisions were computed again with %s, and people looked at %d of them. ", c.Checked, exceptions, answered)
	if failed+late == 0 {
		return words + fmt.Sprintf("In each of %d groups at most %d%% were wrong, with 95%% confidence.", passed, c.Limit)
	}
	return words + fmt.Sprintf("Of %d groups %d passed, %d failed, %d were not reviewed in time; the rules of those that did not pass stopped approving by themselves.",
		len(c.Strata), passed, failed, late)
}

// Result is what is signed: how the campaign was made and what it found, a line
// each. It names decisions by number alone.
func Result(c approvals.Campaign, found []approvals.ReviewException) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("hallpass review result 1")
	line("review %s, %s", c.ID, c.Kind)
	line("period %s to %s", c.From.Format(time.RFC3339), c.To.Format(time.RFC3339))
	line("frozen %s at %d events: %d decisions, %s", c.FrozenAt.Format(time.RFC3339), c.Size, c.Population, c.Digest)
	line("recomputed %d, exceptions %d", c.Checked, c.Found)
	kinds := map[approvals.ExceptionKind]int{}
	for _, x := range found {
		kinds[x.Kind]++
	}
	for _, k := range []approvals.ExceptionKind{approvals.ExceptionFacts, approvals.ExceptionLaw, approvals.ExceptionMissing, approvals.ExceptionReadBack,
		approvals.ExceptionRuling, approvals.ExceptionRunsOn, approvals.ExceptionScore} {
		if kinds[k] > 0 {
			line("exceptions %s %d", k, kinds[k])
		}
	}
	line("seed %s of the checkpoint over %d events", c.Seed, c.SeedSize)
	line("limit %d percent", c.Limit)
	for _, s := range c.Strata {
		line("stratum %s: population %d, sample %d, right %d, wrong %d, unsure %d: %s", s.Name, s.Population, s.Size, s.Right, s.Wrong, s.Unsure, s.Outcome)
	}
	line("closed %s", c.ClosedAt.Format(time.RFC3339))
	line("%s", c.Words)
	return b.String()
}

package approvals

import (
	"context"
	"slices"
	"time"
)

// Stage is those who are asked together. A stage is passed when Quorum of them
// agree, and the next is asked then: all must be passed. Where EscalateAfter is
// set, the next stage stands in for one that does not answer in that time:
// either of the two may then pass the step. After the last stage the security
// queue stands in.
type Stage struct {
	Number        int           `json:"number"`                   // as policies say it, from 1
	Quorum        int           `json:"quorum"`                   // approvals needed, at least 1
	Channel       string        `json:"channel,omitempty"`        // where it is asked; empty: by direct message
	EscalateAfter time.Duration `json:"escalate_after,omitempty"` // zero: nobody else stands in
	// Approvers are asked besides those whom the catalogue names: whom the
	// stage's policies name in their heads.
	Approvers []ApproverRef `json:"approvers,omitempty"`
}

// stages are the ruling's stages, or the one that a ruling without any is.
func (r Ruling) stages() []Stage {
	if len(r.Stages) > 0 {
		return r.Stages
	}
	return []Stage{{Quorum: max(r.Quorum, 1), Channel: r.Channel, EscalateAfter: r.EscalateAfter}}
}

// lastRung is the last of the stages that stand in for each other, from the
// given one on. Together they are one step.
func lastRung(stages []Stage, first int) (last int) {
	last = first
	for last < len(stages)-1 && stages[last].EscalateAfter > 0 {
		last++
	}
	return last
}

// panel is who may answer in one stage, ordered as they are asked.
type panel struct {
	Stage
	members  []candidate
	below    []candidate // of the stages that it stands in for: what they gave counts
	fallback bool        // the security queue is among them
}

// walk goes through the stages of a ruling with the answers given so far. It
// returns the stages in which an answer is waited for, or, when all are
// passed, those of the last step and true. One person's yes passes one stage:
// two stages are two people. The error (CodeUnavailable) says that somebody
// could not be looked up, who counts for nobody here: what is not passed then
// may well be.
func (s *Service) walk(ctx context.Context, d Decision, given []Approval) (open []panel, passed bool, err error) {
	s, doubt := s.watched()
	open, passed = s.stroll(ctx, d, given)
	if passed {
		return open, true, nil
	}
	return open, false, doubt.err
}

func (s *Service) stroll(ctx context.Context, d Decision, given []Approval) (open []panel, passed bool) {
	stages := d.Ruling.stages()
	all := s.candidates(ctx, d, stages)
	given = slices.DeleteFunc(slices.Clone(given), func(a Approval) bool { // a delegate who has left counts for nobody
		_, err := s.active(ctx, a.Approver)
		return a.For != "" && err != nil
	})
	var used []candidate
	for first := 0; first < len(stages); {
		last := lastRung(stages, first)
		var below []candidate
		open, passed = nil, false
		for k := first; k <= last; k++ {
			p := panel{Stage: stages[k], members: seated(all, stages, k), below: below}
			below = append(slices.Clone(below), p.members...)
			short := p.short(d, given, used)
			if final := k == len(stages)-1; k == last && (short || final && d.Escalated) {
				p.members, p.fallback = s.queue(ctx, d, p.members), true
			}
			open = append(open, p)
			if by := p.yes(given, used); p.passed(by) {
				passed, used = true, append(used, by...)
				break
			}
			if k < last && !short && (len(d.Ruling.Stages) == 0 || stages[k+1].Number > d.Stage) {
				break // the next is not asked yet
			}
		}
		if !passed {
			return open, false
		}
		first = last + 1
	}
	return open, true
}

// seated are the candidates of one stage.
func seated(all []candidate, stages []Stage, k int) []candidate {
	var members []candidate
	for _, c := range all {
		if len(stages) == 1 || slices.Contains(c.stages, stages[k].Number) || len(c.stages) == 0 && k == 0 {
			members = append(members, c)
		}
	}
	return members
}

// seat is where somebody who may answer sits in a panel; -1: nowhere.
func (p panel) seat(id PrincipalID) int {
	return slices.IndexFunc(p.members, func(c candidate) bool { return c.ID == id && !c.away })
}

// asks reports whether somebody may answer in one of these stages.
func asks(open []panel, id PrincipalID) bool {
	return slices.ContainsFunc(open, func(p panel) bool { return p.seat(id) >= 0 })
}

// waiting are those of a panel who may answer and have not.
func (p panel) waiting(given []Approval) (ids []PrincipalID) {
	for _, c := range p.members {
		if !c.away && !slices.ContainsFunc(given, func(a Approval) bool { return a.Approver == c.ID }) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// yes lists whose approvals count for a panel, at most its quorum: first of its
// own people, then of the stages that it stands in for, each in the order
// given. An approval counts while its giver may still answer, also one by a
// delegate. None counts twice, be it under two accounts, in their own name and
// by a delegate, or in an earlier stage.
func (p panel) yes(given []Approval, used []candidate) (by []candidate) {
	for _, members := range [][]candidate{p.members, p.below} {
		for _, a := range given {
			i := slices.IndexFunc(members, func(c candidate) bool { return c.gave(a) })
			if a.Answer != Approved || len(by) == p.Quorum || i < 0 {
				continue
			}
			twice := func(o candidate) bool { return o.SamePerson(members[i].Principal) }
			if !slices.ContainsFunc(used, twice) && !slices.ContainsFunc(by, twice) {
				by = append(by, members[i])
			}
		}
	}
	return by
}

// passed reports whether approvals are enough for a panel: its quorum, and one
// of its own people. Nobody passes the stage that stands in for them.
func (p panel) passed(by []candidate) bool {
	return len(by) >= max(p.Quorum, 1) && slices.ContainsFunc(p.members, func(c candidate) bool { return c.ID == by[0].ID })
}

// short reports whether a panel cannot pass with those who are left.
func (p panel) short(d Decision, given []Approval, used []candidate) bool {
	by, left := p.yes(given, used), len(d.reachable(p.waiting(given)))
	return !p.passed(by) && (left == 0 || left+len(by) < p.Quorum)
}

// ask adds those who are to be asked now: the channel of each open stage, or
// each of its people who can be reached, up to a bound, by a message of their
// own.
func (d Decision) ask(open []panel) Decision {
	d.Approvers, d.For, d.Fallback = nil, nil, false
	before := d.Stage
	for _, p := range open {
		if len(d.Ruling.Stages) > 0 {
			d.Stage = p.Number
		}
		d.Fallback = d.Fallback || p.fallback
		var ids []PrincipalID
		for _, c := range p.members {
			if c.away {
				continue
			}
			ids = appendNew(ids, c.ID)
			if c.instead != "" && !slices.Contains(d.Approvers, c.ID) {
				if d.For == nil {
					d.For = map[PrincipalID]PrincipalID{}
				}
				d.For[c.ID] = c.instead
			}
		}
		d.Approvers = appendNew(d.Approvers, ids...)
		if p.Channel != "" && !p.fallback && !slices.Contains(d.UnreachedIn, p.Channel) {
			if !slices.Contains(d.AskedIn, p.Channel) {
				d.AskedIn = append(slices.Clone(d.AskedIn), p.Channel)
			}
			continue
		}
		there := d.reachable(ids)
		d.Asked = appendNew(slices.Clone(d.Asked), there[:min(len(there), askedAtMost)]...)
	}
	if len(d.Ruling.Stages) == 0 {
		d.Stage = 0
	}
	if d.Sequence == 1 || d.Stage > before {
		d.StageAt = d.At
	}
	return d
}

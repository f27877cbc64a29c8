package approvals

import (
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

// panel is who may answer in one stage.
type panel struct {
	Stage
	people   []PrincipalID
	fallback bool
}

// yes lists who has given the approvals of a panel's people that no earlier
// step has used, in the order given, at most the quorum.
func (p panel) yes(given []Approval, used []PrincipalID) (by []PrincipalID) {
	for _, a := range given {
		if len(by) < p.Quorum && a.Answer == Approved && slices.Contains(p.people, a.Approver) && !slices.Contains(used, a.Approver) {
			by = append(by, a.Approver)
		}
	}
	return by
}

package approvals

import (
	"context"
	"strconv"
	"time"
)

// Escalate asks the next stage of a request as well, because the one before it
// did not answer in time, or after the last one the security queue. Before its
// time it does nothing.
func (s *Service) Escalate(ctx context.Context, id RequestID) (Request, error) {
	for range answerTries {
		r, err := s.escalateOnce(ctx, id)
		if ErrorCode(err) != CodeConflict {
			return r, err
		}
	}
	return Request{}, Errorf(CodeUnavailable, "Others are changing this request right now.")
}

func (s *Service) escalateOnce(ctx context.Context, id RequestID) (Request, error) {
	r, err := s.Store.Request(ctx, id)
	if err != nil || r.State != RequestPending {
		return r, err
	}
	old, err := s.Store.Decision(ctx, id)
	if err != nil {
		return r, err
	}
	k := old.furthest()
	stages := old.Ruling.stages()
	if after := stages[k].EscalateAfter; after <= 0 || old.Escalated || s.now().Before(old.StageAt.Add(after)) {
		return r, nil
	}
	if k == len(stages)-1 {
		old.Escalated = true
	} else {
		old.Stage = stages[k+1].Number
	}
	d, err := s.decide(ctx, r, old)
	if err != nil {
		return r, err
	}
	d.StageAt = d.At
	return s.settleWith(ctx, r, d, Change{Events: []Event{s.staged(EventRequestEscalated, System("worker"), r, d)}})
}

// furthest is the index of the stage that was asked last.
func (d Decision) furthest() int {
	k := 0
	for i, stage := range d.Ruling.stages() {
		if stage.Number <= d.Stage {
			k = i
		}
	}
	return k
}

// further reports whether a decision asks a stage that the one before it did
// not, or now the security queue.
func (d Decision) further(old Decision) bool {
	return d.Stage > old.Stage || d.Escalated && !old.Escalated
}

// opened begins a stage: it has its own time to answer, its own reminder, and
// its own escalation.
func (s *Service) opened(c *Change, r Request, d Decision) Request {
	if until := d.At.Add(s.patience(d.Ruling)); r.Kind == KindAccess && until.After(r.LapsesAt) {
		r.LapsesAt = until
	}
	c.Tasks = append(c.Tasks,
		Task{Kind: TaskLapse, Key: string(r.ID), RunAt: r.LapsesAt},
		Task{Kind: TaskChase, Key: string(r.ID), RunAt: d.At.Add(s.chaseIn(d.Ruling))})
	c.Tasks = append(c.Tasks, escalation(r, d)...)
	return r
}

// escalation is the task that asks the next stage, if there is one to ask.
func escalation(r Request, d Decision) []Task {
	after := d.Ruling.stages()[d.furthest()].EscalateAfter
	if after <= 0 || d.Escalated {
		return nil
	}
	return []Task{{Kind: TaskEscalate, Key: string(r.ID), RunAt: d.StageAt.Add(after)}}
}

// patience is how long a stage waits for an answer.
func (s *Service) patience(r Ruling) time.Duration {
	if r.LapseAfter > 0 {
		return r.LapseAfter
	}
	return s.lapseAfter()
}

// chaseIn is after how long a stage is reminded.
func (s *Service) chaseIn(r Ruling) time.Duration {
	if r.LapseAfter > 0 {
		return min(s.chaseAfter(), r.LapseAfter/2)
	}
	return s.chaseAfter()
}

// staged is an event that names the stage which is asked now.
func (s *Service) staged(kind EventKind, actor Actor, r Request, d Decision) Event {
	ev := withDecision(s.event(d.At, kind, actor, r), d)
	ev.Detail = map[string]string{"stage": strconv.Itoa(d.Stage)}
	if d.Escalated {
		ev.Detail["stage"] = "security queue"
	}
	return ev
}

package approvals

import (
	"context"
	"fmt"
	"slices"
)

// Unreached says that a notice can't be delivered, now or later: the channel is
// gone or the bot was put out of it, the person has no account there. When it
// asked for an answer that is still waited for, the request is decided again
// and others are asked: the approvers one by one in place of a channel, the
// next approver in place of a person, and at last the security queue. Why is
// the door's own word for it, such as "is_archived". Other notices, and a
// second telling, change nothing.
func (s *Service) Unreached(ctx context.Context, door string, n Notice, why string) error {
	if n.Kind == NoticeBreakGlass && n.Channel != "" { // people are told one by one besides
		return s.Alert(ctx, "unreached/"+n.Channel, fmt.Sprintf(
			"Break-glass can't be told in the channel %s (%s). Invite the bot to it, or name another channel in hallpass.yaml.", n.Channel, why))
	}
	if n.Kind != NoticeApproval {
		return nil
	}
	for range answerTries {
		if err := s.unreachedOnce(ctx, door, n, why); ErrorCode(err) != CodeConflict {
			return err
		}
	}
	return Errorf(CodeUnavailable, "Others are changing this request right now.")
}

func (s *Service) unreachedOnce(ctx context.Context, door string, n Notice, why string) error {
	r, err := s.Store.Request(ctx, n.Request)
	if err != nil || r.State != RequestPending {
		return err
	}
	old, err := s.Store.Decision(ctx, r.ID)
	if err != nil {
		return err
	}
	if slices.Contains(old.Unreached, n.To) || slices.Contains(old.UnreachedIn, n.Channel) {
		return nil
	}
	ev := s.event(s.now(), EventRequestUnreached, System(door), r)
	ev.Detail = map[string]string{"why": why}
	var alerts []Notice
	if n.Channel != "" {
		old.UnreachedIn = append(slices.Clone(old.UnreachedIn), n.Channel)
		old.AskedIn = slices.DeleteFunc(slices.Clone(old.AskedIn), func(c string) bool { return c == n.Channel })
		ev.Detail["channel"] = n.Channel
		alerts = s.alert(ctx, "unreached/"+n.Channel, fmt.Sprintf(
			"Requests can't be posted to the channel %s (%s), so its approvers are asked one by one. Invite the bot to it, or name another channel in the policy.", n.Channel, why))
	} else {
		old.Unreached = append(slices.Clone(old.Unreached), n.To)
		old.Asked = slices.DeleteFunc(slices.Clone(old.Asked), func(id PrincipalID) bool { return id == n.To })
		ev.Detail["person"] = string(n.To)
	}
	d, err := s.decide(ctx, r, old)
	if err != nil {
		return err
	}
	_, err = s.settleWith(ctx, r, d, Change{Events: []Event{ev}, Notices: alerts})
	return err
}

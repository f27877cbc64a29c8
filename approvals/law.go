package approvals

import "context"

// Law records that the access folder was read again and which policies are in
// force. A problem says, in words, why what was read was not taken: then the
// version is that of the set which stays, and every admin is told.
func (s *Service) Law(ctx context.Context, v PolicyVersion, problem string) error {
	ev := Event{At: s.now(), Kind: EventPolicyLoaded, Actor: System("reload"), Version: v}
	if problem == "" {
		return s.Store.Apply(ctx, Change{Events: []Event{ev}})
	}
	ev.Kind = EventPolicyRejected
	return s.Store.Apply(ctx, Change{Events: []Event{ev}, Notices: s.alert(ctx, "law/"+ev.At.Format("20060102150405.000"),
		"The access folder was changed, but what it holds now was not taken. What was in force stays in force.\n"+problem)})
}

package approvals

import (
	"context"
	"slices"
)

// requesterCards tells requester and beneficiary how the request stands: one
// message each, edited as it moves on, and their Home tabs.
func requesterCards(r Request) []Notice {
	order, slot, kind := string(r.ID), "request/"+string(r.ID), NoticeRequest
	if r.Bundle != "" { // what was asked together is shown as one
		order, slot, kind = string(r.Bundle), "bundle/"+string(r.Bundle), NoticeBundle
	}
	ns := []Notice{{Slot: slot, Order: order, Kind: kind, Request: r.ID, To: r.Requester}}
	if r.Beneficiary != r.Requester {
		ns = append(ns, Notice{Slot: slot + "/beneficiary", Order: order, Kind: kind, Request: r.ID, To: r.Beneficiary})
	}
	return append(ns, homes(r.Requester, r.Beneficiary)...)
}

// reachable are those of some people whom a card may still reach.
func (d Decision) reachable(ids []PrincipalID) []PrincipalID {
	return slices.DeleteFunc(slices.Clone(ids), func(id PrincipalID) bool { return slices.Contains(d.Unreached, id) })
}

// approverCards asks those whom a decision asks, or edits what they were shown.
func approverCards(r Request, d Decision) []Notice {
	order := string(r.ID)
	var ns []Notice
	for _, channel := range d.AskedIn {
		ns = append(ns, Notice{Slot: "approval/" + order + "/" + channel, Order: order, Kind: NoticeApproval, Request: r.ID, Channel: channel})
	}
	for _, id := range d.Asked {
		ns = append(ns, Notice{Slot: "approval/" + order + "/" + string(id), Order: order, Kind: NoticeApproval, Request: r.ID, To: id})
	}
	return append(ns, homes(d.Asked...)...)
}

// threads turns approver cards into notices for the thread below each.
func threads(kind NoticeKind, cards []Notice) []Notice {
	var ns []Notice
	for _, n := range cards {
		if n.Kind == NoticeApproval {
			n.Slot, n.Kind = string(kind)+"/"+n.Slot, kind
			ns = append(ns, n)
		}
	}
	return ns
}

// homes republishes the Home tabs of people whose state changed.
func homes(people ...PrincipalID) []Notice {
	var ns []Notice
	for _, id := range appendNew(nil, people...) {
		ns = append(ns, Notice{Slot: "home/" + string(id), Order: "home/" + string(id), Kind: NoticeHome, To: id})
	}
	return ns
}

// RedrawHome has a person's Home tab drawn when it is its turn.
func (s *Service) RedrawHome(ctx context.Context, id PrincipalID) error {
	return s.Store.Apply(ctx, Change{Notices: homes(id)})
}

package approvals

import "slices"

// requesterCards tells requester and beneficiary how the request stands: one
// message each, edited as it moves on, and their Home tabs.
func requesterCards(r Request) []Notice {
	order := string(r.ID)
	ns := []Notice{{Slot: "request/" + order, Order: order, Kind: NoticeRequest, Request: r.ID, To: r.Requester}}
	if r.Beneficiary != r.Requester {
		ns = append(ns, Notice{Slot: "request/" + order + "/beneficiary", Order: order, Kind: NoticeRequest, Request: r.ID, To: r.Beneficiary})
	}
	return append(ns, homes(r.Requester, r.Beneficiary)...)
}

// ask adds those who are to be asked now: the channel that the policy names,
// or each approver who can be reached, up to a bound, by a message of their own.
func (d Decision) ask() Decision {
	if d.Ruling.Channel != "" && !d.Fallback && !slices.Contains(d.UnreachedIn, d.Ruling.Channel) {
		if !slices.Contains(d.AskedIn, d.Ruling.Channel) {
			d.AskedIn = append(slices.Clone(d.AskedIn), d.Ruling.Channel)
		}
		return d
	}
	there := d.reachable(d.Approvers)
	d.Asked = appendNew(slices.Clone(d.Asked), there[:min(len(there), askedAtMost)]...)
	return d
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

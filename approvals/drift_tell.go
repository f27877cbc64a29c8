package approvals

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// news is the kind of event that tells of a drift: none of its own where it is
// part of a first look.
func (d Drift) news() EventKind {
	switch {
	case !d.Open():
		return EventDriftResolved
	case d.Kind == DriftStanding:
		return EventDriftBaseline
	default:
		return EventDriftOpened
	}
}

// event starts an audit event about a drift.
func (d Drift) event(at time.Time, kind EventKind, actor Actor) Event {
	ev := Event{At: at, Kind: kind, Actor: actor, Grant: d.Grant, Entitlement: d.Entitlement, Beneficiary: d.Principal, Connector: d.Connector,
		Operation: "list", Detail: map[string]string{"drift": string(d.ID), "kind": string(d.Kind), "account": d.Account}}
	switch {
	case !d.Open():
		ev.Detail["resolution"], ev.Detail["first_seen"] = string(d.Resolution), d.FirstSeen.Format(time.RFC3339)
	case d.Kind != DriftStanding:
		ev.Detail["repair"] = string(d.Repair)
	}
	if d.Instead != "" {
		ev.Detail["instead"] = string(d.Instead)
	}
	return ev
}

// MendKey begins the key of a sweep task that repairs one drift:
// "mend/CONNECTOR@DRIFT".
const MendKey = "mend/"

// mending are the tasks that repair what is open.
func mending(all []Drift, at time.Time) (tasks []Task) {
	for _, d := range all {
		if d.Exception() && d.Repair != DriftReport {
			tasks = append(tasks, Task{Kind: TaskSweep, Key: MendKey + d.Connector + "@" + string(d.ID), RunAt: at})
		}
	}
	return tasks
}

// namedAtMost bounds how many accounts one message names.
const namedAtMost = 5

// driftNotices tell owners and security what is new, in one message for all
// that one look found, and redraw the Home tabs of admins when their number
// changes.
func (s *Service) driftNotices(ctx context.Context, e Entitlement, step []Drift) []Notice {
	var opened []Drift
	changed := false
	for _, d := range step {
		changed = changed || d.Kind != DriftStanding
		if d.Exception() {
			opened = append(opened, d)
		}
	}
	if !changed {
		return nil
	}
	ns := homes(s.admins(ctx)...)
	if len(opened) == 0 {
		return ns
	}
	var words []string
	for _, kind := range []DriftKind{DriftOutside, DriftChanged, DriftVanished, DriftShrunk} {
		of := slices.DeleteFunc(slices.Clone(opened), func(d Drift) bool { return d.Kind != kind })
		if len(of) > 0 {
			words = append(words, s.driftWords(ctx, e, of))
		}
	}
	return append(ns, s.tellSecurity(ctx, "drift/"+string(opened[0].ID), strings.Join(words, " "), e.Owners...)...)
}

// tellSecurity tells the security channel one sentence, or where there is none
// the security queue or else the admins, and some more people.
func (s *Service) tellSecurity(ctx context.Context, slot, words string, also ...PrincipalID) (ns []Notice) {
	people := appendNew(nil, also...)
	switch {
	case s.Glass.Channel != "":
		ns = append(ns, Notice{Slot: slot + "/" + s.Glass.Channel, Order: slot, Kind: NoticeAlert, Channel: s.Glass.Channel, Words: words})
	case len(s.Fallback) > 0:
		people = appendNew(people, s.Fallback...)
	default:
		people = appendNew(people, s.admins(ctx)...)
	}
	for _, id := range people[:min(len(people), askedAtMost)] {
		ns = append(ns, Notice{Slot: slot + "/" + string(id), Order: slot, Kind: NoticeAlert, To: id, Words: words})
	}
	return ns
}

// driftWords say what is wrong with one entitlement, of differences of one kind.
func (s *Service) driftWords(ctx context.Context, e Entitlement, of []Drift) string {
	what := e.Name + " (" + string(e.ID) + ")"
	d := of[0]
	switch d.Kind {
	case DriftShrunk:
		return "The system of " + what + " suddenly lists so few holders that its list is not believed. Nothing is concluded from it; look at the system. " +
			"If it is right, an admin accepts it with `hallpass drift accept " + string(d.ID) + "`."
	case DriftVanished:
		return s.accounts(ctx, of) + " should have " + what + " by a grant, but the system no longer has it: somebody took it away outside Hallpass." + after(d, " It is given again now.")
	case DriftChanged:
		return s.accounts(ctx, of) + " has " + what + " in place of " + string(d.Instead) + ", which was granted: somebody changed the role outside Hallpass." + after(d, " It is taken away now.")
	default:
		return s.accounts(ctx, of) + " has " + what + ", which nobody granted." + after(d, " It is taken away now.")
	}
}

// after says what is done about it.
func after(d Drift, repair string) string {
	if d.Repair == DriftReport {
		return " It stays as it is until somebody acts; see `hallpass drift`."
	}
	return repair
}

// accounts names the accounts of some differences.
func (s *Service) accounts(ctx context.Context, of []Drift) string {
	var names []string
	for _, d := range of[:min(len(of), namedAtMost)] {
		who := "nobody the directory knows"
		if p, err := s.Directory.Principal(ctx, d.Principal); d.Principal != "" && err == nil {
			who = p.Name
		}
		names = append(names, fmt.Sprintf("%s (%s)", d.Account, who))
	}
	if n := len(of) - len(names); n > 0 {
		names = append(names, fmt.Sprintf("%d more", n))
	}
	return strings.Join(names, ", ")
}

package approvals

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// JournalEntry is access that was taken away while the database could not be
// written, as a local journal keeps it until it can.
type JournalEntry struct {
	ID            string        `json:"id"` // random; an entry is merged once
	At            time.Time     `json:"at"` // when it was read back that access is gone
	Grant         GrantID       `json:"grant"`
	Entitlement   EntitlementID `json:"entitlement"`
	Connector     string        `json:"connector"`
	Account       string        `json:"account"`
	ReadBack      string        `json:"read_back"`
	SessionsEnded int           `json:"sessions_ended,omitempty"`
	ResidualUntil time.Time     `json:"residual_until,omitzero"` // something lives on until then
	Residue       string        `json:"residue,omitempty"`       // why
	Unrecorded    bool          `json:"unrecorded,omitempty"`    // its time was not up: that it had been given could not be recorded
}

// MergeJournal records what a journal tells, by ordinary events that bear the
// time at which it happened and the entry's id. An entry that was merged
// before changes nothing, and so does one whose grant's end is proved already,
// but for being known as merged.
func (s *Service) MergeJournal(ctx context.Context, e JournalEntry) error {
	for range answerTries {
		err := s.mergeOnce(ctx, e)
		switch ErrorCode(err) {
		case CodeConflict:
			continue
		case CodeDuplicate:
			return nil
		}
		return err
	}
	return Errorf(CodeUnavailable, "The grant %s is being changed by others right now. It is tried again.", e.Grant)
}

func (s *Service) mergeOnce(ctx context.Context, e JournalEntry) error {
	g, r, err := s.grantAndRequest(ctx, e.Grant)
	if err != nil {
		return err
	}
	c := Change{Journal: []string{e.ID}}
	record := func(kind EventKind, detail map[string]string) {
		ev := grantEvent(e.At, kind, System("journal"), g)
		ev.Detail = detail
		ev.Detail["journal"] = e.ID
		c.Events = append(c.Events, ev)
	}
	again := e.Unrecorded && g.ActiveAt.After(e.At) // it was given since: it stays
	if g.State == GrantActive && !again {
		if g, err = g.Move(GrantRevoking); err != nil {
			return err
		}
		g.RevokingAt, g.EndReason = minTime(e.At, g.EndsAt), EndExpired
		if e.Unrecorded { // it was recorded after all, and nobody heard of it
			g.EndReason, g.EndNote = EndRevoked, "The database did not take down that access worked, so it was taken back."
		}
		record(EventGrantRevoking, map[string]string{"reason": string(g.EndReason)})
		if err := s.dropExtensions(ctx, &c, g, e.At); err != nil {
			return err
		}
	}
	if g.State != GrantRevoking { // somebody else proved its end, or it is still to be given
		record(EventJournalMerged, map[string]string{"state": string(g.State), "read_back": e.ReadBack, "unrecorded": strconv.FormatBool(e.Unrecorded)})
		return s.Store.Apply(ctx, c)
	}
	to, kind, detail := GrantRevoked, EventGrantRevoked, map[string]string{"sessions_ended": strconv.Itoa(e.SessionsEnded)}
	if e.ResidualUntil.After(s.now()) {
		to, kind = GrantResidual, EventGrantResidual
		detail["residual_until"], detail["why"] = e.ResidualUntil.Format(time.RFC3339), e.Residue
	}
	if g, err = g.Move(to); err != nil {
		return err
	}
	record(kind, detail)
	last := &c.Events[len(c.Events)-1]
	last.Operation, last.ReadBack = "revoke", e.ReadBack
	c.Cancel = append(c.Cancel, Task{Kind: TaskRemind, Key: string(g.ID)})
	if to == GrantResidual {
		g.ResidualUntil = e.ResidualUntil
		c.Tasks = []Task{{Kind: TaskRevoke, Key: string(g.ID), RunAt: e.ResidualUntil}}
	} else {
		g.RevokedAt = e.At
		c.Cancel = append(c.Cancel, Task{Kind: TaskRevoke, Key: string(g.ID)})
	}
	c.Grants = []Grant{g}
	c.Notices = append(c.Notices, append(requesterCards(r), nudge(g), Notice{Slot: "ended/" + string(g.ID), Order: string(g.Request),
		Kind: NoticeEnded, Request: g.Request, Grant: g.ID, To: g.Principal})...)
	return s.Store.Apply(ctx, c)
}

// JournalMerged tells the admins and security what was done while the database
// could not be written, once.
func (s *Service) JournalMerged(ctx context.Context, all []JournalEntry) error {
	first, last, unrecorded := all[0].At, all[0].At, 0
	for _, e := range all {
		if e.Unrecorded {
			unrecorded++
		}
		first = minTime(first, e.At)
		if e.At.After(last) {
			last = e.At
		}
	}
	words := "The database takes writes again."
	if ended := len(all) - unrecorded; ended > 0 {
		const clock = "2 January 15:04:05"
		words += fmt.Sprintf(" While it did not, access was taken away from %s whose time was up, between %s and %s UTC; that is in the audit log now.",
			plural(ended, "grant"), first.UTC().Format(clock), last.UTC().Format(clock))
	}
	if unrecorded > 0 {
		words += fmt.Sprintf(" Access of %s was taken back, since it could not be recorded that it had been given; it is given again.", plural(unrecorded, "grant"))
	}
	return s.Store.Apply(ctx, Change{Notices: append(s.tellSecurity(ctx, "journal/"+all[0].ID, words, s.admins(ctx)...), homes(s.admins(ctx)...)...)})
}

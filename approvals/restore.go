package approvals

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Restore is that the database was found to be older than what was known of
// it: a backup was restored, or somebody rolled it back. While it is open
// nothing is granted or repaired, and of what ends only that which is certain
// to end, and only in systems that were asked since who holds what.
type Restore struct {
	ID         string      `json:"id"`
	Version    int64       `json:"version"` // 0: not stored yet
	FoundAt    time.Time   `json:"found_at"`
	Had        int64       `json:"had"`              // events in the log when it was found
	Known      int64       `json:"known"`            // events that it once had
	Until      time.Time   `json:"until"`            // of the last event that it had
	Whole      bool        `json:"whole,omitempty"`  // all ends that were lost are known from elsewhere
	Listed     []string    `json:"listed,omitempty"` // connectors that were asked since
	AcceptedAt time.Time   `json:"accepted_at,omitzero"`
	AcceptedBy PrincipalID `json:"accepted_by,omitempty"`
}

// Open reports whether nobody has accepted the database as it is.
func (r Restore) Open() bool { return r.ID != "" && r.AcceptedAt.IsZero() }

// MayEnd reports whether the end of a grant may be acted on: its system was
// asked, and the end is certain. It is not certain of an access whose end lies
// after what the database knows: it may have been extended since.
func (r Restore) MayEnd(g Grant, configured bool) bool {
	if !r.Open() {
		return true
	}
	if configured && !slices.Contains(r.Listed, g.Connector) {
		return false
	}
	return r.Whole || g.State != GrantActive || !g.EndsAt.After(r.Until)
}

// Lost is what is known of a database from elsewhere.
type Lost struct {
	Known int64                 // events that its log once had; if it has more, its first ones are others now
	At    time.Time             // when that was so; zero: not known
	Ends  map[GrantID]time.Time // of the grants that ran then; nil: not known
}

// words say what was found, to people who can do something about it.
func (l Lost) words(had int64) string {
	what := fmt.Sprintf("The database is older than it should be: its audit log has %d events and had %d.", had, l.Known)
	if had >= l.Known {
		what = fmt.Sprintf("The database is not the one that it was: of the %d events that its audit log had, the last are gone, and others came since; it has %d.", l.Known, had)
	}
	return what + " If a backup was restored, nothing new is granted, and what may have been extended does not end, until an admin has compared the systems " +
		"(`hallpass drift`) and accepts it: `hallpass reconcile --by EMAIL`. If nobody restored anything, somebody cut the log off."
}

// FoundRestore records that the database is older than what is known of it,
// and tells admins and security. Where the ends that were lost are known, access
// that was extended keeps its later end, and what had ended ends. What was about
// to be given is ended: it may have been given and taken since. What came after
// all that is known stays as it is. Called again while one is open, it goes on
// where it stopped.
func (s *Service) FoundRestore(ctx context.Context, had int64, until time.Time, lost Lost) (Restore, error) {
	r, err := s.Store.LastRestore(ctx)
	if err != nil && ErrorCode(err) != CodeNotFound {
		return r, err
	}
	if !r.Open() {
		r = Restore{ID: s.newID("rs_"), FoundAt: s.now(), Had: had, Known: lost.Known, Until: until, Whole: lost.Ends != nil}
		ev := Event{At: r.FoundAt, Kind: EventRestoreFound, Actor: System("worker"), Detail: map[string]string{"restore": r.ID, "had": strconv.FormatInt(had, 10),
			"known": strconv.FormatInt(lost.Known, 10), "until": until.UTC().Format(time.RFC3339), "ends_known": strconv.FormatBool(r.Whole)}}
		admins := s.admins(ctx)
		if err := s.Store.Apply(ctx, Change{Restores: []Restore{r}, Events: []Event{ev},
			Notices: append(s.tellSecurity(ctx, "restore/"+r.ID, lost.words(had), admins...), homes(admins...)...)}); err != nil {
			return r, err
		}
		r.Version++
	}
	return r, s.recover(ctx, r, lost)
}

// recover brings the grants in line with what is known from elsewhere.
func (s *Service) recover(ctx context.Context, r Restore, lost Lost) error {
	states := []GrantState{GrantScheduled, GrantProvisioning, GrantActive}
	for after := GrantID(""); ; {
		page, err := s.Store.GrantsIn(ctx, states, after, driftPage)
		if err != nil {
			return err
		}
		for _, g := range page {
			if err := unlessTaken(s.recoverGrant(ctx, r, g, lost)); err != nil {
				return err
			}
		}
		if len(page) < driftPage {
			return nil
		}
		after = page[len(page)-1].ID
	}
}

func (s *Service) recoverGrant(ctx context.Context, r Restore, g Grant, lost Lost) error {
	end, ran := lost.Ends[g.ID]
	switch {
	case !ran && !lost.At.IsZero() && g.CreatedAt.After(lost.At): // given by the restored database
		return nil
	case g.State != GrantActive:
		_, err := s.end(ctx, System("restore"), g, EndRevoked, "The database was restored while this was about to be given.")
		return err
	case lost.Ends == nil:
		return nil
	case !ran:
		_, err := s.end(ctx, System("restore"), g, EndRevoked, "This had ended before the database was restored.")
		return err
	case !end.After(g.EndsAt):
		return nil
	}
	g.Duration += end.Sub(g.EndsAt)
	g.EndsAt = end
	ev := grantEvent(s.now(), EventGrantExtended, System("restore"), g)
	ev.Detail = map[string]string{"ends_at": end.UTC().Format(time.RFC3339), "restore": r.ID}
	_, err := s.applyGrant(ctx, g, Change{Events: []Event{ev}, Tasks: grantTasks(g), Notices: homes(g.Principal)})
	return err
}

// RestoreListed notes that a connector was asked who holds what since a restore
// was found.
func (s *Service) RestoreListed(ctx context.Context, r Restore, connector string) error {
	if !r.Open() || slices.Contains(r.Listed, connector) {
		return nil
	}
	r.Listed = append(slices.Clone(r.Listed), connector)
	ev := Event{At: s.now(), Kind: EventRestoreListed, Actor: System("worker"), Connector: connector, Operation: "list", Detail: map[string]string{"restore": r.ID}}
	return s.Store.Apply(ctx, Change{Restores: []Restore{r}, Events: []Event{ev}})
}

// AcceptRestore says that the database is right as it is now, with a reason: all
// goes on as usual, and what was not certain to end ends. An admin may.
func (s *Service) AcceptRestore(ctx context.Context, actor Actor, reason string) (Restore, error) {
	for range answerTries {
		r, err := s.acceptOnce(ctx, actor, strings.TrimSpace(reason))
		if ErrorCode(err) != CodeConflict {
			return r, err
		}
	}
	return Restore{}, Errorf(CodeUnavailable, "Others are changing this right now. Please try again.")
}

func (s *Service) acceptOnce(ctx context.Context, actor Actor, reason string) (Restore, error) {
	r, err := s.Store.LastRestore(ctx)
	if err != nil && ErrorCode(err) != CodeNotFound {
		return r, err
	}
	if !r.Open() {
		return r, Errorf(CodeNotFound, "There is nothing to reconcile: the database is as new as it should be.")
	}
	p, err := s.active(ctx, actor.Principal)
	if err != nil {
		return r, err
	}
	if !p.Admin {
		return r, s.refuse(ctx, actor, Request{}, &Error{Code: CodeForbidden, Op: "reconcile", Message: "Only an admin can accept a restored database."})
	}
	if reason == "" {
		return r, Errorf(CodeInvalid, "Say what was compared: the audit log wants to know.")
	}
	r.AcceptedAt, r.AcceptedBy = s.now(), actor.Principal
	ev := Event{At: r.AcceptedAt, Kind: EventRestoreAccepted, Actor: actor, Detail: map[string]string{"restore": r.ID, "listed": strings.Join(r.Listed, " ")}}
	return r, s.Store.Apply(ctx, Change{Restores: []Restore{r}, Events: []Event{ev.saying("note", reason)}, Notices: homes(s.admins(ctx)...)})
}

// restoring reports whether a restore is open.
func (s *Service) restoring(ctx context.Context) (bool, error) {
	r, err := s.Store.LastRestore(ctx)
	if ErrorCode(err) == CodeNotFound {
		return false, nil
	}
	return r.Open(), err
}

// whyItWaits tells those who are to have access that was just decided why they
// do not get it yet, while a restore is open.
func (s *Service) whyItWaits(ctx context.Context, r Request) ([]Notice, error) {
	restoring, err := s.restoring(ctx)
	if err != nil || !restoring {
		return nil, err
	}
	what := string(r.Entitlement)
	if e, err := s.Catalogue.Entitlement(ctx, r.Entitlement); err == nil {
		what = e.Name
	}
	words := what + " is approved, but not given yet: Hallpass's database was restored from a backup, and nothing new is given until an admin has compared it with the systems. " +
		"You need not ask again: access is given by itself when that is done, and its time begins then."
	card := requesterCards(r)[0]
	var ns []Notice
	for _, id := range appendNew(nil, r.Requester, r.Beneficiary) {
		ns = append(ns, Notice{Slot: "waits/" + string(r.ID) + "/" + string(id), Order: card.Order, Kind: NoticeAlert, Request: r.ID, To: id, Words: words})
	}
	return ns, nil
}

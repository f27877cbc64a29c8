package review

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Store is what reviews need of the database.
type Store interface {
	// Apply stores a change whole or not at all; CodeDuplicate for a campaign
	// while another of its kind is under way.
	Apply(context.Context, approvals.Change) error
	BreakGlassReview(context.Context, approvals.RequestID) (approvals.BreakGlassReview, error)

	Campaign(context.Context, approvals.CampaignID) (approvals.Campaign, error)
	// Campaigns lists the newest, the newest first; open leaves out those that are closed.
	Campaigns(ctx context.Context, open bool, limit int) ([]approvals.Campaign, error)
	ReviewItem(context.Context, approvals.CampaignID, approvals.RequestID) (approvals.ReviewItem, error)
	ReviewItems(context.Context, approvals.CampaignID) ([]approvals.ReviewItem, error)
	Lapses(context.Context) ([]approvals.Lapse, error)
	ReviewExceptions(context.Context, approvals.CampaignID) ([]approvals.ReviewException, error)

	// LogSize is how many events the audit log has.
	LogSize(context.Context) (int64, error)
	// AutomaticEvents lists the events in (after, upTo] that record decisions
	// which nobody looked at, from a time until before another, by number.
	AutomaticEvents(ctx context.Context, from, to time.Time, after, upTo int64, limit int) ([]approvals.Event, error)
	// AutomaticEventsOf lists those of some requests, among the first events of the log.
	AutomaticEventsOf(ctx context.Context, requests []approvals.RequestID, upTo int64) ([]approvals.Event, error)
	// AutomaticOf adds to such events what the database has of them.
	AutomaticOf(context.Context, []approvals.Event) ([]approvals.Automatic, error)
	// UnloggedApprovals lists requests that the database calls automatically
	// approved, and the log does not know as such.
	UnloggedApprovals(ctx context.Context, from, to time.Time, limit int) ([]approvals.RequestID, error)
	// CheckpointAfter finds the first signed checkpoint that covers the freeze; CodeNotFound: none does yet.
	CheckpointAfter(context.Context, approvals.Campaign) (size int64, note []byte, err error)
}

// Law is every policy set that ever decided, and the one in force. Judge and
// Text return CodeNotFound for a set that is not kept, and CodeInvalid for one
// that is not what its digest says or can no longer be read.
type Law interface {
	// Judge decides by a set as it was.
	Judge(context.Context, approvals.PolicyVersion, approvals.Facts, approvals.Assessment) (approvals.Ruling, error)
	// Text is a rule as it was written in a set.
	Text(ctx context.Context, v approvals.PolicyVersion, rule string) (string, error)
	// Version names the text of a rule in force; "" for one that there is not.
	Version(rule string) string
}

// Scores is every model that ever scored. Score returns CodeNotFound for one
// that is not kept.
type Scores interface {
	Score(ctx context.Context, model string, f approvals.Facts) (approvals.Assessment, error)
}

// Settings say how reviews are made. Zero values stand for the defaults.
type Settings struct {
	Limit    int           // percent that may be wrong, 1 to 50; default 5
	Deadline time.Duration // from the freeze until all must be reviewed; default 30 days
	Share    int           // decisions in a blind sample; default 20
	// Reviewers are asked where nobody else may: the security group.
	Reviewers []approvals.PrincipalID
	Channel   string // where results are posted; empty: the admins are told
}

// Service runs campaigns. Each method is one step that is stored whole, with
// its audit events, and may be called again after any failure.
type Service struct {
	Settings
	Store     Store
	Directory approvals.Directory
	Catalogue approvals.Catalogue
	Law       Law
	Scores    Scores
	// Sign signs a result as checkpoints are signed; nil: results are unsigned.
	Sign func(text string) (string, error)

	Now   func() time.Time           // nil: time.Now
	NewID func(prefix string) string // nil: prefix and 26 random characters
}

const (
	defaultLimit    = 5
	defaultDeadline = 30 * 24 * time.Hour
	defaultShare    = 20
	// page is how many decisions are read, or computed again, at a time.
	page = 500
	// answerTries is how often a verdict is tried while others give theirs.
	answerTries = 20
	// noteAtMost is the longest note kept, in runes.
	noteAtMost = 1000
)

func (s *Service) now() time.Time             { return approvals.Instant(s.Now) }
func (s *Service) newID(prefix string) string { return approvals.FreshID(s.NewID, prefix) }

func (s *Service) limit() int              { return cmp.Or(s.Limit, defaultLimit) }
func (s *Service) share() int              { return cmp.Or(s.Share, defaultShare) }
func (s *Service) deadline() time.Duration { return cmp.Or(s.Deadline, defaultDeadline) }

// event starts an audit event about a campaign.
func event(at time.Time, kind approvals.EventKind, actor approvals.Actor, c approvals.Campaign, detail map[string]string) approvals.Event {
	if detail == nil {
		detail = map[string]string{}
	}
	detail["campaign"] = string(c.ID)
	return approvals.Event{At: at, Kind: kind, Actor: actor, Detail: detail}
}

// admins are those who see how reviews stand.
func (s *Service) admins(ctx context.Context) []approvals.PrincipalID {
	people, err := s.Directory.People(ctx)
	if err != nil {
		return nil
	}
	var ids []approvals.PrincipalID
	for _, p := range people {
		if p.Admin && !p.Inactive {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// homes draws the Home tabs of some people anew.
func homes(people ...approvals.PrincipalID) []approvals.Notice {
	people = slices.Compact(slices.Sorted(slices.Values(people)))
	ns := make([]approvals.Notice, 0, len(people))
	for _, id := range people {
		if id != "" {
			ns = append(ns, approvals.Notice{Slot: "home/" + string(id), Order: "home/" + string(id), Kind: approvals.NoticeHome, To: id})
		}
	}
	return ns
}

// CardSlot names the one message through which somebody reviews a campaign.
func CardSlot(c approvals.CampaignID, reviewer approvals.PrincipalID) string {
	return "review/" + string(c) + "/" + string(reviewer)
}

// cards draws the messages of some reviewers anew.
func cards(c approvals.CampaignID, reviewers ...approvals.PrincipalID) []approvals.Notice {
	var ns []approvals.Notice
	for _, id := range slices.Compact(slices.Sorted(slices.Values(reviewers))) {
		if id != "" {
			ns = append(ns, approvals.Notice{Slot: CardSlot(c, id), Order: CardSlot(c, id), Kind: approvals.NoticeReview, To: id})
		}
	}
	return append(ns, homes(reviewers...)...)
}

package notary

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/auditlog"
	"golang.org/x/mod/sumdb/note"
)

// Log is what the notary needs of the store.
type Log interface {
	Seal(ctx context.Context, origin string, signers ...note.Signer) (sealed bool, c store.SignedCheckpoint, err error)
	LastCheckpoint(context.Context) (store.SignedCheckpoint, error)
	Head(context.Context) (auditlog.Frontier, error)
	Apply(context.Context, approvals.Change) error
	SaveAnchor(context.Context, store.Anchor) error
}

// Anchor is a place outside of the database's reach.
type Anchor interface {
	// Name tells it from others, for people; without secrets.
	Name() string
	// Put keeps a checkpoint. Putting one again is no error. An error is tried
	// again later, with the newest checkpoint of then.
	Put(context.Context, store.SignedCheckpoint) error
	// Beyond finds a checkpoint of more events than size, nil if there is none:
	// with one, the log was rolled back. A place that cannot be read gives
	// errors.ErrUnsupported.
	Beyond(ctx context.Context, size int64) ([]byte, error)
}

// Config is what a Notary needs.
type Config struct {
	Log     Log
	Signers []note.Signer // at least one, all of one name: the log's
	Anchors []Anchor
	Every   time.Duration // how often it is looked whether something happened; zero: 30 s; at most a minute
	Alarms  time.Duration // how long an anchor may fail before people are told; zero: 5 min
	// Alarm tells people one sentence. Slot names what it is about, so that
	// they are told once. Nil: only the logger hears.
	Alarm  func(ctx context.Context, slot, words string)
	Now    func() time.Time // nil: time.Now
	Logger *slog.Logger     // nil: nobody hears
}

// Notary signs and carries checkpoints.
type Notary struct {
	Config
	origin string
	posts  []*post
	told   string // the last alarm about the log itself
}

const (
	longestEvery  = time.Minute
	anchorTimeout = 30 * time.Second
	anchorPause   = 15 * time.Second
)

// New makes a notary. It fails with CodeInvalid for a configuration that cannot
// work.
func New(cfg Config) (*Notary, error) {
	n := &Notary{Config: cfg}
	n.Every, n.Alarms = cmp.Or(n.Every, 30*time.Second), cmp.Or(n.Alarms, 5*time.Minute)
	if n.Now == nil {
		n.Now = time.Now
	}
	if n.Logger == nil {
		n.Logger = slog.New(slog.DiscardHandler)
	}
	switch {
	case n.Log == nil || len(n.Signers) == 0:
		return nil, approvals.Errorf(approvals.CodeInvalid, "Checkpoints need a log and a signing key; make one with `hallpass audit key`.")
	case n.Every < time.Second || n.Every > longestEvery:
		return nil, approvals.Errorf(approvals.CodeInvalid, "Checkpoints can be signed every second to every minute, not every %s.", n.Every)
	}
	n.origin = n.Signers[0].Name()
	for _, s := range n.Signers {
		if s.Name() != n.origin {
			return nil, approvals.Errorf(approvals.CodeInvalid, "The signing keys are named %q and %q; all keys of one log bear its name.", n.origin, s.Name())
		}
	}
	names := map[string]bool{}
	for _, a := range n.Anchors {
		if names[a.Name()] {
			return nil, approvals.Errorf(approvals.CodeInvalid, "The anchor %s is configured twice.", a.Name())
		}
		names[a.Name()] = true
		n.posts = append(n.posts, &post{notary: n, anchor: a, next: make(chan store.SignedCheckpoint, 1)})
	}
	return n, nil
}

// Run signs and carries until the context ends, and returns nil then.
func (n *Notary) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, p := range n.posts {
		wg.Go(func() { p.run(ctx) })
	}
	n.noteKeys(ctx)
	tick := time.NewTicker(n.Every)
	defer tick.Stop()
	for {
		n.Sign(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Sign signs a checkpoint if something happened since the last one, and hands
// the newest to the anchors. What goes wrong is logged, and people are told if
// it is the log itself; access goes on being taken away in any case.
func (n *Notary) Sign(ctx context.Context) {
	sealed, c, err := n.Log.Seal(ctx, n.origin, n.Signers...)
	switch {
	case err == nil:
		n.told = ""
		if sealed {
			n.Logger.DebugContext(ctx, "checkpoint signed", "events", c.Size)
		}
		if c.Size > 0 {
			for _, p := range n.posts {
				p.offer(c)
			}
		}
	case ctx.Err() != nil:
	case approvals.ErrorCode(err) == approvals.CodeInternal:
		n.Logger.ErrorContext(ctx, "the audit log is not what was written", "error", err)
		if words := approvals.ErrorMessage(err); words != n.told {
			n.told = words
			n.alarm(ctx, "audit/log", "The audit log was meddled with. "+words)
		}
	default:
		n.Logger.WarnContext(ctx, "no checkpoint could be signed; it is tried again", "error", err)
	}
}

func (n *Notary) alarm(ctx context.Context, slot, words string) {
	if n.Alarm != nil {
		n.Alarm(ctx, slot, words)
	}
}

// noteKeys records in the log itself that other keys sign from here on.
func (n *Notary) noteKeys(ctx context.Context) {
	last, err := n.Log.LastCheckpoint(ctx)
	if err != nil && approvals.ErrorCode(err) != approvals.CodeNotFound {
		n.Logger.WarnContext(ctx, "whether the signing keys changed is not known", "error", err)
		return
	}
	var now []string
	for _, s := range n.Signers {
		now = append(now, fmt.Sprintf("%08x", s.KeyHash()))
	}
	slices.Sort(now)
	before := signedBy(last.Note)
	if slices.Equal(before, now) {
		return
	}
	ev := approvals.Event{At: n.Now(), Kind: approvals.EventKeyChanged, Actor: approvals.System("notary"),
		Detail: map[string]string{"log": n.origin, "keys": strings.Join(now, " "), "before": strings.Join(before, " ")}}
	if err := n.Log.Apply(ctx, approvals.Change{Events: []approvals.Event{ev}}); err != nil {
		n.Logger.ErrorContext(ctx, "that the signing keys changed could not be recorded", "error", err)
	}
}

// signedBy lists the numbers of the keys that signed a note, in order.
func signedBy(signed []byte) (keys []string) {
	_, err := note.Open(signed, note.VerifierList())
	var unverified *note.UnverifiedNoteError
	if !errors.As(err, &unverified) {
		return nil
	}
	for _, s := range unverified.Note.UnverifiedSigs {
		keys = append(keys, fmt.Sprintf("%08x", s.Hash))
	}
	slices.Sort(keys)
	return keys
}

package torture

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// wish is access that somebody asks for, under a key, so that asking again
// after a crash is asking once; and what becomes of it, unless it ends by itself.
type wish struct {
	Key      string
	Who      approvals.PrincipalID
	What     approvals.EntitlementID
	Duration time.Duration

	Glass  bool          // it is opened at once, and reviewed
	Late   bool          // the review is closed only after it was escalated
	Unjust bool          // the review ends it
	More   time.Duration // by which it is extended, if that is asked for in time
	Asked  bool          // who may extend it is asked: no policy does it alone
	Done   bool          // it is given back
	Hasty  bool          // and that before it works, perhaps
}

// long is how long access lasts that must be ended by somebody.
const long = 10 * time.Minute

// The ways in which access may live, besides ending by itself.
const (
	extending = iota
	releasing
	breaking
	breakingReleasing
	extendingReleasing
	ways
)

// leads says which way of life leads to a boundary that not all access comes to.
func leads(at string) (way int, ok bool) {
	_, name, _ := strings.Cut(at, "/")
	switch {
	case strings.HasPrefix(name, "breakglass."), strings.HasSuffix(name, ".glass"), name == announcement:
		return breaking, true
	case strings.HasPrefix(name, "extension."), strings.HasSuffix(name, ".extended"):
		return extending, true
	case strings.HasSuffix(name, ".released"):
		return releasing, true
	}
	return 0, false
}

// lives draws what becomes of access, or what leads to a boundary. Else two of
// three end by themselves.
func (v *wish) lives(rng *rand.Rand, at string, p plan) {
	v.Duration = time.Duration(300+rng.IntN(1500)) * time.Millisecond
	way, must := leads(at)
	if !must {
		way = rng.IntN(3 * ways)
	}
	_, name, _ := strings.Cut(at, "/")
	if way == extending || way == extendingReleasing {
		v.Duration += 2 * time.Second // to be there when more is asked for
		// Later than clocks that are apart can tell.
		v.More = time.Duration(p.replicas/2)*p.apart + time.Duration(300+rng.IntN(1000))*time.Millisecond
		v.Asked = rng.IntN(2) == 0 || name == "extension.submitted"
	}
	switch way {
	case releasing:
		v.Done, v.Hasty, v.Duration = true, rng.IntN(3) == 0, long
	case extendingReleasing:
		v.Done, v.More = true, long
	case breakingReleasing:
		v.Done, v.Glass, v.Duration = true, true, long
	case breaking:
		v.Glass, v.Unjust = true, rng.IntN(2) == 0
		if v.Unjust {
			v.Duration = long
		}
	}
	v.Late = v.Glass && (rng.IntN(3) == 0 || name == "breakglass.escalated")
	if strings.HasSuffix(name, ".released") {
		v.Hasty = false // what was never given is not taken away
	}
}

// busy reports whether somebody does something after access was asked for.
func (v wish) busy() bool { return v.Glass || v.More > 0 || v.Done }

// people are those who ask, extend, give back and review, at one process.
type people struct {
	service *approvals.Service
	log     *slog.Logger
	deeds   string // file
}

// ask submits the wishes of all orders, each until it is taken, and sees to what
// becomes of them.
func ask(ctx context.Context, p *people, orders <-chan order) {
	taken := map[string]bool{}
	var busy sync.WaitGroup
	defer busy.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case o := <-orders:
			for _, v := range o.Wishes {
				if taken[v.Key] {
					continue
				}
				taken[v.Key] = p.until(ctx, v, p.ask)
				if v.busy() {
					busy.Go(func() { p.until(ctx, v, p.follow) })
				}
			}
		}
	}
}

// until does something until it is done, or the process ends.
func (p *people) until(ctx context.Context, v wish, do func(context.Context, wish) (bool, error)) bool {
	for ctx.Err() == nil {
		done, err := do(ctx, v)
		if err == nil && done {
			return true
		}
		if err != nil {
			p.log.Warn("people were not heard, and try again", "key", v.Key, "error", err)
		}
		pause(ctx, 100*time.Millisecond)
	}
	return false
}

func (p *people) ask(ctx context.Context, v wish) (bool, error) {
	actor := approvals.Person(v.Who, "torture", "")
	ask := approvals.Ask{Requester: v.Who, Entitlement: v.What, Duration: max(v.Duration, time.Minute), Reason: "torture", Key: v.Key}
	var err error
	if v.Glass {
		_, err = p.service.BreakGlass(ctx, actor, ask)
	} else {
		var req approvals.Request
		req, err = p.service.Draft(ctx, actor, ask)
		if err == nil && req.State == approvals.RequestDraft {
			_, err = p.service.Submit(ctx, actor, req.ID)
		}
	}
	return true, past(err, approvals.CodeAlreadyDecided, approvals.CodeDuplicate)
}

// past leaves out errors that say that somebody else was faster, or time was.
func past(err error, codes ...approvals.Code) error {
	for _, code := range codes {
		if approvals.ErrorCode(err) == code {
			return nil
		}
	}
	return err
}

// follow extends, gives back and reviews. Whatever of it is done already stays
// as it is, so that it may be done by all processes, and from the beginning.
func (p *people) follow(ctx context.Context, v wish) (bool, error) {
	r, err := p.service.Store.RequestByKey(ctx, v.Key)
	if err != nil {
		return false, err
	}
	g, err := p.service.Store.Grant(ctx, r.Grant)
	if err != nil || g.ActiveAt.IsZero() && !v.Hasty && g.State.Live() {
		return false, err
	}
	if v.More > 0 {
		if err := p.extend(ctx, v, g.ID); err != nil {
			return false, err
		}
	}
	if v.Done {
		if _, err := p.service.Release(ctx, approvals.Person(v.Who, "torture", ""), g.ID); err != nil {
			return false, err
		}
		if err := p.note("released", v); err != nil {
			return false, err
		}
	}
	if v.Glass {
		if done, err := p.review(ctx, v, r.ID); err != nil || !done {
			return false, err
		}
	}
	return true, p.note("over", v)
}

// more is the key of a wish for more of what another is about.
func (v wish) more() string { return v.Key + ":more" }

// extend asks for more, and answers where people are asked. That it came too
// late is an answer.
func (p *people) extend(ctx context.Context, v wish, id approvals.GrantID) error {
	by := time.Minute
	if v.Asked {
		by = 90 * time.Minute
	}
	r, err := p.service.Extend(ctx, approvals.Person(v.Who, "torture", ""), id, by, "more torture", v.more())
	if err == nil && r.State == approvals.RequestPending {
		_, err = p.service.Approve(ctx, approvals.Person("mia", "torture", ""), r.ID, "go on")
	}
	if err != nil {
		p.log.Info("there is no more of it", "key", v.Key, "error", err)
	}
	return past(err, approvals.CodeInvalid, approvals.CodeAlreadyDecided, approvals.CodeLapsed)
}

func (p *people) review(ctx context.Context, v wish, id approvals.RequestID) (bool, error) {
	b, err := p.service.Store.BreakGlassReview(ctx, id)
	if err != nil || v.Late && b.Escalations == 0 {
		return false, err
	}
	_, err = p.service.ReviewBreakGlass(ctx, approvals.Person("mia", "torture", ""), id, v.finding(), "torture")
	return true, past(err, approvals.CodeAlreadyDecided)
}

func (v wish) finding() approvals.Finding {
	if v.Unjust {
		return approvals.NotJustified
	}
	return approvals.Justified
}

// note keeps what somebody was told that they have done, whatever becomes of
// the process.
func (p *people) note(what string, v wish) error {
	f, err := os.OpenFile(p.deeds, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, what, v.Key, time.Now().UnixNano())
	return cmp.Or(err, f.Close())
}

// deeds are the moments at which people were first told that they have done
// something, by what and the wish's key.
func (w *world) deeds() map[[2]string]time.Time {
	text, err := os.ReadFile(w.specs[0].Deeds)
	if err != nil && !os.IsNotExist(err) {
		w.t.Error(err)
	}
	all := map[[2]string]time.Time{}
	for line := range strings.Lines(string(text)) {
		var what, key string
		var nano int64
		if _, err := fmt.Sscanln(line, &what, &key, &nano); err != nil {
			continue // it is being written
		}
		if at := time.Unix(0, nano); all[[2]string{what, key}].IsZero() || at.Before(all[[2]string{what, key}]) {
			all[[2]string{what, key}] = at
		}
	}
	return all
}

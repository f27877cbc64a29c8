package directory

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// acceptedFor is how long an administrator's word counts: replicas read at
// their own times, and a synchronisation may take its course.
const acceptedFor = 24 * time.Hour

// saidAtMost is how many of those who are left out are named in the log.
const saidAtMost = 5

// Reload reads the source again. When that fails, or the reading has lost too
// much, the last good one stays and grows old.
func (d *Directory) Reload(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	d.reading.Lock()
	defer d.reading.Unlock()
	r, err := d.source.Read(ctx)
	if err != nil {
		return err
	}
	next, err := d.look(ctx, r)
	if err != nil {
		return err
	}
	if before := d.current.Load(); before != nil {
		if err := d.compare(ctx, before, next); err != nil {
			return err
		}
	}
	d.refused.Store(nil)
	d.current.Store(next)
	d.keep(ctx, next)
	return nil
}

// look makes a picture of a reading.
func (d *Directory) look(ctx context.Context, r Reading) (*picture, error) {
	r.People = slices.Clone(r.People)
	for i := range r.People {
		d.regroup(&r.People[i])
	}
	next, problems := link(r)
	if len(problems) == 0 {
		return next, nil
	}
	for i := range problems {
		if problems[i].File == "" {
			problems[i].File = d.source.Name()
		}
	}
	left := len(r.People) - len(next.people)
	if r.Strict || left > d.cfg.Floor && left*100 > len(r.People)*d.cfg.Shrink {
		return nil, problems
	}
	d.cfg.Logger.WarnContext(ctx, "some of the directory's people can't be used as they are",
		slog.String("source", d.source.Name()), slog.Int("left_out", left),
		slog.String("first", problems[:min(len(problems), saidAtMost)].Error()))
	return next, nil
}

// regroup names a person's groups as the configuration does, and finds whoever
// runs Hallpass.
func (d *Directory) regroup(e *Person) {
	if d.cfg.Groups != nil {
		had := e.Groups
		e.Groups = nil
		for name, theirs := range d.cfg.Groups {
			if slices.Contains(had, theirs) {
				e.Groups = append(e.Groups, name)
			}
		}
		slices.Sort(e.Groups)
	}
	e.Admin = e.Admin || d.cfg.Admins != "" && slices.Contains(e.Groups, d.cfg.Admins)
}

// compare refuses a picture that has lost too much, unless an administrator has
// accepted that. An empty one is never accepted.
func (d *Directory) compare(ctx context.Context, before, next *picture) error {
	l := limit{d.cfg.Shrink, d.cfg.Floor}
	losses := l.tooMuch(lost(before, next))
	empty := len(before.people) > 0 && len(next.people) == 0
	if len(losses) == 0 && !empty {
		return nil
	}
	mend := "complete the source, or, if they are really gone, run: hallpass directory accept --by EMAIL"
	if empty {
		losses, mend = []approvals.Loss{{What: "people", Before: len(before.people)}}, "complete the source"
	} else if d.cfg.Memory != nil {
		record, err := d.cfg.Memory.Directory(ctx, d.source.Name())
		if err == nil && d.cfg.Now().Sub(record.AcceptedAt) < acceptedFor && l.covered(losses, record.Accepted) {
			d.cfg.Logger.InfoContext(ctx, "a loss in the directory is taken, as was accepted", slog.String("source", d.source.Name()),
				slog.String("losses", approvals.Losses(losses)), slog.String("by", string(record.AcceptedBy)))
			return nil
		}
	}
	d.refused.Store(&losses)
	if d.cfg.Memory != nil {
		if err := d.cfg.Memory.RefuseDirectory(ctx, d.source.Name(), losses); err != nil {
			d.cfg.Logger.WarnContext(ctx, "why the directory's reading was not taken could not be kept", slog.String("error", approvals.ErrorMessage(err)))
		}
	}
	return approvals.Problems{{File: d.source.Name(), Mend: mend,
		What: "this looks like half a reading, so the last one stays in use: " + approvals.Losses(losses)}}
}

// keep remembers a picture.
func (d *Directory) keep(ctx context.Context, p *picture) {
	if d.cfg.Memory == nil || len(p.people) == 0 {
		return
	}
	people, err := json.Marshal(p.people)
	if err == nil {
		digest := sha256.Sum256(people)
		if digest == d.kept {
			people = nil
		}
		if err = d.cfg.Memory.KeepDirectory(ctx, d.source.Name(), people, p.asOf); err == nil {
			d.kept = digest
		}
	}
	if err != nil {
		d.cfg.Logger.WarnContext(ctx, "the directory's people could not be kept for the next start", slog.String("error", approvals.ErrorMessage(err)))
	}
}

// recall takes what Memory holds of the source.
func (d *Directory) recall(ctx context.Context) error {
	if d.cfg.Memory == nil {
		return nil
	}
	record, err := d.cfg.Memory.Directory(ctx, d.source.Name())
	if err != nil || record.People == nil {
		return err
	}
	var people []approvals.Principal
	if err := json.Unmarshal(record.People, &people); err != nil {
		return approvals.Errorf(approvals.CodeInternal, "What is kept of the directory %s can't be read.", d.source.Name())
	}
	p := newPicture(len(people), record.AsOf)
	p.people = people
	for i, q := range people {
		p.byID[q.ID], p.byEmail[fold(q.Email)] = i, i
		for _, g := range q.Groups {
			p.groups[g] = append(p.groups[g], i)
		}
	}
	d.kept = sha256.Sum256(record.People)
	d.current.Store(p)
	return nil
}

// Run reads the source again and again, a tenth sooner or later than Refresh
// says, so that replicas do not ask all at once, and soon after a failure. It
// tells after every reading how it went, and ends with the context.
func (d *Directory) Run(ctx context.Context, tell func(context.Context, error)) {
	if d.cfg.Refresh == 0 {
		return
	}
	wait := d.cfg.Refresh
	if d.soon {
		wait = min(wait, 5*time.Second)
	}
	for {
		t := time.NewTimer(wait - wait/10 + rand.N(wait/5+1)) //nolint:gosec // Nobody gains by guessing when.
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
		wait = d.cfg.Refresh
		err := d.Reload(ctx)
		if err != nil {
			wait = max(wait/5, time.Second)
		}
		if ctx.Err() == nil {
			tell(ctx, err)
		}
	}
}

package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// Stage is what a story is played on: a workspace in which people speak, a
// clock that can be moved on, and the sandbox system as its users see it.
type Stage interface {
	Workspace() *slacksim.Workspace
	// Advance lets time pass for everything but the workspace.
	Advance(time.Duration)
	// Try lets an account try to read a resource; it says whether that worked
	// and what the system answered.
	Try(ctx context.Context, account, resource string) (allowed bool, words string, err error)
	// Ends is the system's own end date for an account's access to a resource;
	// zero where there is none.
	Ends(ctx context.Context, account, resource string) (time.Time, error)
	// SetAvailable makes the system stop answering those who give and take
	// access, or answer them again.
	SetAvailable(ctx context.Context, on bool) error
	// Review starts a review of what was approved automatically since so long ago.
	Review(ctx context.Context, since time.Duration) error
	// Events are the audit events after a sequence number, oldest first. A
	// stage that cannot read them while the bot runs returns none.
	Events(ctx context.Context, after int64) ([]approvals.Event, error)
	// Between is called after every step.
	Between(ctx context.Context, step string) error
}

// stepLimit is how long one step may take before the story fails.
const stepLimit = time.Minute

// perform plays some chapters on a stage, one after the other, and writes their
// transcript. The error names the first step that did not happen as it must.
func perform(ctx context.Context, stage Stage, out io.Writer, chapters []chapter) error {
	p := &play{stage: stage, out: out, people: byID(Organisation())}
	if err := p.skip(ctx); err != nil {
		return err
	}
	n := 0
	for _, c := range chapters {
		fmt.Fprintf(out, "\n── %s ──\n", c.title)
		for _, s := range c.steps {
			n++
			if err := p.step(ctx, s); err != nil {
				return fmt.Errorf("%s, step %d, %s: %w", c.title, n, s.name, err)
			}
		}
	}
	fmt.Fprintf(out, "\nEvery one of %d steps happened as it must.\n", n)
	return nil
}

// play is a story under way.
type play struct {
	stage  Stage
	out    io.Writer
	people []approvals.Principal
	last   int64 // sequence of the last audit event shown
}

func (p *play) step(ctx context.Context, s step) error {
	limited, cancel := context.WithTimeout(ctx, stepLimit)
	defer cancel()
	if err := s.do(limited, p); err != nil {
		_ = p.audit(ctx) // helps whoever reads the transcript of a failure
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			return fmt.Errorf("it did not happen within %s: %w", stepLimit, err)
		}
		return err
	}
	if err := p.audit(limited); err != nil {
		return err
	}
	return p.stage.Between(ctx, s.name)
}

// as is somebody of the organisation at their Slack client.
func (p *play) as(name string) *slacksim.Actor {
	for i, person := range p.people {
		if person.Name == name {
			return p.stage.Workspace().As(slackID(i))
		}
	}
	panic("demo: nobody is called " + name)
}

func (p *play) email(name string) string {
	for _, person := range p.people {
		if person.Name == name {
			return person.Email
		}
	}
	panic("demo: nobody is called " + name)
}

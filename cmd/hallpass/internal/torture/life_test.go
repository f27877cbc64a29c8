package torture

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/hallpass-dev/hallpass/bot/slacksim/process"
)

// replica lives one life after the other, until the context ends. The first
// ones end early: at a boundary of its own, at a call of Slack, or whenever.
func (w *world) replica(ctx context.Context, i int) error {
	rng := draw(w.seed, uint64(10+i))
	for life := 0; ctx.Err() == nil; life++ {
		var e end
		var after time.Duration
		w.desk.await(fmt.Sprint(i), nil)
		if life < w.lives {
			switch rng.IntN(5) {
			case 0:
				after = time.Duration(200+rng.IntN(3000)) * time.Millisecond
			case 1:
				w.meet(i, rng)
			default:
				e = w.drawEnd(rng)
			}
		}
		if err := w.live(ctx, i, e, after); err != nil {
			return err
		}
		if err := w.verify(context.WithoutCancel(ctx)); err != nil {
			return fmt.Errorf("after a life of process %d: %w", i, err)
		}
		pause(ctx, time.Duration(rng.IntN(400))*time.Millisecond)
	}
	return nil
}

func (w *world) drawEnd(rng *rand.Rand) end {
	boundaries := slices.Clone(boundaries)
	for _, name := range slices.Sorted(maps.Keys(w.systems)) {
		for _, op := range operations {
			boundaries = append(boundaries, name+"/"+op)
		}
	}
	return end{At: boundaries[rng.IntN(len(boundaries))], Nth: 1 + rng.IntN(3), After: rng.IntN(2) == 0}
}

// meet kills a replica at one of its calls of Slack, before it arrives or
// before its answer does.
func (w *world) meet(i int, rng *rand.Rand) {
	method, left, late := calls[rng.IntN(len(calls))], 1+rng.IntN(3), rng.IntN(2) == 0
	w.desk.await(fmt.Sprint(i), func(called string, after bool) bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		if called != method || after != late {
			return false
		}
		if left--; left == 0 && w.alive[i] != nil {
			_ = w.alive[i].Signal(syscall.SIGKILL)
			w.deaths = append(w.deaths, fmt.Sprintf("%d at slack/%s, after: %v", i, method, late))
			return true
		}
		return false
	})
}

// live runs one life of a replica, until it dies, as it was meant to, or is told
// to stop.
func (w *world) live(ctx context.Context, i int, e end, after time.Duration) error {
	s := w.specs[i]
	s.End = e
	cmd, err := process.Command(s)
	if err != nil {
		return err
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	w.note(i, cmd.Process, "")
	defer w.note(i, nil, "")
	gone := make(chan error, 1)
	go func() { gone <- cmd.Wait() }()
	var clock <-chan time.Time
	if after > 0 {
		clock = time.After(after)
	}
	for told := false; ; {
		select {
		case err := <-gone:
			return w.ended(i, s, e, cmd.ProcessState, told, err, stderr.String())
		case <-clock:
			_ = cmd.Process.Signal(syscall.SIGKILL)
			w.note(i, cmd.Process, "by the clock")
		case <-ctx.Done():
			_ = cmd.Process.Signal(syscall.SIGTERM)
			ctx, told, clock = context.WithoutCancel(ctx), true, time.After(time.Minute)
		}
	}
}

// ended says what is wrong with how a process ended: nothing, if it was killed
// or stopped when it was told to.
func (w *world) ended(i int, s spec, e end, state *os.ProcessState, told bool, err error, stderr string) error {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGKILL && !told {
		if at, err := os.ReadFile(s.Note); err == nil {
			w.note(i, nil, fmt.Sprintf("at %s, call %d, after: %v", at, e.Nth, e.After))
			return os.Remove(s.Note)
		}
		return nil
	}
	if err != nil || !told {
		return fmt.Errorf("process %d ended by itself, or badly: %w %s", i, err, stderr)
	}
	return nil
}

// note keeps which process a replica is now, and how one died.
func (w *world) note(i int, p *os.Process, death string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.alive[i] = p
	if death != "" {
		w.deaths = append(w.deaths, fmt.Sprint(i, " ", death))
	}
}

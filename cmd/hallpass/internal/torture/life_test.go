package torture

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/hallpass-dev/hallpass/bot/slacksim/process"
)

// life is a process of a replica.
type life struct {
	process *os.Process
	in      io.Writer
	dying   bool // it was killed
}

// replica lives one life after the other, until the context ends.
func (w *world) replica(ctx context.Context, i int) error {
	rng := draw(w.seed, uint64(10+i))
	for ctx.Err() == nil {
		if err := w.live(ctx, i); err != nil {
			return err
		}
		if err := w.verify(context.WithoutCancel(ctx)); err != nil {
			return fmt.Errorf("after a life of process %d: %w", i, err)
		}
		pause(ctx, time.Duration(rng.IntN(200))*time.Millisecond)
	}
	return nil
}

// live runs one life of a replica, until it is killed, or told to stop.
func (w *world) live(ctx context.Context, i int) error {
	s := w.specs[i]
	w.mu.Lock()
	s.Order, s.Obeys = w.order, true
	w.mu.Unlock()
	cmd, err := process.Command(s)
	if err != nil {
		return err
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	w.begins(i, &life{process: cmd.Process, in: in}, s.Order)
	gone := make(chan error, 1)
	go func() { gone <- cmd.Wait() }()
	var clock <-chan time.Time
	for told := false; ; {
		select {
		case err := <-gone:
			w.ends(i)
			if killed(cmd.ProcessState) && !told {
				return nil
			}
			if err != nil || !told {
				return fmt.Errorf("process %d ended by itself, or badly: %w %s", i, err, stderr.String())
			}
			return nil
		case <-clock:
			_ = cmd.Process.Signal(syscall.SIGKILL)
		case <-ctx.Done():
			_ = cmd.Process.Signal(syscall.SIGTERM)
			ctx, told, clock = context.WithoutCancel(ctx), true, time.After(time.Minute)
		}
	}
}

func killed(state *os.ProcessState) bool {
	status, ok := state.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// begins notes a life. What was ordered since it was made, it is told.
func (w *world) begins(i int, l *life, knows order) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.alive[i] = l
	if w.order.Note != knows.Note || len(w.order.Wishes) != len(knows.Wishes) {
		_ = json.NewEncoder(l.in).Encode(w.order) // it may be dead already
	}
}

func (w *world) ends(i int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.alive, i)
	if _, err := os.Stat(w.order.Note); err == nil {
		w.fallen = w.order.Note
	}
}

// tell gives an order to all who live, and who will.
func (w *world) tell(o order) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.order = o
	for _, l := range w.alive {
		_ = json.NewEncoder(l.in).Encode(o) // who is dying is told when it begins again
	}
}

// kill is a death that does not come from within: at a call of Slack, or at a
// moment. It reports whether there was a process to kill.
func (w *world) kill(i int, note string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.alive[i]
	if l == nil || l.dying || !first(note) {
		return false
	}
	_ = l.process.Signal(syscall.SIGKILL)
	l.dying = true
	return true
}

// lives reports whether a replica's process has begun and was not killed.
func (w *world) lives(i int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.alive[i] != nil && !w.alive[i].dying
}

// up reports whether all processes live and have Slack to talk to.
func (w *world) up() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.alive) == len(w.specs) && w.desk.Connections() >= len(w.specs)
}

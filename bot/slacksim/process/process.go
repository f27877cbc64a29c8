// Package process runs what a test is about in a process of its own, a copy of
// the test binary, so that the test can kill it for real, at any moment, while
// a slacksim workspace lives on in the test's process.
//
// It is for tests. Nothing but a test may import it.
package process

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// env tells a copy of the test binary what its process is to be.
const env = "HALLPASS_TEST_PROCESS"

// Main is what a package's TestMain calls: in a process that Command begins it
// runs child with what that process is told, elsewhere the tests.
func Main(m *testing.M, child func(spec string) error) {
	spec := os.Getenv(env)
	if spec == "" {
		os.Exit(m.Run())
	}
	if err := child(spec); err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Command is a process that is not begun yet; spec, as JSON, is what it is told.
func Command(spec any) (*exec.Cmd, error) {
	text, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(os.Args[0]) //nolint:gosec,noctx // It is this test, and ends when it is killed.
	cmd.Env = append(os.Environ(), env+"="+string(text))
	return cmd, nil
}

// Bot is a bot in a process of its own, connected to a workspace.
type Bot struct {
	Workspace *slacksim.Workspace

	cmd  *exec.Cmd
	gone chan struct{} // closes when the process has ended
	log  bytes.Buffer  // of all processes
}

// Start begins the process and waits until it is connected, after one that was
// killed has been noticed to be gone. A process that ends instead is an error.
func (b *Bot) Start(ctx context.Context, spec any) error {
	if err := b.Workspace.Wait(ctx, func() bool { return b.Workspace.Connections() == 0 }); err != nil {
		return fmt.Errorf("the killed bot is still connected: %w", err)
	}
	cmd, err := Command(spec)
	if err != nil {
		return err
	}
	cmd.Stderr = &b.log
	if err := cmd.Start(); err != nil {
		return err
	}
	gone := make(chan struct{})
	b.cmd, b.gone = cmd, gone
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		_ = cmd.Wait()
		close(gone)
		stop()
	}()
	if err := b.Workspace.Wait(ctx, func() bool { return b.Workspace.Connections() > 0 }); err != nil {
		b.Kill() // what it says is read when it is done
		return fmt.Errorf("the bot did not connect: %w\n%s", err, b.Log())
	}
	return nil
}

// Kill ends the process as the kernel does that has no memory left. One that
// does not run is none to kill.
func (b *Bot) Kill() {
	if b.cmd == nil {
		return
	}
	_ = b.cmd.Process.Signal(syscall.SIGKILL)
	<-b.gone
	b.cmd = nil
}

// Log is what its processes wrote to their standard errors. It kills the bot
// first, since nobody may read what is being written.
func (b *Bot) Log() string {
	b.Kill()
	return b.log.String()
}

// Clock is a file with a clock's lead over the machine's, which the test sets
// and every process reads.
type Clock string

// Now is the time on the clock; a clock that was never set has no lead.
func (c Clock) Now() time.Time {
	data, _ := os.ReadFile(string(c))
	ahead, _ := strconv.ParseInt(string(data), 10, 64)
	return time.Now().Add(time.Duration(ahead))
}

// Set makes the clock lead by so much, in one step for whoever reads it.
func (c Clock) Set(ahead time.Duration) error {
	next := string(c) + ".new"
	err := os.WriteFile(next, strconv.AppendInt(nil, int64(ahead), 10), 0o600)
	return errors.Join(err, os.Rename(next, string(c)))
}

// Command withpg runs another command beside a PostgreSQL cluster of its own.
//
//	withpg [-durable] -- command [argument ...]
//
// The command finds the URL of an empty database in DATABASE_URL and the
// superuser's in HALLPASS_TEST_POSTGRES. Its exit code is passed on; 3 means
// that there was no PostgreSQL to start. The cluster is gone afterwards.
// It must never be used for data that anyone wants to keep.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

func main() {
	durable := flag.Bool("durable", false, "keep fsync on, as for a benchmark")
	flag.Parse()
	code, err := run(*durable, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "withpg:", err)
	}
	os.Exit(code)
}

func run(durable bool, args []string) (code int, err error) {
	if len(args) == 0 {
		return 2, errors.New("no command given; usage: withpg [-durable] -- command [argument ...]")
	}
	// The command gets a terminal's signal by itself; we only have to outlive it.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	start, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	cluster, err := pgtest.New(start, pgtest.Options{Durable: durable})
	if errors.Is(err, pgtest.ErrNotInstalled) {
		return 3, err
	}
	if err != nil {
		return 1, err
	}
	defer func() {
		if cerr := cluster.Close(); cerr != nil && err == nil {
			code, err = 1, cerr
		}
	}()
	dsn, drop, err := cluster.NewDatabase(start)
	if err != nil {
		return 1, err
	}
	defer func() { _ = drop(context.Background()) }() // Matters only for a server that outlives us.

	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 30 * time.Second
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "DATABASE_URL="+dsn, pgtest.EnvDSN+"="+cluster.AdminDSN())
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 1, fmt.Errorf("run %s: %w", args[0], err)
	}
	return 0, nil
}

// Command hallpass is the bot and its tools in one binary. Each sub-command is
// a thin file over a package; nothing is decided here.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // people have time zones, and a container or a small machine may have no zone files
)

// version is stamped in when the binary is built; see the Makefile.
var version = "unknown"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

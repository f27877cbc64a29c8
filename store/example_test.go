package store_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

// A worker takes its wake-up before it looks for work, so that it misses none.
func ExampleStore_ClaimTasks() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "hallpass")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s, err := store.Open(ctx, store.Config{URL: "sqlite:" + dir})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = s.Close() }()
	if err := s.Migrate(ctx); err != nil {
		fmt.Println(err)
		return
	}

	wake := s.Wake()
	task := approvals.Task{Kind: approvals.TaskRevoke, Key: "grant-1", RunAt: time.Now()}
	if err := s.Apply(ctx, approvals.Change{Tasks: []approvals.Task{task}}); err != nil {
		fmt.Println(err)
		return
	}
	<-wake
	leases, err := s.ClaimTasks(ctx, []approvals.TaskKind{approvals.TaskRevoke}, time.Now(), time.Minute, 10)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, lease := range leases {
		fmt.Println(lease.Kind, lease.Key, "attempt", lease.Attempt)
		fmt.Println("finished:", s.FinishTask(ctx, lease) == nil)
		fmt.Println("finished again:", approvals.ErrorCode(s.FinishTask(ctx, lease)))
	}
	// Output:
	// revoke grant-1 attempt 1
	// finished: true
	// finished again: conflict
}

package storetest

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Bench runs the benchmarks of what every request and every end of access
// passes through, against the stores that open makes.
func Bench(b *testing.B, open Opener) {
	b.Run("Submit", func(b *testing.B) { benchSubmit(b, open, 1) })
	b.Run("SubmitConcurrently", func(b *testing.B) { benchSubmit(b, open, 64) })
	b.Run("ClaimAndFinish", func(b *testing.B) { benchTasks(b, open) })
	b.Run("ClaimAndFinishNotices", func(b *testing.B) { benchNotices(b, open) })
	b.Run("RevokeConcurrently", func(b *testing.B) { benchRevoke(b, open) })
}

func benchSubmit(b *testing.B, open Opener, parallelism int) {
	s := open(b)
	var n atomic.Int64
	took := make([]time.Duration, b.N)
	b.SetParallelism(parallelism)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			began := time.Now()
			if err := s.Apply(bg, Submission(fmt.Sprint("r", i), "mia", "olga")); err != nil {
				b.Error(err)
			}
			took[i-1] = time.Since(began)
		}
	})
	b.ReportMetric(float64(2*b.N)/b.Elapsed().Seconds(), "events/s")
	slices.Sort(took) // how long one caller waited: what being stored together costs
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// benchTasks measures what the task table costs for one task, claimed in tens
// from a table with many more.
func benchTasks(b *testing.B, open Opener) {
	s := open(b)
	const batch = 1000
	for i := 0; i < b.N+batch; i += batch {
		var c approvals.Change
		for j := range batch {
			c.Tasks = append(c.Tasks, approvals.Task{Kind: approvals.TaskRevoke, Key: fmt.Sprint(i + j), RunAt: Epoch})
		}
		if err := s.Apply(bg, c); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	for done := 0; done < b.N; {
		leases, err := s.ClaimTasks(bg, revokes, Epoch, time.Minute, 10)
		if err != nil {
			b.Fatal(err)
		}
		for _, l := range leases {
			if err := s.FinishTask(bg, l); err != nil {
				b.Fatal(err)
			}
			done++
		}
	}
}

// benchNotices measures what the outbox costs for one notice, claimed in eights
// from a backlog of requests with five each, of which half are put off.
func benchNotices(b *testing.B, open Opener) {
	s := open(b)
	const batch, steps = 1000, 5
	for i := 0; i < 2*b.N+batch; i += batch {
		var c approvals.Change
		for j := range batch {
			c.Notices = append(c.Notices, approvals.Notice{Slot: fmt.Sprint(i + j), Order: fmt.Sprint(i + j%(batch/steps)), Kind: approvals.NoticeAlert, To: "bob"})
		}
		if err := s.Apply(bg, c); err != nil {
			b.Fatal(err)
		}
	}
	now := later()
	b.ResetTimer()
	for done, putOff := 0, 0; done < b.N; {
		leases, err := s.ClaimNotices(bg, now, time.Minute, 8)
		if err != nil {
			b.Fatal(err)
		}
		if len(leases) == 0 {
			now = now.Add(time.Hour)
		}
		for _, l := range leases {
			if putOff <= done && l.Attempt == 1 {
				err, putOff = s.RetryNotice(bg, l, now.Add(time.Hour), "pace"), putOff+1
			} else {
				err, done = s.FinishNotice(bg, l, nil), done+1
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

// benchRevoke takes one grant from active to revoked, as the worker does: two
// changes, of which the second ends the task.
func benchRevoke(b *testing.B, open Opener) {
	s := open(b)
	grants := make([]approvals.Grant, b.N)
	for i := range grants {
		grants[i] = Grant(fmt.Sprint("g", i))
	}
	for from := 0; from < len(grants); from += 1000 {
		if err := s.Apply(bg, Granted(grants[from:min(from+1000, len(grants))]...)); err != nil {
			b.Fatal(err)
		}
	}
	var n atomic.Int64
	b.SetParallelism(64)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			g := grants[n.Add(1)-1]
			for i, state := range []approvals.GrantState{approvals.GrantRevoking, approvals.GrantRevoked} {
				g.Version, g.State = int64(i+1), state
				c := Granted(g)
				c.Tasks = []approvals.Task{{Kind: approvals.TaskRevoke, Key: string(g.ID), RunAt: Epoch}}
				if state == approvals.GrantRevoked {
					c.Tasks, c.Cancel = nil, c.Tasks
					c.Notices = []approvals.Notice{{Slot: "ended:" + string(g.ID), Order: string(g.ID), Kind: approvals.NoticeEnded, To: g.Principal}}
				}
				if err := s.Apply(bg, c); err != nil {
					b.Error(err)
				}
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "grants/s")
}

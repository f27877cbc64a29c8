package lifecycle_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/connectors/sandbox"
	"pgregory.net/rapid"
)

// move is one thing that happens in the life of some grants.
type move struct {
	What string
	Who  approvals.PrincipalID
	To   approvals.EntitlementID
	For  time.Duration
	Op   sandbox.Op
	Bad  string
}

func moves() *rapid.Generator[[]move] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) move {
		return move{
			What: rapid.SampledFrom([]string{"hold", "hold", "pass", "pass", "release", "revoke", "extend", "break", "heal", "restart"}).Draw(t, "what"),
			Who:  rapid.SampledFrom([]approvals.PrincipalID{"amy", "bob"}).Draw(t, "who"),
			To:   rapid.SampledFrom([]approvals.EntitlementID{approvalstest.ReadOnly, approvalstest.Twin}).Draw(t, "to"),
			For:  time.Duration(rapid.IntRange(1, 40).Draw(t, "minutes")) * time.Minute / 4,
			Op:   rapid.SampledFrom([]sandbox.Op{sandbox.OpGrant, sandbox.OpRevoke, sandbox.OpCheck, sandbox.OpSetEnd, sandbox.OpEndSessions}).Draw(t, "op"),
			Bad:  rapid.SampledFrom([]string{"retryable", "ambiguous", "lost", "lie", "slow", "429"}).Draw(t, "bad"),
		}
	}), 1, 25)
}

// fault is how the system misbehaves for one or two calls.
func (m move) fault() sandbox.Fault {
	f := sandbox.Fault{Op: m.Op, Times: 1 + int(m.For.Minutes())%2}
	switch m.Bad {
	case "retryable":
		f.Err = retryable("The system is down.")
	case "ambiguous":
		f.Err = &approvals.ConnectorError{Kind: approvals.Ambiguous, Message: "No answer."}
	case "lost":
		f.AnswerLost = true
	case "lie":
		f.Lie = true
	case "slow":
		f.Delay = 7 * time.Second
	case "429":
		f.Err = &approvals.ConnectorError{Kind: approvals.Retryable, After: 20 * time.Second, Message: "Too many requests."}
	}
	return f
}

// machine is a rig, the grants that the moves made, and how to stop its worker.
type machine struct {
	*rig
	grants []approvals.GrantID
	stop   func()
}

func (m *machine) make(n int, mv move) {
	ctx := m.t.Context()
	actor := approvals.Person(mv.Who, "test", "")
	switch mv.What {
	case "hold":
		req, err := m.Service.Draft(ctx, actor, approvals.Ask{Requester: mv.Who, Entitlement: mv.To, Duration: max(time.Minute, mv.For),
			Reason: "work", Key: fmt.Sprint("hold", n)})
		if err == nil {
			req, err = m.Service.Submit(ctx, actor, req.ID)
		}
		if err == nil {
			m.grants = append(m.grants, req.Grant)
		}
	case "pass":
		pass(mv.For)
	case "break":
		m.box.Inject(mv.fault())
	case "heal":
		m.box.Heal()
	case "restart":
		m.stop()
		m.stop = m.worker(m.config())
	default:
		for _, id := range m.grants {
			if m.grant(id).Principal != mv.Who {
				continue
			}
			// Refusals are part of life: ended grants, ends beyond the maximum.
			switch mv.What {
			case "release":
				_, _ = m.Service.Release(ctx, actor, id)
			case "revoke":
				_, _ = m.Service.Revoke(ctx, approvals.Person("mia", "test", ""), id, "because")
			case "extend":
				_, _ = m.Service.Extend(ctx, actor, id, mv.For, "more", fmt.Sprint("extend", n, id))
			}
		}
	}
}

// truth checks what must hold at any moment at which nothing is under way:
// active means that it works, and what is proved to be gone is gone.
func (m *machine) truth() {
	m.t.Helper()
	for _, who := range []approvals.PrincipalID{"amy", "bob"} {
		standing := who == "bob" // bob had it before
		live, active := 0, 0
		for _, id := range m.grants {
			g := m.grant(id)
			if g.Principal != who {
				continue
			}
			if g.State.Live() {
				live++
			}
			if g.State == approvals.GrantActive {
				active++
			}
			if g.State == approvals.GrantRevoked && g.RevokedAt.IsZero() || g.State == approvals.GrantActive && g.Expired(time.Now().Add(-2*time.Second)) {
				m.t.Errorf("grant %+v is not what its state says", g)
			}
		}
		has := m.member(who, "read-only") != nil
		if !has && (active > 0 || standing) {
			m.t.Errorf("%s has %d active grants, standing %v, and no access", who, active, standing)
		}
		if has && live == 0 && !standing {
			m.t.Errorf("%s has access that every grant says is gone", who)
		}
	}
}

func TestAnySequenceEndsWithWhatWasThereBefore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		happened := moves().Draw(rt, "moves")
		synctest.Test(t, func(t *testing.T) {
			m := &machine{rig: newRig(t, approvalstest.NewStore())}
			if err := m.box.Seat("billing-db", "read-only", "bob@example.com"); err != nil {
				t.Fatal(err)
			}
			m.stop = m.worker(m.config())
			for n, mv := range happened {
				m.make(n, mv)
				synctest.Wait()
				m.truth()
			}
			m.box.Heal()
			pass(45 * time.Minute)
			m.truth()
			for _, id := range m.grants {
				if g := m.grant(id); g.State.Live() {
					t.Errorf("grant %s is %s 45 minutes after everything was mended: %s", id, g.State, g.LastError)
				}
			}
			if m.member("amy", "read-only") != nil || m.member("bob", "read-only") == nil {
				t.Error("the system does not hold what it held before")
			}
			if t.Failed() {
				t.Logf("after %+v", happened)
			}
		})
		if t.Failed() {
			rt.Fatalf("after %+v", happened)
		}
	})
}

package evidence_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/auditlog"
	"github.com/hallpass-dev/hallpass/store/evidence"
	"github.com/hallpass-dev/hallpass/store/storetest"
)

// The period that the tests report on.
var (
	from = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	to   = from.AddDate(0, 3, 0)
)

// rig is a Service on a database, with a clock that the test moves.
type rig struct {
	*approvalstest.World
	t      *testing.T
	db     *store.Store
	path   string // of SQLite's file
	now    time.Time
	signer note.Signer
	public string
	asked  int
}

func newRig(t *testing.T) *rig {
	t.Helper()
	url := storetest.EmptySQLite(t)
	r := rigOn(t, url)
	r.path = strings.TrimPrefix(url, "sqlite:")
	return r
}

// rigOn is newRig on a migrated database of either engine.
func rigOn(t *testing.T, url string) *rig {
	t.Helper()
	r := &rig{t: t, now: from.Add(9 * time.Hour)}
	clock := func() time.Time { return r.now }
	var err error
	r.db, err = store.Open(t.Context(), store.Config{URL: url, Now: clock})
	r.must(err)
	t.Cleanup(func() { _ = r.db.Close() })
	r.World = approvalstest.NewWorld(r.db)
	r.Service.Now = clock
	r.signer, r.public = testKey(t, "audit.example.com/hallpass", 1)
	return r
}

// testKey is a key that is the same each time, so that what it signs is too.
func testKey(t *testing.T, name string, seed byte) (note.Signer, string) {
	t.Helper()
	private := ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune('a'+seed)), ed25519.SeedSize)))
	public, err := note.NewEd25519VerifierKey(name, private.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	number := strings.Split(public, "+")[1]
	signer, err := note.NewSigner("PRIVATE+KEY+" + name + "+" + number + "+" + base64.StdEncoding.EncodeToString(append([]byte{1}, private.Seed()...)))
	if err != nil {
		t.Fatal(err)
	}
	return signer, public
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) pass(d time.Duration) { r.now = r.now.Add(d) }

func by(id approvals.PrincipalID) approvals.Actor { return approvals.Person(id, "slack", "C1/1.1") }

// ask submits a request of somebody's for themselves.
func (r *rig) ask(who approvals.PrincipalID, what approvals.EntitlementID) approvals.Request {
	r.t.Helper()
	r.asked++
	draft, err := r.Service.Draft(r.t.Context(), by(who), approvals.Ask{Requester: who, Entitlement: what, Duration: time.Hour,
		Reason: "=cmd|' /C calc'!A0 for Mrs Doe", Ticket: "INC-7", Key: fmt.Sprint("k", r.asked)})
	r.must(err)
	req, err := r.Service.Submit(r.t.Context(), by(who), draft.ID)
	r.must(err)
	return req
}

// given is ask with a yes of mia's where people are asked, and working access.
func (r *rig) given(who approvals.PrincipalID, what approvals.EntitlementID) approvals.Grant {
	r.t.Helper()
	req := r.ask(who, what)
	r.pass(5 * time.Minute)
	if req.State == approvals.RequestPending {
		var err error
		req, err = r.Service.Approve(r.t.Context(), by("mia"), req.ID, "")
		r.must(err)
	}
	return r.starts(req.Grant)
}

func (r *rig) starts(id approvals.GrantID) approvals.Grant {
	r.t.Helper()
	_, err := r.Service.Provision(r.t.Context(), id, false, r.now.Add(time.Minute))
	r.must(err)
	g, err := r.Service.Activate(r.t.Context(), id, nil, "member of billing_ro")
	r.must(err)
	return g
}

// ends lets a grant run out, and be read back after a while.
func (r *rig) ends(g approvals.Grant, after time.Duration, readBack string) {
	r.t.Helper()
	r.now = g.EndsAt
	_, err := r.Service.Expire(r.t.Context(), g.ID)
	r.must(err)
	r.pass(after)
	_, err = r.Service.Revoked(r.t.Context(), g.ID, approvals.Removal{}, readBack)
	r.must(err)
}

// law puts policies into force, and every decision under them.
func (r *rig) law(ruling approvals.Ruling, digest, commit string) {
	r.t.Helper()
	ruling.Version = approvals.PolicyVersion{Digest: digest, Commit: commit}
	r.must(r.Service.Law(r.t.Context(), ruling.Version, ""))
	r.Policy.Rule(ruling)
}

// forge stores what the Service would never store.
func (r *rig) forge(c approvals.Change) {
	r.t.Helper()
	r.must(r.db.Apply(r.t.Context(), c))
}

// write writes the evidence of the period into a new folder.
func (r *rig) write(edit func(*evidence.Config)) (string, evidence.Summary) {
	r.t.Helper()
	_, _, err := r.db.Seal(r.t.Context(), r.signer.Name(), r.signer)
	r.must(err)
	dir := filepath.Join(r.t.TempDir(), "evidence")
	c := evidence.Config{Log: r.db, From: from, To: to, Signers: []note.Signer{r.signer}, Keys: r.keys(), Names: r.name}
	if edit != nil {
		edit(&c)
	}
	said, err := evidence.Write(r.t.Context(), dir, c)
	r.must(err)
	return dir, said
}

func (r *rig) keys() note.Verifiers {
	r.t.Helper()
	keys, err := auditlog.Verifiers(r.public)
	r.must(err)
	return keys
}

func (r *rig) name(id approvals.PrincipalID) string {
	p, err := r.Directory.Principal(context.Background(), id)
	if err != nil {
		return ""
	}
	return p.Name
}

// read is a file of a folder.
func (r *rig) read(dir, name string) string {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	r.must(err)
	return string(text)
}

// quarter is a period with a bit of everything, nothing of it wrong.
func (r *rig) quarter() {
	r.t.Helper()
	r.law(approvalstest.Routed(1), strings.Repeat("a1", 32), strings.Repeat("4f", 20))
	r.ends(r.given("amy", approvalstest.ReadOnly), 2*time.Second, "absent")
	r.law(approvalstest.Automatic(), strings.Repeat("b2", 32), strings.Repeat("5e", 20))
	r.pass(30 * 24 * time.Hour)
	r.ends(r.given("bob", approvalstest.ReadOnly), time.Second, "absent")
	r.law(approvalstest.Routed(1), strings.Repeat("a1", 32), strings.Repeat("4f", 20))
	r.pass(24 * time.Hour)
	denied := r.ask("bob", approvalstest.Admin)
	_, err := r.Service.Deny(r.t.Context(), by("olga"), denied.ID, "no")
	r.must(err)
	_, err = r.Service.Cancel(r.t.Context(), by("amy"), r.ask("amy", approvalstest.Twin).ID)
	r.must(err)
	r.pass(24 * time.Hour)
	lapsing := r.ask("amy", approvalstest.Admin)
	r.now = lapsing.LapsesAt
	_, err = r.Service.Lapse(r.t.Context(), lapsing.ID)
	r.must(err)
	r.pass(30 * 24 * time.Hour)
	r.given("amy", approvalstest.ReadOnly) // still running when it is reported
	r.ask("bob", approvalstest.Admin)      // waits
}

package demo

import (
	"cmp"
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/app"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/scoring"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/auditlog"
	"github.com/hallpass-dev/hallpass/store/evidence"
)

// yearRequests is how many requests the year has: a slice of it, unless the
// environment says more; make evidence-year does.
func yearRequests(t *testing.T) int {
	t.Helper()
	said := os.Getenv("HALLPASS_YEAR_REQUESTS")
	if said == "" {
		return 200
	}
	n, err := strconv.Atoi(said)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// fresh is the example's directory, never out of date.
type fresh struct {
	approvals.Directory
	now func() time.Time
}

// State says that everything was read just now.
func (f fresh) State(context.Context) (approvals.DirectoryState, error) {
	return approvals.DirectoryState{Source: "file:people.yaml", AsOf: f.now()}, nil
}

// lean is a store without a worker: who would be told and what would be done
// later is left out, since the year does it itself.
type lean struct{ *store.Store }

// Apply stores the rest.
func (l lean) Apply(ctx context.Context, c approvals.Change) error {
	c.Tasks, c.Cancel, c.Notices = nil, nil, nil
	return l.Store.Apply(ctx, c)
}

// lived is a year with the database that it was lived in.
type lived struct {
	*Year
	t      *testing.T
	db     *store.Store
	signer note.Signer
	keys   note.Verifiers
	public string // the key that verifies, as text
	months int    // that were signed
	due    []due  // what goes wrong next
}

// begins puts the example organisation onto an empty database.
func begins(t *testing.T) *lived {
	t.Helper()
	y := &lived{t: t, Year: &Year{From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Days: 365, Requests: yearRequests(t)}}
	secret, public, err := auditlog.NewKey("year.example.com/hallpass")
	y.must(err)
	y.public = public
	y.signer, err = auditlog.Signer(secret)
	y.must(err)
	y.keys, err = auditlog.Verifiers(public)
	y.must(err)
	c, access := y.access(nil)
	y.db, err = store.Open(t.Context(), store.Config{URL: "sqlite:" + filepath.Join(t.TempDir(), "hallpass.db"), Now: y.Now})
	y.must(err)
	t.Cleanup(func() { _ = y.db.Close() })
	y.must(y.db.Migrate(t.Context()))
	y.People, err = access.People.People(t.Context())
	y.must(err)
	y.Catalog, err = access.Catalogue.All(t.Context())
	y.must(err)
	weights, err := app.Weights(c)
	y.must(err)
	directory, world := fresh{access.People, y.Now}, scoring.NewWorld(scoring.Options{})
	state, err := directory.State(t.Context())
	y.must(err)
	world.SetPeople(y.People, state)
	world.SetCatalogue(y.Catalog)
	for _, e := range y.Catalog { // what everybody has since before
		var holders []approvals.PrincipalID
		for _, p := range standing(y.People, e) {
			holders = append(holders, p.ID)
		}
		world.SetHoldings(e.ID, holders)
	}
	y.Service = &approvals.Service{Store: lean{y.db}, Directory: directory, Catalogue: access.Catalogue, Profiles: access.Catalogue,
		Scorer: scoring.New(world, y.db, weights)}
	y.Each, y.due = y.wrong, y.wrongs()
	return y
}

// name is what somebody is called.
func (y *lived) name(id approvals.PrincipalID) string {
	i := slices.IndexFunc(y.People, func(p approvals.Principal) bool { return p.ID == id })
	if i < 0 {
		return ""
	}
	return y.People[i].Name
}

func (y *lived) must(err error) {
	y.t.Helper()
	if err != nil {
		y.t.Fatal(err)
	}
}

// access is the example's access folder, changed.
func (y *lived) access(change func(dir string)) (config.Config, app.Access) {
	y.t.Helper()
	path, err := prepare(Options{Data: y.t.TempDir()})
	y.must(err)
	if change != nil {
		change(filepath.Dir(path))
	}
	c, err := config.Load(path)
	y.must(err)
	access, err := app.LoadAccess(y.t.Context(), c, app.Options{})
	y.must(err)
	return c, access
}

func TestAYearOfRequestsIsEvidenceThatFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	y := begins(t)
	began := time.Now()
	y.must(y.Run(t.Context()))
	y.now = y.From.AddDate(0, 0, y.Days).Add(48 * time.Hour)
	generated := time.Since(began)
	reviews := y.reviewer(t.Context())
	campaign := y.campaign(t.Context(), reviews)
	reviewed := time.Since(began) - generated
	_, sealed, err := y.db.Seal(t.Context(), y.signer.Name(), y.signer)
	y.must(err)

	dir := filepath.Join(t.TempDir(), "evidence")
	if keep := os.Getenv("HALLPASS_YEAR_OUT"); keep != "" {
		dir = keep
		y.must(os.WriteFile(keep+".pub", []byte(y.public+"\n"), 0o600))
	}
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o600) // the peak counts from here on
	began = time.Now()
	said, err := evidence.Write(t.Context(), dir, evidence.Config{Log: y.db, From: y.From, To: y.From.AddDate(0, 0, y.Days), Signers: []note.Signer{y.signer}, Keys: y.keys, Judge: reviews.Law.Judge, Names: y.name})
	y.must(err)
	wrote, most := time.Since(began), peak()
	began = time.Now()
	report, err := auditlog.VerifyFolder(t.Context(), dir, y.keys)
	y.must(err)
	t.Logf("%d requests, %d events: lived in %v, reviewed in %v, written in %v with at most %s of memory, verified in %v; %+v",
		said.Requests, sealed.Size, generated, reviewed, wrote, most, time.Since(began), said.ExceptionsByKinds)

	if said.Requests < y.Requests || said.Requests != said.Logged || !report.Sound() || !said.SoundLog {
		t.Errorf("of %d requests it says %+v, %+v", y.Requests, said, report)
	}
	want := map[evidence.Kind]string{
		evidence.SelfApproved: "whose own request it is",
		evidence.Recomputed:   "The stored answer is “approved at once”; the policies of that time",
		evidence.RunsOn:       "nothing proved that it had",
		evidence.RulesChanged: "In requests.cedar “context.duration_minutes <= 240” became “context.duration_minutes <= 480”.",
		evidence.NoCommit:     "from a folder outside Git",
		evidence.Verdict:      "looked at it and says that it was wrong",
		evidence.Lapsed:       "The rule low-sensitivity stopped approving by itself",
	}
	for kind, words := range want {
		if found := exceptions(t, dir, kind); !slices.ContainsFunc(found, func(said string) bool { return strings.Contains(said, words) }) {
			t.Errorf("%s: found %q, want %q", kind, found, words)
		}
	}
	// Of the forged permit the evidence, the review's own computing and the reviewer
	// say it; of the forgotten end the review as well, when no people were asked.
	if said.Fails < 5 || said.Fails > 6 || campaign.State != approvals.CampaignClosed {
		t.Errorf("%d controls did not work; the review is %s: %+v", said.Fails, campaign.State, said.ExceptionsByKinds)
	}
}

// peak is the most memory that the process had since it was last counted, as
// Linux says it; elsewhere nothing is known.
func peak() string {
	status, _ := os.ReadFile("/proc/self/status")
	_, most, _ := strings.Cut(string(status), "VmHWM:")
	most, _, _ = strings.Cut(most, "\n")
	return cmp.Or(strings.TrimSpace(most), "an unknown amount")
}

// exceptions are the words of all exceptions of a kind.
func exceptions(t *testing.T, dir string, kind evidence.Kind) (words []string) {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "exceptions.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row[0] == string(kind) {
			words = append(words, row[5])
		}
	}
	return words
}

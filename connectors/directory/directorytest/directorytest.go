package directorytest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/directory"
)

// World is a system that holds people, seen past its source.
type World struct {
	Source directory.Source
	// Put makes these the system's people; ids, managers and groups are those of
	// the principals.
	Put func(t *testing.T, people []approvals.Principal)
	// Down makes the system answer nothing, or again; nil: it is a file.
	Down func(t *testing.T, down bool)
	// ID is a person's id in the system where it gives them itself; nil: the same.
	ID func(approvals.PrincipalID) approvals.PrincipalID
	// Lacks are attributes that the system cannot say: "inactive", "contractor".
	Lacks []string
}

// Harness makes a world, once for each case.
type Harness func(t *testing.T) World

// Run runs the suite.
func Run(t *testing.T, h Harness) {
	t.Helper()
	for _, c := range []struct {
		name string
		run  func(*testing.T, *bench)
	}{
		{"people arrive as the system has them", arrive},
		{"half the people are refused, and the old ones grow old", refuse(func(all []approvals.Principal) []approvals.Principal { return all[:len(all)/2] })},
		{"no people are refused", refuse(func([]approvals.Principal) []approvals.Principal { return nil })},
		{"people whose managers are gone are refused", refuse(change(func(p *approvals.Principal) { p.Manager = "" }))},
		{"people whose groups are gone are refused", refuse(change(func(p *approvals.Principal) { p.Groups = nil }))},
		{"everybody's deactivation is refused", needs("inactive", refuse(change(func(p *approvals.Principal) { p.Inactive = true })))},
		{"everybody's return is refused", needs("inactive", refuse(change(func(p *approvals.Principal) { p.Inactive = false })))},
		{"contractors who all become employees are refused", needs("contractor", refuse(change(func(p *approvals.Principal) { p.Contractor = false })))},
		{"a system that is down leaves people as they were", down},
		{"a loss that an administrator accepts is taken", accepted},
		{"a new start remembers what was read before", remembered},
		{"a few who leave are let go", few},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, open(t, h(t)))
		})
	}
}

const someone = 40

// People are enough of them that a tenth is more than the floor.
func People() []approvals.Principal {
	all := make([]approvals.Principal, someone)
	for i := range all {
		all[i] = approvals.Principal{ID: approvals.PrincipalID(fmt.Sprintf("p%02d", i)), Name: fmt.Sprintf("Person %02d", i),
			Email: fmt.Sprintf("p%02d@example.com", i), Groups: []string{"everyone"}, Inactive: i%4 == 3, Contractor: i%4 == 2}
		if i > 0 {
			all[i].Manager = all[i/8].ID
		}
		if i%2 == 0 {
			all[i].Groups = append(all[i].Groups, "sre")
		}
	}
	return all
}

// bench is a world with a directory on it.
type bench struct {
	World
	*directory.Directory
	memory *Memory
	now    time.Time
	was    []approvals.Principal
}

func open(t *testing.T, w World) *bench {
	t.Helper()
	b := &bench{World: w, memory: &Memory{}, now: time.Now()}
	w.Put(t, b.able(People()))
	var err error
	if b.Directory, err = directory.Open(t.Context(), w.Source, b.config()); err != nil {
		t.Fatal(err)
	}
	state, err := b.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.now, b.was = state.AsOf, b.all(t) // the system may have a clock of its own
	return b
}

func (b *bench) config() directory.Config {
	return directory.Config{Memory: b.memory, Now: func() time.Time { return b.now }}
}

// able leaves out what the system cannot say.
func (b *bench) able(people []approvals.Principal) []approvals.Principal {
	for i := range people {
		people[i].Inactive = people[i].Inactive && !slices.Contains(b.Lacks, "inactive")
		people[i].Contractor = people[i].Contractor && !slices.Contains(b.Lacks, "contractor")
	}
	return people
}

func (b *bench) all(t *testing.T) []approvals.Principal {
	t.Helper()
	people, err := b.People(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return people
}

// unchanged says that nobody has lost or gained anything.
func (b *bench) unchanged(t *testing.T) {
	t.Helper()
	if diff := cmp.Diff(b.was, b.all(t)); diff != "" {
		t.Errorf("people have changed (-were +are):\n%s", diff)
	}
}

// ages says that what is there becomes too old to approve anything by itself.
func (b *bench) ages(t *testing.T) {
	t.Helper()
	b.now = b.now.Add(directory.DefaultMaxAge + time.Hour)
	if state, err := b.State(t.Context()); err != nil || !state.Stale {
		t.Errorf("after more than a day: %+v, %v; want stale, so that people are asked", state, err)
	}
}

func arrive(t *testing.T, b *bench) {
	want := b.able(People())
	if b.ID != nil {
		for i, p := range want {
			want[i].ID = b.ID(p.ID)
			if p.Manager != "" {
				want[i].Manager = b.ID(p.Manager)
			}
		}
		slices.SortFunc(want, func(x, y approvals.Principal) int { return strings.Compare(string(x.ID), string(y.ID)) })
	}
	got := b.all(t)
	for i := range got {
		slices.Sort(got[i].Groups)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("people (-want +got):\n%s", diff)
	}
	if state, err := b.State(t.Context()); err != nil || state.Stale || state.Source == "" {
		t.Errorf("state %+v, %v", state, err)
	}
}

func change(f func(*approvals.Principal)) func([]approvals.Principal) []approvals.Principal {
	return func(all []approvals.Principal) []approvals.Principal {
		for i := range all {
			f(&all[i])
		}
		return all
	}
}

func needs(attribute string, run func(*testing.T, *bench)) func(*testing.T, *bench) {
	return func(t *testing.T, b *bench) {
		if slices.Contains(b.Lacks, attribute) {
			t.Skipf("not shown: this source does not say who is %s", attribute)
		}
		run(t, b)
	}
}

// refuse is the case of a reading that lost something.
func refuse(spoil func([]approvals.Principal) []approvals.Principal) func(*testing.T, *bench) {
	return func(t *testing.T, b *bench) {
		b.Put(t, spoil(b.able(People())))
		if err := b.Reload(t.Context()); err == nil {
			t.Error("the reading was taken")
		}
		if b.Refused() == nil || b.memory.Record.Refused == nil {
			t.Errorf("nobody can see what was refused: %v, kept %v", b.Refused(), b.memory.Record.Refused)
		}
		b.unchanged(t)
		b.ages(t)
		b.Put(t, b.able(People()))
		if err := b.Reload(t.Context()); err != nil || b.Refused() != nil {
			t.Errorf("the source is whole again: %v, refused %v", err, b.Refused())
		}
	}
}

func down(t *testing.T, b *bench) {
	if b.Down == nil {
		t.Skip("not shown: this source is always there")
	}
	b.Down(t, true)
	if err := b.Reload(t.Context()); err == nil {
		t.Error("nothing was read, and nobody is told")
	}
	b.unchanged(t)
	again, err := directory.Open(t.Context(), b.Source, b.config())
	if err != nil {
		t.Fatalf("a start while the source is down: %v", err)
	}
	b.Directory = again
	b.unchanged(t)
	b.ages(t)
	b.Down(t, false)
	if err := b.Reload(t.Context()); err != nil {
		t.Errorf("it is there again: %v", err)
	}
}

func accepted(t *testing.T, b *bench) {
	half := b.able(People())[:someone/2]
	b.Put(t, half)
	if err := b.Reload(t.Context()); err == nil {
		t.Fatal("the reading was taken")
	}
	b.memory.Accept("ana", b.now)
	b.Put(t, half[:someone/4])
	if err := b.Reload(t.Context()); err == nil {
		t.Error("more was lost than was accepted, and it was taken")
	}
	b.Put(t, half)
	if err := b.Reload(t.Context()); err != nil || len(b.all(t)) != len(half) {
		t.Errorf("the loss was accepted: %v, %d people", err, len(b.all(t)))
	}
	b.Put(t, nil)
	b.memory.Accept("ana", b.now)
	if err := b.Reload(t.Context()); err == nil || len(b.all(t)) != len(half) {
		t.Error("nobody at all was accepted")
	}
}

func remembered(t *testing.T, b *bench) {
	b.Put(t, b.able(People())[:someone/2])
	again, err := directory.Open(t.Context(), b.Source, b.config())
	if err != nil {
		t.Fatal(err)
	}
	b.Directory = again
	b.unchanged(t)
	if again.Refused() == nil {
		t.Error("a start took half the people")
	}
	for _, group := range []string{"sre", "everyone"} {
		if members, err := b.Members(t.Context(), group); err != nil || len(members) == 0 {
			t.Errorf("members of %s: %d, %v", group, len(members), err)
		}
	}
	if _, err := b.ByEmail(t.Context(), "P07@example.com"); err != nil {
		t.Error(err)
	}
}

func few(t *testing.T, b *bench) {
	b.Put(t, b.able(People())[:someone-2])
	if err := b.Reload(t.Context()); err != nil || len(b.all(t)) != someone-2 {
		t.Errorf("%v, %d people", err, len(b.all(t)))
	}
}

// Memory keeps one source's record.
type Memory struct{ Record approvals.DirectoryRecord }

var _ directory.Memory = (*Memory)(nil)

// Directory implements directory.Memory.
func (m *Memory) Directory(context.Context, string) (approvals.DirectoryRecord, error) {
	return m.Record, nil
}

// KeepDirectory implements directory.Memory.
func (m *Memory) KeepDirectory(_ context.Context, _ string, people []byte, asOf time.Time) error {
	if people != nil {
		m.Record.People = slices.Clone(people)
	}
	m.Record.AsOf, m.Record.Refused = asOf, nil
	return nil
}

// RefuseDirectory implements directory.Memory.
func (m *Memory) RefuseDirectory(_ context.Context, _ string, losses []approvals.Loss) error {
	m.Record.Refused = losses
	return nil
}

// Accept accepts what was refused.
func (m *Memory) Accept(by approvals.PrincipalID, at time.Time) {
	m.Record.Accepted, m.Record.AcceptedBy, m.Record.AcceptedAt = m.Record.Refused, by, at
}

// ByGroup lists the ids of each group's members.
func ByGroup(people []approvals.Principal) map[string][]approvals.PrincipalID {
	in := map[string][]approvals.PrincipalID{}
	for _, p := range people {
		for _, g := range p.Groups {
			in[g] = append(in[g], p.ID)
		}
	}
	return in
}

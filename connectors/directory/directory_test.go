package directory_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/directory"
	"github.com/hallpass-dev/hallpass/connectors/directory/directorytest"
)

// system is a source in this process.
type system struct {
	people []approvals.Principal
	err    error
	reads  int
	at     []time.Time
}

func (*system) Name() string { return "test:people" }

func (s *system) Read(context.Context) (directory.Reading, error) {
	s.reads++
	s.at = append(s.at, time.Now())
	r := directory.Reading{AsOf: time.Now()}
	for _, p := range s.people {
		r.People = append(r.People, directory.Person{Principal: p})
	}
	return r, s.err
}

func open(t *testing.T, s *system, cfg directory.Config) *directory.Directory {
	t.Helper()
	d, err := directory.Open(t.Context(), s, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAcceptance32AnySource(t *testing.T) {
	t.Parallel()
	directorytest.Run(t, func(*testing.T) directorytest.World {
		s := &system{}
		return directorytest.World{Source: s, Put: func(_ *testing.T, people []approvals.Principal) { s.people = people },
			Down: func(_ *testing.T, down bool) {
				if s.err = nil; down {
					s.err = errors.New("away")
				}
			}}
	})
}

// person is somebody whom every source may have.
func person(id string, more ...func(*approvals.Principal)) approvals.Principal {
	p := approvals.Principal{ID: approvals.PrincipalID(id), Name: id, Email: id + "@example.com"}
	for _, f := range more {
		f(&p)
	}
	return p
}

func TestWhoCannotBeUsedIsLeftOutAndSaid(t *testing.T) {
	t.Parallel()
	email := func(v string) func(*approvals.Principal) { return func(p *approvals.Principal) { p.Email = v } }
	for name, tc := range map[string]struct {
		people []approvals.Principal
		want   string // ids
		says   string
	}{
		"no email":             {[]approvals.Principal{person("a"), person("b", email(""))}, "a", "is not an email address"},
		"an email of two":      {[]approvals.Principal{person("a"), person("b", email("C@example.com")), person("c")}, "a", "neither is taken"},
		"an id of two":         {[]approvals.Principal{person("a"), person("b"), person("b", email("x@example.com"))}, "a", "neither is taken"},
		"an id of no form":     {[]approvals.Principal{person("a"), person("b c", email("b@example.com"))}, "a", "cannot be an id"},
		"a lost first entry":   {[]approvals.Principal{person("a"), person("b", func(p *approvals.Principal) { p.SameAs = "gone" })}, "a", "who is not there"},
		"a manager who left":   {[]approvals.Principal{person("a", func(p *approvals.Principal) { p.Manager = "gone" })}, "a", `the manager "gone" is not there`},
		"a zone of no place":   {[]approvals.Principal{person("a", func(p *approvals.Principal) { p.TimeZone = "Mars/Olympus" })}, "a", ""},
		"a group of no form":   {[]approvals.Principal{person("a", func(p *approvals.Principal) { p.Groups = []string{"all staff", "x", "x"} })}, "a", ""},
		"a name of two lines":  {[]approvals.Principal{person("a", func(p *approvals.Principal) { p.Name = "A\nB" })}, "a", ""},
		"a second entry's own": {[]approvals.Principal{person("a"), person("b", func(p *approvals.Principal) { p.SameAs = "A@example.com" })}, "a b", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log strings.Builder
			d := open(t, &system{people: tc.people}, directory.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
			people, err := d.People(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, p := range people {
				ids = append(ids, string(p.ID))
				if p.Name == "" || p.TimeZone != "" || len(p.Groups) > 1 || p.Manager != "" {
					t.Errorf("%+v", p)
				}
			}
			if got := strings.Join(ids, " "); got != tc.want {
				t.Errorf("the people are %q, want %q", got, tc.want)
			}
			said := strings.ReplaceAll(log.String(), `\"`, `"`)
			if tc.says == "" && said != "" || !strings.Contains(said, tc.says) {
				t.Errorf("the log says %q, want %q", said, tc.says)
			}
		})
	}
}

func TestAReadingOfWhichMuchCannotBeUsedIsRefused(t *testing.T) {
	t.Parallel()
	s := &system{people: directorytest.People()}
	for i := range 5 {
		s.people[i*2].Email = ""
	}
	if _, err := directory.Open(t.Context(), s, directory.Config{}); err == nil || !strings.Contains(err.Error(), "test:people: \"\" is not an email address") {
		t.Errorf("%v", err)
	}
}

func TestHowMuchMayBeLost(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		before, left, percent int
		taken                 bool
	}{
		{1000, 1000, 0, true}, {1000, 900, 0, true}, {1000, 899, 0, false}, {1000, 899, 20, true}, {1000, 0, 50, false},
		{20, 17, 0, true}, {20, 16, 0, false}, {4, 2, 0, true}, {4, 1, 0, false}, {3, 1, 0, false}, {2, 1, 0, true}, {1, 0, 0, false},
		{1000, 2000, 0, true},
	} {
		s := &system{people: many(tc.before)}
		d := open(t, s, directory.Config{Shrink: tc.percent})
		s.people = many(tc.left)
		if err := d.Reload(t.Context()); (err == nil) != tc.taken {
			t.Errorf("%d of %d people at %d percent: %v", tc.left, tc.before, tc.percent, err)
		}
	}
}

func many(n int) []approvals.Principal {
	all := make([]approvals.Principal, n)
	for i := range all {
		all[i] = person(fmt.Sprintf("p%04d", i))
	}
	return all
}

// Others in the place of those who are gone are no consolation.
func TestPeopleAreCountedByWhoTheyAre(t *testing.T) {
	t.Parallel()
	s := &system{people: many(100)}
	d := open(t, s, directory.Config{})
	for i := range s.people {
		s.people[i].ID += "-new"
	}
	if err := d.Reload(t.Context()); err == nil {
		t.Error("everybody is somebody else, and that was taken")
	}
	want := []approvals.Loss{{What: "people", Before: 100}, {What: "active people", Before: 100}}
	if diff := cmp.Diff(want, d.Refused()); diff != "" {
		t.Error(diff)
	}
}

func TestGroupsAreNamedAndAdminsFound(t *testing.T) {
	t.Parallel()
	groups := func(names ...string) func(*approvals.Principal) {
		return func(p *approvals.Principal) { p.Groups = names }
	}
	d := open(t, &system{people: []approvals.Principal{person("a", groups("All Staff", "Site Reliability")), person("b", groups("ops"))}},
		directory.Config{Groups: map[string]string{"sre": "Site Reliability"}, Admins: "sre"})
	want := []approvals.Principal{person("a", groups("sre"), func(p *approvals.Principal) { p.Admin = true }), person("b")}
	got, err := d.People(t.Context())
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%s%v", diff, err)
	}
}

func TestRunReadsAgainSoonAfterAFailureAndNeverInStep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &system{people: many(3)}
		d := open(t, s, directory.Config{Refresh: time.Hour})
		ctx, cancel := context.WithCancel(t.Context())
		var told []error
		done := make(chan struct{})
		go func() {
			defer close(done)
			d.Run(ctx, func(_ context.Context, err error) {
				if told = append(told, err); len(told) == 20 {
					s.err = errors.New("away")
				}
			})
		}()
		<-time.After(100 * time.Hour)
		cancel()
		<-done
		distinct := map[time.Duration]bool{}
		for i := 2; i < 20; i++ {
			gap := s.at[i].Sub(s.at[i-1])
			distinct[gap] = true
			if gap < 54*time.Minute || gap > 66*time.Minute+1 {
				t.Errorf("%s between two readings of every hour", gap)
			}
		}
		if len(distinct) < 10 {
			t.Errorf("the readings keep step: %v", distinct)
		}
		for i := 23; i < len(s.at); i++ {
			if gap := s.at[i].Sub(s.at[i-1]); gap > 14*time.Minute {
				t.Errorf("%s after a failure", gap)
			}
		}
		if state, err := d.State(t.Context()); err != nil || !state.Stale || told[len(told)-1] == nil {
			t.Errorf("%+v, %v, told %v", state, err, told[len(told)-1])
		}
	})
}

// A start does not wait for a source that takes minutes, and reads it then.
func TestAStartTakesWhatIsKeptAndReadsSoon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, memory := &system{people: many(3)}, &directorytest.Memory{}
		cfg := directory.Config{Refresh: time.Hour, Memory: memory}
		open(t, s, cfg)
		s.people = append(s.people, person("new"))
		d := open(t, s, cfg)
		if s.reads != 1 {
			t.Errorf("the source was read %d times, want once", s.reads)
		}
		ctx, cancel := context.WithCancel(t.Context())
		go d.Run(ctx, func(_ context.Context, err error) {
			if err != nil {
				t.Error(err)
			}
			cancel()
		})
		<-time.After(10 * time.Second)
		if _, err := d.Principal(t.Context(), "new"); err != nil {
			t.Error(err)
		}
		cancel()
		synctest.Wait()
		<-time.After(48 * time.Hour)
		open(t, s, cfg)
		if s.reads != 3 {
			t.Errorf("what is kept is too old, and the source was read %d times, want 3", s.reads)
		}
	})
}

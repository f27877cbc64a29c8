package sandbox

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hallpass-dev/hallpass/approvals"
)

func config(file string) Config {
	return Config{File: file, Resources: []Resource{{Name: "db", System: "databases", Levels: []string{"ro", "rw"},
		Standing: []Seat{{Account: "omar", Level: "rw"}}}}}
}

func grantOn(account string) approvals.Grant {
	return approvals.Grant{ID: approvals.GrantID("g-" + account), Account: account,
		Target: map[string]string{"resource": "db", "level": "ro"}}
}

func TestTheTruthSurvivesAKillAtAnyMoment(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state.json")
	s, err := New(config(file))
	if err != nil {
		t.Fatal(err)
	}
	same := func(when string) {
		t.Helper()
		again, err := New(config(file)) // nothing was closed: this is what a kill leaves
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		ignore := cmpopts.IgnoreFields(Snapshot{}, "At", "Revision", "Attempts")
		if diff := cmp.Diff(s.Snapshot(), again.Snapshot(), ignore, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-before +after the restart):\n%s", when, diff)
		}
		s = again
	}
	same("seeded")
	r, err := s.Grant(t.Context(), grantOn("maya"))
	if err != nil {
		t.Fatal(err)
	}
	same("granted")
	id, err := s.Login("maya", "db")
	if err != nil {
		t.Fatal(err)
	}
	same("signed in")
	if _, err := s.Read(id); err != nil {
		t.Errorf("the session did not survive: %v", err)
	}
	if err := s.SetEnd(t.Context(), grantOn("maya"), r, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	same("end set")
	if removal, err := s.Revoke(t.Context(), grantOn("maya"), r); removal.SessionsEnded != 1 || err != nil {
		t.Errorf("removal %+v, %v", removal, err)
	}
	same("revoked")
	left, err := filepath.Glob(file + ".*")
	if len(left) != 0 || err != nil {
		t.Errorf("files left beside the state: %v, %v", left, err)
	}
	if n := s.Count(OpGrant, "g-maya"); n != 1 {
		t.Errorf("after all restarts the journal has %d grants, want 1", n)
	}
}

func TestAFailingDiskRefusesTheCallAndKeepsTheOldTruth(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s, err := New(config(filepath.Join(dir, "state.json")))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	_, err = s.Grant(t.Context(), grantOn("maya"))
	if ce, ok := errors.AsType[*approvals.ConnectorError](err); !ok || ce.Kind != approvals.Retryable {
		t.Errorf("grant without a disk: %v, want retryable", err)
	}
	if p, err := s.Check(t.Context(), grantOn("maya"), nil); p.Present || err != nil {
		t.Errorf("check: %+v, %v; what was not stored did not happen", p, err)
	}
	if p, err := s.Check(t.Context(), approvals.Grant{Account: "omar", Target: map[string]string{"resource": "db", "level": "rw"}}, nil); !p.Present || err != nil {
		t.Errorf("the standing member: %+v, %v; what was stored stays", p, err)
	}
}

func TestABadStateFileIsNamedAndNotOverwritten(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"empty":            "",
		"cut off":          `{"format": 1, "members": [`,
		"another version":  `{"format": 2}`,
		"member twice":     `{"format":1,"members":[{"resource":"db","level":"ro","account":"a"},{"resource":"db","level":"ro","account":"a"}]}`,
		"nameless member":  `{"format":1,"members":[{"resource":"db"}]}`,
		"nameless session": `{"format":1,"sessions":[{}]}`,
		"journal with gap": `{"format":1,"journal":[{"sequence":2}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "state.json")
			if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := New(config(file))
			if err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "delete it") {
				t.Errorf("%v, want the file named and the mend", err)
			}
			after, err := os.ReadFile(file)
			if diff := cmp.Diff(content, string(after)); diff != "" || err != nil {
				t.Errorf("the file was touched (-want +got):\n%s%v", diff, err)
			}
		})
	}
}

func TestConfigurationErrorsNameWhatIsWrong(t *testing.T) {
	t.Parallel()
	for want, rs := range map[string][]Resource{
		"resource 1 has no name": {{Levels: []string{"ro"}}},
		"there twice":            {{Name: "db", Levels: []string{"ro"}}, {Name: "db", Levels: []string{"ro"}}},
		"no levels":              {{Name: "db"}},
		"standing member":        {{Name: "db", Levels: []string{"ro"}, Standing: []Seat{{"a", "rw"}}}},
	} {
		if _, err := New(Config{Resources: rs}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want it to say %q", err, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	s, err := New(config(""))
	if err != nil {
		f.Fatal(err)
	}
	seed, err := s.world.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte(`{"format":1,"sessions":[{"id":"x","held_until":"2026-01-02T03:04:05Z"}],"journal":[{"sequence":1}]}`))
	f.Add([]byte(`{"format":1,"members":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		w, err := decode(data)
		if err != nil {
			return
		}
		first, err := w.encode()
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		again, err := decode(first)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, first)
		}
		second, err := again.encode()
		if diff := cmp.Diff(string(first), string(second)); diff != "" || err != nil {
			t.Errorf("a second round differs:\n%s%v", diff, err)
		}
	})
}

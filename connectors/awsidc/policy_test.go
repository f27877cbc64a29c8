package awsidc

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func mustParse(t *testing.T, text string) policy {
	t.Helper()
	p, err := parsePolicy(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustText(t *testing.T, p policy) string {
	t.Helper()
	text, err := p.text()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestForeignStatementsKeepTheirBytes(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"Version":"2012-10-17","Statement":[{"Effect" : "Allow", "Action":["s3:Get*"],"Resource":"arn:aws:s3:::a<b>&c/*"}]}`,
		`{"Version":"2008-10-17","Id":"mine","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`,
		`{"Statement":[{"Sid":"HallpassBeforeLunch","Effect":"Deny","Action":"*","Resource":"*"}]}`,
		`{"Statement":[{"Sid":"HallpassBefore20261122T120000ZUntil20261122T130000ZX00000000","Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"identitystore:userId":["u"]},"DateLessThan":{"aws:TokenIssueTime":"2026-11-22T12:00:00Z"}}}]}`,
	} {
		p := mustParse(t, text)
		if len(p.foreign) != 1 || len(p.denies) != 0 {
			t.Fatalf("%s: %d foreign statements and %d of ours", text, len(p.foreign), len(p.denies))
		}
		p.add("u1", scope{accounts: []string{"111122223333"}}, noon, noon.Add(time.Hour))
		again := mustParse(t, mustText(t, p))
		if diff := cmp.Diff(p, again, cmp.AllowUnexported(policy{}, deny{}, scope{})); diff != "" {
			t.Errorf("-written +read\n%s", diff)
		}
		again.expire(noon.Add(time.Hour))
		last := mustParse(t, mustText(t, again))
		if string(last.foreign[0]) != string(p.foreign[0]) || len(last.denies) != 0 || last.version != p.version {
			t.Errorf("%s\nbecame\n%s", text, mustText(t, last))
		}
	}
}

func TestDenialsOfOneMinuteAreOneStatement(t *testing.T) {
	t.Parallel()
	here := scope{accounts: []string{"111122223333"}}
	var p policy
	p.add("a", here, noon, noon.Add(time.Hour))
	p.add("b", here, noon, noon.Add(time.Hour))
	p.add("a", here, noon, noon.Add(time.Hour))
	p.add("c", scope{accounts: []string{"444455556666"}}, noon, noon.Add(time.Hour))
	p.add("d", here, noon.Add(time.Minute), noon.Add(time.Hour))
	want := []deny{{[]string{"a", "b"}, here, noon, noon.Add(time.Hour)}, {[]string{"c"}, scope{accounts: []string{"444455556666"}}, noon, noon.Add(time.Hour)},
		{[]string{"d"}, here, noon.Add(time.Minute), noon.Add(time.Hour)}}
	if diff := cmp.Diff(want, p.denies, cmp.AllowUnexported(deny{}, scope{})); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	p.add("a", here, noon.Add(time.Minute), noon.Add(time.Hour)) // makes the earlier one needless
	p.add("b", here, noon.Add(-time.Minute), noon.Add(time.Hour))
	if got := fmt.Sprint(p.denies[0].users, p.denies[2].users); got != "[b] [d a]" {
		t.Errorf("users are %s", got)
	}
	if !p.narrow("b", here, noon.Add(-time.Second)) || p.narrow("b", here, noon) {
		t.Error("a denial is narrowed when its time is later, and only then")
	}
	sids := map[string]bool{}
	for _, d := range p.denies {
		if sids[d.sid()] {
			t.Errorf("two statements have the Sid %s", d.sid())
		}
		sids[d.sid()] = true
	}
}

func TestDenialCovers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		denied, asked []string
		want          bool
	}{
		{[]string{"1"}, []string{"1"}, true},
		{[]string{"1", "2"}, []string{"1"}, true},
		{[]string{"1"}, []string{"1", "2"}, false},
		{nil, []string{"1"}, true},
		{nil, nil, true},
		{[]string{"1"}, nil, false},
	} {
		d := deny{users: []string{"u"}, scope: scope{accounts: tc.denied}}
		if got := d.covers("u", scope{accounts: tc.asked}); got != tc.want || d.covers("v", scope{accounts: tc.asked}) {
			t.Errorf("a denial for %v covers %v: %v, want %v", tc.denied, tc.asked, got, tc.want)
		}
	}
}

// TestHowManyPeopleFit backs the figures of docs/connectors/aws-identity-center.md.
func TestHowManyPeopleFit(t *testing.T) {
	t.Parallel()
	for doc, tc := range map[string]struct {
		set         string
		least, most int
	}{"arn:aws:sso:::permissionSet/x": {"", 190, 210}, "p-examplepolicy": {"ReadOnly", 85, 95}} {
		p := mustParse(t, nothing)
		for n := 0; ; n++ {
			p.add(fmt.Sprintf("9067a1b2c3-%08x-1111-4222-8333-444455556666", n), scope{[]string{"111122223333"}, tc.set}, noon, noon.Add(time.Hour))
			if !room(doc, mustText(t, p)) {
				if n < tc.least || n > tc.most {
					t.Errorf("%d people fit into the %s, want %d to %d", n, kindOf(doc), tc.least, tc.most)
				}
				break
			}
		}
	}
	if blank := `{"Statement":[]}` + strings.Repeat(" ", 20000); !fits(blank) || fits(blank+strings.Repeat(" ", 13000)) || fits(strings.Repeat("x", 10241)) {
		t.Error("10,240 bytes of ink and 32,768 in all are the limits")
	}
}

func TestPolicyThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"{", "[]", `{"Statement":"x"}`, `{"Statement":7}`} {
		if p, err := parsePolicy(text); err == nil {
			t.Errorf("%s was read as %+v", text, p)
		}
	}
	if got := mustText(t, mustParse(t, " ")); got != "" {
		t.Errorf("no policy became %s", got)
	}
}

func FuzzPolicy(f *testing.F) {
	var p policy
	p.add("u", scope{accounts: []string{"111122223333"}}, noon, noon.Add(time.Hour))
	text, err := p.text()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`)
	f.Add(`{"Id":"a","Statement":[1,{},"x"]}`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePolicy(text)
		if err != nil {
			return
		}
		written := mustText(t, p)
		if written == "" {
			return
		}
		if !json.Valid([]byte(written)) {
			t.Fatalf("%q became %q", text, written)
		}
		again := mustParse(t, written)
		if len(again.foreign) != len(p.foreign) || len(again.denies) != len(p.denies) {
			t.Fatalf("%q became %q: statements were lost", text, written)
		}
	})
}

package policy

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/catalog"
)

// written makes a set of policies that need no examples here. Each text is a
// policy from its effect on.
func written(tb testing.TB, policies ...string) *Set {
	tb.Helper()
	var all strings.Builder
	for i, p := range policies {
		review := "2027-06-30"
		if strings.HasPrefix(p, "@") {
			p, review = p[1:], "2026-03-01"
		}
		fmt.Fprintf(&all, "@id(\"p%d\") @owner(\"o\") @reason(\"r\") @review_by(\"%s\")\n%s\n", i, review, p)
	}
	c, err := catalog.Load(tb.Context(), "../../examples/access", nil)
	if err != nil {
		tb.Fatal(err)
	}
	words, err := vocabularyOf(tb.Context(), c)
	if err != nil {
		tb.Fatal(err)
	}
	s, problems := compile([]file{{name: "all.cedar", path: "all.cedar", data: []byte(all.String())}}, words)
	if len(problems) > 0 {
		tb.Fatal(problems)
	}
	s.maxDirectoryAge = DefaultMaxDirectoryAge
	return s
}

// examples is the example folder's set.
func examples(tb testing.TB) *Set {
	tb.Helper()
	c, err := catalog.Load(tb.Context(), "../../examples/access", nil)
	if err != nil {
		tb.Fatal(err)
	}
	s, err := Load(tb.Context(), Options{Dir: "../../examples/access", Catalogue: c})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// What each form of policy sees, one set for each.
var forms = map[string][]string{
	"numbers either way":   {`permit (principal, action == Action::"request", resource) when { context has score && 30 >= context.score && context.score != 7 && context.duration_minutes < 120 };`},
	"arithmetic":           {`permit (principal, action == Action::"request", resource) when { context has score && context.score + context.auto_today * 10 <= 40 };`},
	"a number both ways":   {`permit (principal, action == Action::"request", resource) when { context.hour > 8 && context.hour + 1 < context.day_of_month };`},
	"the calendar":         {`permit (principal, action == Action::"request", resource) when { context.days_left_in_month <= 2 || context.weekday == "sunday" || context.minute_of_day < 60 };`},
	"texts":                {`permit (principal, action == Action::"request", resource) when { context has ticket && context.ticket like "INC-*" && context.kind == "access" };`},
	"presence":             {`permit (principal, action == Action::"request", resource) when { context has ticket && context has score && context has score_confidence };`},
	"the score's quality":  {`permit (principal, action == Action::"request", resource) when { context has score_confidence && context.score_confidence == "medium" };`},
	"groups":               {`permit (principal in Group::"engineering", action == Action::"request", resource);`, `forbid (principal, action == Action::"request", resource) when { context.requester in Group::"guests" };`},
	"a set of groups":      {`permit (principal, action == Action::"request", resource) when { principal in [Group::"engineering", Group::"finance"] };`},
	"the group's names":    {`permit (principal, action == Action::"request", resource) when { principal.groups.contains("support") };`},
	"attributes":           {`permit (principal, action == Action::"request", resource) when { principal has department && principal.department == "Finance" && !principal.contractor };`},
	"attributes of whom":   {`permit (principal, action == Action::"request", resource) when { context.requester has title && context.requester.title like "Man*" && context.on_behalf };`},
	"managers":             {`permit (principal, action == Action::"request", resource) when { context.beneficiary has manager && context.requester == context.beneficiary.manager };`},
	"identity":             {`permit (principal, action == Action::"request", resource) when { principal == context.requester || resource.owners.contains(principal) };`},
	"one person":           {`permit (principal == User::"p3", action == Action::"request", resource);`},
	"another's identity":   {`permit (principal, action == Action::"request", resource) when { [context.requester].contains(principal) };`},
	"the directory":        {`permit (principal, action == Action::"request", resource) when { !context.directory_stale && context.directory_age_minutes <= 600 };`},
	"branches":             {`permit (principal, action == Action::"request", resource) when { if context has score then context.score < 50 else principal.admin };`},
	"an error":             {`permit (principal, action == Action::"request", resource);`, `forbid (principal, action == Action::"request", resource) when { context.reason_length * 922337203685477580 > 5 && context.auto_today == 3 };`},
	"reviews":              {`@permit (principal, action == Action::"request", resource) when { resource.sensitivity == "low" };`, `permit (principal, action == Action::"request", resource) when { resource.sensitivity == "medium" };`},
	"the approvers' side":  {`@quorum("2")permit (principal in Group::"security", action == Action::"approve", resource) when { context.requester.contractor && principal != context.beneficiary };`},
	"an unknown approver":  {`@quorum("2")permit (principal, action == Action::"approve", resource) when { context.beneficiary has manager && context.beneficiary.manager == principal };`},
	"a known manager":      {`@quorum("2")permit (principal, action == Action::"approve", resource) when { context.beneficiary has manager && (principal != context.beneficiary.manager || principal == context.requester) && context.beneficiary.manager == User::"p1" };`},
	"presence of people's": {`permit (principal, action == Action::"request", resource) when { principal has manager && context.requester has department };`},
	"refusals":             {`@effect("deny")forbid (principal, action == Action::"request", resource) when { resource has environment && resource.environment == "production" && principal.contractor };`},
	"nothing":              {`forbid (principal, action == Action::"approve", resource) when { principal.contractor };`},
}

// oneByOne replays without remembering anything.
func oneByOne(tb testing.TB, s *Set, all []Stored) *Replay {
	tb.Helper()
	m := newMemory(s)
	m.slow = true
	r := &replayer{memory: m, tally: newTally(), seen: map[string]string{}}
	for _, d := range all {
		r.decide(d)
	}
	return s.report([]*tally{r.tally})
}

func TestReplayFindsTheSameFlipsAsDecidingOneByOne(t *testing.T) {
	t.Parallel()
	then := examples(t)
	p := newPast(t, 1, 60)
	var all []Stored
	for range 400 {
		all = append(all, p.row(t, then))
	}
	sets := map[string]*Set{"the same law": then}
	for name, policies := range forms {
		if strings.HasPrefix(policies[0], `@quorum`) || strings.HasPrefix(policies[0], `@effect`) {
			continue // these need their annotation, below
		}
		sets[name] = written(t, policies...)
	}
	for name, s := range sets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := s.Replay(rows(all))
			if err != nil {
				t.Fatal(err)
			}
			want := oneByOne(t, s, all)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-one by one +replay\n%s", diff)
			}
			if name == "the same law" && got.Flips+got.MoreApprovers+got.FewerApprovers != 0 {
				t.Errorf("the same law flips: %+v", got)
			}
			if got.Decisions != len(all) || got.UnreadableAll != 0 {
				t.Errorf("%d decided again, %d unreadable", got.Decisions, got.UnreadableAll)
			}
		})
	}
}

// Requests that look alike get one answer, down to the policies named; and the
// sight is no wider than it must be, or nothing would be gained.
func TestRequestsThatLookAlikeAreDecidedAlike(t *testing.T) {
	t.Parallel()
	const tried = 600
	p := newPast(t, 2, 12)
	p.things = p.things[:4]
	var all []Stored
	for range tried {
		f, a := p.next()
		all = append(all, Stored{Facts: encode(t, f), Assessment: encode(t, a)})
	}
	for name, policies := range forms {
		var s *Set
		if strings.HasPrefix(policies[0], `@quorum`) || strings.HasPrefix(policies[0], `@effect`) {
			s = annotated(t, policies[0])
		} else {
			s = written(t, policies...)
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMemory(s)
			answers := map[string]verdict{}
			for _, d := range all {
				r := &replayer{memory: m, seen: map[string]string{}}
				_, _, ok := r.answer(d)
				want, _, readable := r.slowly(d)
				if !ok || !readable || len(r.key) == 0 {
					t.Fatalf("not read: %s", d.Facts)
				}
				if first, ok := answers[string(r.key)]; !ok {
					answers[string(r.key)] = want
				} else if diff := cmp.Diff(first, want, cmp.AllowUnexported(verdict{})); diff != "" {
					t.Fatalf("%s\n%s", diff, d.Facts)
				}
			}
			if most := map[string]int{"numbers either way": tried / 2, "an unknown approver": 42}[name]; most > 0 && len(answers) > most {
				t.Errorf("%d answers to %d requests", len(answers), tried)
			}
		})
	}
}

// annotated makes a set of one policy that carries an annotation of its own.
func annotated(tb testing.TB, policy string) *Set {
	tb.Helper()
	i := strings.Index(policy, ")") + 1
	s := written(tb, policy[i:])
	for _, r := range s.all {
		if !r.builtin() {
			r.deny = strings.Contains(policy[:i], "deny")
			if !r.deny {
				r.quorum = 2
			}
		}
	}
	return s
}

func TestReplayCountsByRuleTeamAndEntitlement(t *testing.T) {
	t.Parallel()
	then := written(t, `permit (principal, action == Action::"request", resource) when { resource.sensitivity == "low" };`)
	now := written(t, `permit (principal, action == Action::"request", resource) when { resource.sensitivity == "low" };`,
		`forbid (principal in Group::"finance", action == Action::"request", resource);`)
	p := newPast(t, 3, 1)
	f, a := p.next()
	ask := func(id string, edit func(*approvals.Facts)) Stored {
		f := f
		f.Problems, f.Directory = nil, approvals.DirectoryState{AsOf: f.At}
		f.Entitlement.Sensitivity, f.Duration, f.Ticket = approvals.Low, time.Minute, "T"
		f.Beneficiary.Inactive = false
		f.Beneficiary.Department, f.Beneficiary.Groups = "Finance", []string{"finance"}
		edit(&f)
		f.Requester = f.Beneficiary
		a := approvals.Assessment{Score: a.Score, Confidence: approvals.ConfidenceLow}
		return Stored{Request: approvals.RequestID(id), Facts: encode(t, f), Assessment: encode(t, a), Ruling: encode(t, approvals.Restrain(f, a, then.Decide(f, a)))}
	}
	got, err := now.Replay(rows([]Stored{
		ask("r1", func(*approvals.Facts) {}),
		ask("r2", func(f *approvals.Facts) { f.At = f.At.Add(time.Hour) }),
		ask("r3", func(f *approvals.Facts) { f.Beneficiary.Groups = nil }),
		{Request: "broken", Facts: []byte(`{"at":`), Assessment: []byte(`{}`), Ruling: []byte(`{"outcome":"route"}`)},
	}))
	if err != nil {
		t.Fatal(err)
	}
	turns := []Turn{{From: approvals.AutoApprove, To: approvals.Route, Count: 2}}
	id := string(f.Entitlement.ID)
	flip := func(request approvals.RequestID, at time.Time) Flip {
		return Flip{Request: request, At: at, Team: "Finance", Entitlement: id, From: approvals.AutoApprove, To: approvals.Route, Rules: []string{"p0", "p1"}}
	}
	want := &Replay{Decisions: 3, Flips: 2, Turns: turns,
		ByRule:        []Share{{Name: "p0", Count: 2, Turns: turns}, {Name: "p1", Count: 2, Turns: turns}},
		ByTeam:        []Share{{Name: "Finance", Count: 2, Turns: turns}},
		ByEntitlement: []Share{{Name: id, Count: 2, Turns: turns}},
		Latest:        []Flip{flip("r2", f.At.Add(time.Hour)), flip("r1", f.At)},
		Unreadable:    []approvals.RequestID{"broken"}, UnreadableAll: 1, Sole: map[string]int{}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	failed := errors.New("the database went away")
	if _, err := now.Replay(func(func(Stored) error) error { return failed }); !errors.Is(err, failed) {
		t.Errorf("error %v", err)
	}
}

// The short cuts of a replay rest on these: every field of the facts is either
// known to it or makes it decide without short cuts, and every attribute of
// the context has a projection that agrees with it.
func TestProjectionsAgreeWithTheContext(t *testing.T) {
	t.Parallel()
	p := newPast(t, 4, 20)
	for range 500 {
		f, a := p.next()
		record := contextOf(f, a)
		for _, name := range contextAttributes() {
			if name == "requester" || name == "beneficiary" {
				continue
			}
			value, ok := record.Get(stringOf(name))
			if ok != present(name, &f, &a) {
				t.Fatalf("context has %s is %v", name, ok)
			}
			if !ok {
				continue
			}
			var got string
			switch {
			case texts[name] != nil:
				got = fmt.Sprintf("%q", texts[name](&f, &a))
			case strings.HasPrefix(name, "checks_"): // a policy that reads a set is decided in full
				continue
			case numbers[name] == nil:
				t.Fatalf("context.%s has no projection", name)
			default:
				got = fmt.Sprint(numbers[name](&f, &a))
			}
			want := string(value.MarshalCedar())
			switch name {
			case "weekday":
				want = fmt.Sprint(slices.Index(weekdays, strings.Trim(want, `"`)))
			case "fields", "conflicts", "on_duty", "skip_level_manager":
				want = fmt.Sprintf("%q", want)
			case "on_behalf", "directory_stale":
				want = fmt.Sprint(bit(want == "true"))
			}
			if got != want {
				t.Fatalf("context.%s is %s, the projection %s", name, want, got)
			}
		}
		for _, part := range []any{f, a} {
			var k skimmed
			rv := reflect.TypeOf(part)
			for i := range rv.NumField() {
				tag, _, _ := strings.Cut(rv.Field(i).Tag.Get("json"), ",")
				if rv.Name() == "Facts" && !k.fact([]byte(tag), encode(t, reflect.ValueOf(f).Field(i).Interface()), map[string]string{}) {
					t.Fatalf("the field %s of the facts is not read", tag)
				}
			}
		}
	}
}

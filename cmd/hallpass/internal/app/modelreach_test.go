package app_test

import (
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/prompts"
	"github.com/hallpass-dev/hallpass/scoring"
)

// carries follows a type through fields, elements, keys and pointers, and says
// by which way it could bring a model's words along; "" if by none. A type
// that could hold anything counts as one that does.
func carries(t reflect.Type, way string, seen map[reflect.Type]bool) string {
	if seen[t] {
		return ""
	}
	seen[t] = true
	if t == reflect.TypeFor[approvals.Summary]() || t == reflect.TypeFor[approvals.Proposal]() || strings.HasPrefix(t.PkgPath(), reflect.TypeFor[prompts.Summary]().PkgPath()) {
		return way + " is a " + t.String()
	}
	if t.PkgPath() == "time" {
		return ""
	}
	switch t.Kind() {
	case reflect.Interface, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return way + " could hold anything: it is a " + t.String()
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return carries(t.Elem(), way+"[]", seen)
	case reflect.Map:
		if found := carries(t.Key(), way+" key", seen); found != "" {
			return found
		}
		return carries(t.Elem(), way+"[]", seen)
	case reflect.Struct:
		for f := range t.Fields() {
			if found := carries(f.Type, way+"."+f.Name, seen); found != "" {
				return found
			}
		}
	}
	return ""
}

// inputs are the types of a method's parameters, without the context.
func inputs[T any](method string) []reflect.Type {
	m, ok := reflect.TypeFor[T]().MethodByName(method)
	if !ok {
		panic("there is no method " + method)
	}
	var in []reflect.Type
	for p := range m.Type.Ins() {
		if p != reflect.TypeFor[T]() && p.String() != "context.Context" {
			in = append(in, p)
		}
	}
	return in
}

func TestNothingThatADecisionReadsCanCarryAModelsWords(t *testing.T) {
	t.Parallel()
	for name, in := range map[string][]reflect.Type{
		"Policy.Decide": inputs[approvals.Policy]("Decide"), "Policy.MayApprove": inputs[approvals.Policy]("MayApprove"),
		"Scorer.Assess": inputs[approvals.Scorer]("Assess"), "Scorer.Evidence": inputs[approvals.Scorer]("Evidence"),
		"World.Learn": inputs[*scoring.World]("Learn"), "World.SetPeople": inputs[*scoring.World]("SetPeople"),
	} {
		if len(in) == 0 {
			t.Errorf("%s takes nothing; the test looks at the wrong method", name)
		}
		for _, p := range in {
			if found := carries(p, p.String(), map[reflect.Type]bool{}); found != "" {
				t.Errorf("%s: %s", name, found)
			}
		}
	}
}

func TestTheServiceCannotReadAModelsWordsBack(t *testing.T) {
	t.Parallel()
	for _, reads := range []reflect.Type{reflect.TypeFor[approvals.Store](), reflect.TypeFor[scoring.Feed]()} {
		for m := range reads.Methods() {
			for out := range m.Type.Outs() {
				if out.String() == "error" {
					continue
				}
				if found := carries(out, out.String(), map[reflect.Type]bool{}); found != "" {
					t.Errorf("%s.%s: %s", reads, m.Name, found)
				}
			}
		}
	}
}

// Only drafts take a proposal: of all that the Service can be told to do,
// Propose alone takes one.
func TestProposalsReachDraftsAlone(t *testing.T) {
	t.Parallel()
	var takes []string
	for m := range reflect.TypeFor[*approvals.Service]().Methods() {
		for in := range m.Type.Ins() {
			if in == reflect.TypeFor[approvals.Proposal]() {
				takes = append(takes, m.Name)
			}
		}
	}
	if diff := cmp.Diff([]string{"Propose"}, takes); diff != "" {
		t.Errorf("methods that take a proposal (-want +got):\n%s", diff)
	}
	if found := carries(reflect.TypeFor[approvals.Change](), "Change", map[reflect.Type]bool{reflect.TypeFor[approvals.Summary](): true}); found != "" {
		t.Errorf("what is stored could hold a proposal: %s", found)
	}
}

func TestAHiddenSummaryWouldBeFound(t *testing.T) {
	t.Parallel()
	type deep struct {
		M map[string][]*approvals.Summary
	}
	type wished struct{ P *approvals.Proposal }
	for _, planted := range []reflect.Type{
		reflect.TypeFor[deep](), reflect.TypeFor[wished](), reflect.TypeFor[prompts.SummaryInput](), reflect.TypeFor[map[prompts.Code]int](),
		reflect.TypeFor[struct{ A any }](), reflect.TypeFor[func() string](), reflect.TypeFor[[]chan string](),
	} {
		if carries(planted, planted.String(), map[reflect.Type]bool{}) == "" {
			t.Errorf("%s goes unnoticed", planted)
		}
	}
}

func TestDomainAndPolicyDoNotLinkPrompts(t *testing.T) {
	t.Parallel()
	const module = "github.com/hallpass-dev/hallpass/"
	deps := func(pkg string) []string {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", module+pkg).Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.Fields(string(out))
	}
	for _, pkg := range []string{"approvals", "approvals/policy"} {
		for _, dep := range deps(pkg) {
			if strings.HasPrefix(dep, module+"prompts") || strings.Contains(dep, "openai") {
				t.Errorf("%s links %s", pkg, dep)
			}
		}
	}
	if !slices.Contains(deps("cmd/hallpass/internal/app"), module+"prompts") {
		t.Error("the wiring does not link prompts either; the test looks for the wrong name")
	}
}

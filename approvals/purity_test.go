package approvals_test

import (
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

// approvalstestStore applies a change to a new double.
func approvalstestStore(t *testing.T, c approvals.Change) error {
	t.Helper()
	return approvalstest.NewStore().Apply(t.Context(), c)
}

// reach walks everything that a value of a type can hold.
func reach(typ reflect.Type, path string, seen map[reflect.Type]string) {
	if _, been := seen[typ]; been {
		return
	}
	seen[typ] = path
	switch typ.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		if typ.Kind() == reflect.Map {
			reach(typ.Key(), path+"[key]", seen)
		}
		reach(typ.Elem(), path+"[]", seen)
	case reflect.Struct:
		for f := range typ.Fields() {
			reach(f.Type, path+"."+f.Name, seen)
		}
	}
}

// TestNoInputOfADecisionCanCarryAModelsWords is the wall between the language
// model and the law: whatever a model wrote, no type that Decide or MayApprove
// takes has a place for it, nor for the free text that a person wrote.
func TestNoInputOfADecisionCanCarryAModelsWords(t *testing.T) {
	t.Parallel()
	policy := reflect.TypeFor[approvals.Policy]()
	scorer := reflect.TypeFor[approvals.Scorer]()
	seen := map[reflect.Type]string{}
	for m := range policy.Methods() {
		for in := range m.Type.Ins() {
			reach(in, m.Name+"("+in.String()+")", seen)
		}
	}
	for m := range scorer.Methods() {
		for in := range m.Type.Ins() {
			if in.Name() != "Context" {
				reach(in, m.Name+"("+in.String()+")", seen)
			}
		}
	}
	if _, ok := seen[reflect.TypeFor[approvals.Facts]()]; !ok {
		t.Fatal("the walk did not find the facts")
	}
	for _, banned := range []reflect.Type{reflect.TypeFor[approvals.Summary](), reflect.TypeFor[approvals.Request](),
		reflect.TypeFor[approvals.Approval](), reflect.TypeFor[approvals.Ask](), reflect.TypeFor[error]()} {
		if path, found := seen[banned]; found {
			t.Errorf("%s reaches a decision by %s", banned, path)
		}
	}
	for typ, path := range seen {
		switch {
		case typ.Kind() == reflect.Interface, typ.Kind() == reflect.Func, typ.Kind() == reflect.Chan, typ.Kind() == reflect.UnsafePointer:
			t.Errorf("%s at %s could hide anything", typ, path)
		case typ.PkgPath() != "" && typ.PkgPath() != "time" && !strings.HasSuffix(typ.PkgPath(), "/approvals"):
			t.Errorf("%s at %s comes from outside the domain", typ, path)
		}
	}
}

func TestWalkFindsWhatItIsFor(t *testing.T) {
	t.Parallel()
	type hidden struct {
		Deep map[string][]*approvals.Summary
	}
	seen := map[reflect.Type]string{}
	reach(reflect.TypeFor[hidden](), "hidden", seen)
	if path := seen[reflect.TypeFor[approvals.Summary]()]; path != "hidden.Deep[][][]" {
		t.Errorf("found at %q", path)
	}
}

func TestDomainImportsOnlyTheStandardLibrary(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	same(t, "imports", "github.com/hallpass-dev/hallpass/approvals", strings.TrimSpace(string(out)))
}

package policy

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/ast"
	xast "github.com/cedar-policy/cedar-go/x/exp/ast"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Difference is what tells two policy sets apart in meaning: comments, layout,
// order and file names are not in it.
type Difference struct {
	Old      approvals.PolicyVersion `json:"old"`
	New      approvals.PolicyVersion `json:"new"`
	Added    []approvals.PolicyRef   `json:"added"`
	Removed  []approvals.PolicyRef   `json:"removed"`
	Changed  []Change                `json:"changed"`
	Examples []ExampleFlip           `json:"examples"` // examples of either set on which they disagree
}

// Change is a policy that both sets have under one id.
type Change struct {
	ID          string          `json:"id"`
	Rule        *Pair           `json:"rule,omitempty"`        // effect, scope and conditions, as the engine writes them
	Annotations map[string]Pair `json:"annotations,omitempty"` // by name; "" where one set has none
}

// Pair is a text in the old and in the new set.
type Pair struct {
	Old string `json:"old"`
	New string `json:"new"`
}

// ExampleFlip is an example whose answer differs.
type ExampleFlip struct {
	Name  string `json:"name"`
	Place string `json:"place"` // file:line
	Old   string `json:"old"`   // the answer and the policies that give it
	New   string `json:"new"`
}

// Empty reports whether the two sets mean the same.
func (d Difference) Empty() bool {
	return len(d.Added)+len(d.Removed)+len(d.Changed)+len(d.Examples) == 0
}

// Diff compares two policy folders, each under its own catalogue. Both must load.
func Diff(ctx context.Context, from, to Options) (Difference, error) {
	old, tried, err := load(ctx, from)
	if err != nil {
		return Difference{}, err
	}
	fresh, more, err := load(ctx, to)
	if err != nil {
		return Difference{}, err
	}
	d := Difference{Old: old.version, New: fresh.version}
	for _, r := range fresh.all {
		was := old.all.get(cedar.PolicyID(r.ref.ID))
		if was == nil {
			d.Added = append(d.Added, r.ref)
		} else if c, differ := compare(was, r); differ {
			d.Changed = append(d.Changed, c)
		}
	}
	for _, r := range old.all {
		if fresh.all.get(cedar.PolicyID(r.ref.ID)) == nil {
			d.Removed = append(d.Removed, r.ref)
		}
	}
	seen := map[string]bool{}
	for _, e := range slices.Concat(more, tried) {
		key := fmt.Sprintf("%s %s %+v %+v", e.action(), e.facts.Digest(), e.assessment, e.approver)
		if seen[key] {
			continue
		}
		seen[key] = true
		was, is := old.answer(e).String(), fresh.answer(e).String()
		if was != is {
			d.Examples = append(d.Examples, ExampleFlip{Name: e.text.Name, Place: e.place.String(), Old: was, New: is})
		}
	}
	return d, nil
}

// String is an answer on one line.
func (a answer) String() string {
	s := a.outcome + " by " + list(a.by)
	if a.outcome == string(approvals.Route) && a.quorum > 1 {
		s += fmt.Sprintf(", quorum %d", a.quorum)
	}
	if a.channel != "" {
		s += ", in " + a.channel
	}
	return s
}

// compare says how two policies of one id differ in meaning.
func compare(old, fresh *rule) (c Change, differ bool) {
	c.ID = fresh.ref.ID
	if was, is := bare(old), bare(fresh); was != is {
		c.Rule = &Pair{Old: was, New: is}
	}
	was, is := annotations(old.policy), annotations(fresh.policy)
	for name := range maps.Keys(merged(was, is)) {
		if was[name] != is[name] {
			if c.Annotations == nil {
				c.Annotations = map[string]Pair{}
			}
			c.Annotations[name] = Pair{Old: was[name], New: is[name]}
		}
	}
	return c, c.Rule != nil || c.Annotations != nil
}

func merged(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// bare is a policy without its annotations, in the engine's own layout.
func bare(r *rule) string {
	tree := *(*xast.Policy)(r.policy.AST())
	tree.Annotations = nil
	return strings.TrimSpace(string(cedar.NewPolicyFromAST((*ast.Policy)(&tree)).MarshalCedar()))
}

// WriteText writes the difference for a terminal.
func (d Difference) WriteText(w io.Writer) error {
	var b strings.Builder
	if d.Empty() {
		b.WriteString("The two mean the same.\n")
	}
	for _, p := range d.Added {
		fmt.Fprintf(&b, "+ %s (%s): %s\n", p.ID, p.Effect, p.Reason)
	}
	for _, p := range d.Removed {
		fmt.Fprintf(&b, "- %s (%s): %s\n", p.ID, p.Effect, p.Reason)
	}
	for _, c := range d.Changed {
		fmt.Fprintf(&b, "~ %s\n", c.ID)
		for _, name := range slices.Sorted(maps.Keys(c.Annotations)) {
			fmt.Fprintf(&b, "    @%s: %q → %q\n", name, c.Annotations[name].Old, c.Annotations[name].New)
		}
		if c.Rule != nil {
			b.WriteString(indent("  - ", c.Rule.Old) + indent("  + ", c.Rule.New))
		}
	}
	for _, e := range d.Examples {
		fmt.Fprintf(&b, "! %s (%s)\n    %s → %s\n", e.Name, e.Place, e.Old, e.New)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func indent(with, text string) string {
	return with + strings.ReplaceAll(text, "\n", "\n"+with) + "\n"
}

package policy

import (
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cedar-policy/cedar-go"
	xast "github.com/cedar-policy/cedar-go/x/exp/ast"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/source"
)

// rule is one policy with what its annotations say.
type rule struct {
	policy   *cedar.Policy
	head     head
	ref      approvals.PolicyRef
	reviewBy time.Time // the end of that day in UTC, exclusive; zero: built in
	quorum   int       // 0: says nothing
	channel  string
	stage    int // 0: says nothing
	// escalateAfter and lapseAfter are zero where the policy says nothing.
	escalateAfter, lapseAfter time.Duration

	deny bool // a forbid that refuses outright instead of asking people
	file string
	line int
	text string // as written, for finding the line of a mistake
}

// rules is an ordered set: the order in which policies are evaluated, and so
// the order of an answer, is that of their ids.
type rules []*rule

// All lists the policies under their ids, in order.
func (rs rules) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for _, r := range rs {
			if !yield(cedar.PolicyID(r.ref.ID), r.policy) {
				return
			}
		}
	}
}

func (rs rules) get(id cedar.PolicyID) *rule {
	i, ok := slices.BinarySearchFunc(rs, string(id), func(r *rule, id string) int { return strings.Compare(r.ref.ID, id) })
	if !ok {
		return nil
	}
	return rs[i]
}

// about keeps the rules that can speak about an action.
func (rs rules) about(action cedar.EntityUID) rules {
	var out rules
	for _, r := range rs {
		if r.covers(action) {
			out = append(out, r)
		}
	}
	return out
}

func (r *rule) permits() bool { return r.policy.Effect() == cedar.Permit }

// covers reports whether the rule's action scope includes an action. No action
// of the schema is in a group of actions.
func (r *rule) covers(action cedar.EntityUID) bool {
	switch scope := (*xast.Policy)(r.policy.AST()).Action.(type) {
	case xast.ScopeTypeEq:
		return scope.Entity == action
	case xast.ScopeTypeIn:
		return scope.Entity == action
	case xast.ScopeTypeInSet:
		return slices.Contains(scope.Entities, action)
	default:
		return true
	}
}

// overdue reports whether the rule's review date has passed.
func (r *rule) overdue(at time.Time) bool { return !r.reviewBy.IsZero() && !at.Before(r.reviewBy) }

var (
	idForm      = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,79}$`)
	channelForm = regexp.MustCompile(`^(#[\p{Ll}\p{Lo}0-9_-]{1,80}|[CG][A-Z0-9]{6,20})$`)
	known       = []string{"budget", "channel", "effect", "escalate_after", "id", "lapse_after", "owner", "quorum", "reason", "review_by", "stage"}
)

// builtinPrefix begins the ids of the policies that Hallpass brings itself.
const builtinPrefix = "hallpass."

// annotate reads a policy's annotations into its rule.
func (r *rule) annotate() approvals.Problems {
	var ps approvals.Problems
	a := annotations(r.policy)
	wrong := func(key, mend, format string, args ...any) {
		ps = append(ps, approvals.Problem{File: r.file, Line: r.lineOf("@" + key), What: fmt.Sprintf(format, args...), Mend: mend})
	}
	for _, key := range sortedKeys(a) {
		if !slices.Contains(known, key) {
			wrong(key, source.Suggest(key, known), "the annotation @%s is not known", key)
		}
	}
	r.ref = approvals.PolicyRef{ID: a["id"], Effect: effectOf(r.policy), Reason: strings.TrimSpace(a["reason"]), Owner: strings.TrimSpace(a["owner"])}
	switch {
	case r.ref.ID == "":
		wrong("id", `write @id("what-it-does") above it`, "the policy has no @id")
	case !idForm.MatchString(r.ref.ID) || strings.HasPrefix(r.ref.ID, builtinPrefix):
		wrong("id", "use at most 80 of a-z, 0-9, dot, dash and underscore, and do not begin with "+builtinPrefix, "%q cannot be an @id", r.ref.ID)
	}
	r.words(wrong)
	r.reviewDate(a["review_by"], wrong)
	r.routing(a, wrong)
	return ps
}

type complain func(key, mend, format string, args ...any)

func (r *rule) words(wrong complain) {
	for _, w := range []struct{ key, value, mend string }{
		{"owner", r.ref.Owner, `write @owner("who answers for it")`},
		{"reason", r.ref.Reason, `write @reason("why it is so, for the person who reads the answer")`},
	} {
		switch {
		case w.value == "":
			wrong(w.key, w.mend, "%s has no @%s", r.title(), w.key)
		case len(w.value) > 300 || strings.ContainsFunc(w.value, func(c rune) bool { return c < ' ' || c == 0x7f || c == 0xfffd }):
			wrong(w.key, "write at most 300 bytes on one line", "the @%s of %s cannot be shown", w.key, r.title())
		}
	}
}

func (r *rule) reviewDate(value string, wrong complain) {
	const mend = `write @review_by("2026-12-31"), the day until which it holds unreviewed`
	if value == "" {
		wrong("review_by", mend, "%s has no @review_by", r.title())
		return
	}
	day, err := time.Parse(time.DateOnly, value)
	if err != nil {
		wrong("review_by", mend, "%q is not a date", value)
		return
	}
	r.reviewBy = day.AddDate(0, 0, 1)
}

// routing reads what an annotation says about whom to ask. Such words make
// sense only where people are asked: on a permit to approve, or on a forbid
// that sends a request to people.
func (r *rule) routing(a map[string]string, wrong complain) {
	if v, ok := a["effect"]; ok {
		switch {
		case v != "deny":
			wrong("effect", `write @effect("deny"), or leave it out`, "%q is not an @effect", v)
		case r.permits() || !r.covers(actionRequest):
			wrong("effect", "put it on a forbid for Action::\"request\"", "@effect(\"deny\") says nothing on %s", r.title())
		default:
			r.deny = true
		}
	}
	asks := r.permits() && r.covers(actionApprove) || !r.permits() && r.covers(actionRequest) && !r.deny
	for _, key := range []string{"quorum", "channel", "escalate_after", "lapse_after"} {
		if _, ok := a[key]; ok && !asks {
			wrong(key, "put it on a permit for Action::\"approve\", or on a forbid that asks people", "@%s says nothing on %s", key, r.title())
			return
		}
	}
	if v, ok := a["quorum"]; ok {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > 10 {
			wrong("quorum", `write @quorum("2"), from 1 to 10`, "%q is not a @quorum", v)
		}
		r.quorum = n
	}
	if v, ok := a["channel"]; ok {
		if !channelForm.MatchString(v) {
			wrong("channel", `write @channel("#access-reviews")`, "%q is not a @channel", v)
		}
		r.channel = v
	}
	r.escalateAfter = r.span(a, "escalate_after", wrong)
	r.lapseAfter = r.span(a, "lapse_after", wrong)
	if v, ok := a["stage"]; ok {
		r.stage = r.count("stage", v, 9, wrong)
		if !r.permits() || !r.covers(actionApprove) {
			wrong("stage", "put it on a permit for Action::\"approve\"", "@stage says nothing on %s", r.title())
		}
	}
	if v, ok := a["budget"]; ok {
		r.ref.Budget = r.count("budget", v, 100_000, wrong)
		if !r.permits() || !r.covers(actionRequest) {
			wrong("budget", "put it on a permit for Action::\"request\"", "@budget says nothing on %s", r.title())
		}
	}
}

// span reads an annotation that is a time.
func (r *rule) span(a map[string]string, key string, wrong complain) time.Duration {
	v, ok := a[key]
	if !ok {
		return 0
	}
	d, err := source.ParseDuration(v)
	if err != nil || d < time.Minute || d > 30*24*time.Hour {
		wrong(key, `write @`+key+`("2h"), from 1m to 30d`, "%q is not an @%s", v, key)
		return 0
	}
	return d
}

// count reads an annotation that is a number from 1 on.
func (r *rule) count(key, v string, most int, wrong complain) int {
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > most {
		wrong(key, fmt.Sprintf("write @%s(\"2\"), from 1 to %d", key, most), "%q is not a @%s", v, key)
		return 0
	}
	return n
}

func (r *rule) title() string {
	if r.ref.ID == "" {
		return "this policy"
	}
	return "the policy " + strconv.Quote(r.ref.ID)
}

// lineOf is the line of the first mention of a word in the policy's text, or
// the policy's first line: the engine keeps no finer positions.
func (r *rule) lineOf(word string) int {
	if word == "" {
		return r.line
	}
	for i, line := range strings.Split(r.text, "\n") {
		if word[0] != '@' && strings.HasPrefix(strings.TrimSpace(line), "@") {
			continue
		}
		code, _, _ := strings.Cut(line, "//")
		for rest := code; ; {
			at := strings.Index(rest, word)
			if at < 0 {
				break
			}
			end := at + len(word)
			if (at == 0 || !wordByte(rest[at-1])) && (end == len(rest) || !wordByte(rest[end])) {
				return r.line + i
			}
			rest = rest[end:]
		}
	}
	return r.line
}

func wordByte(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

func annotations(p *cedar.Policy) map[string]string {
	out := map[string]string{}
	for k, v := range p.Annotations() {
		out[string(k)] = string(v)
	}
	return out
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func effectOf(p *cedar.Policy) string {
	if p.Effect() == cedar.Permit {
		return "permit"
	}
	return "forbid"
}

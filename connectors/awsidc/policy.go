package awsidc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"
	"unicode"
)

// The limits of a permission set's inline policy (IAM Identity Center User
// Guide, "Quotas"): bytes in all, and bytes that are no white space; and that of
// a service control policy, white space included (Organizations User Guide,
// "Quotas").
const (
	policyBytes  = 32768
	policyInk    = 10240
	controlBytes = 5120
)

// The Sid of a statement of ours: hallpassBefore<cutoff>Until<expiry>X<hash of
// the accounts>. A Sid is of letters and digits only.
const (
	sidPrefix = "HallpassBefore"
	sidUntil  = "Until"
	sidTime   = "20060102T150405Z"
)

// scope is where a denial holds: in some AWS accounts, sorted, or in all when
// none is named; of a permission set that is named, where the policy is not its
// own.
type scope struct {
	accounts []string
	set      string
}

func (s scope) is(o scope) bool { return s.set == o.set && slices.Equal(s.accounts, o.accounts) }

// deny ends the sessions of users that began before a time.
type deny struct {
	users  []string
	scope  scope
	before time.Time // sessions issued earlier are denied everything
	until  time.Time // none of them lives longer
}

func (d deny) covers(user string, at scope) bool {
	if !slices.Contains(d.users, user) || d.scope.set != "" && d.scope.set != at.set {
		return false
	}
	for _, a := range at.accounts {
		if len(d.scope.accounts) > 0 && !slices.Contains(d.scope.accounts, a) {
			return false
		}
	}
	return len(at.accounts) > 0 || len(d.scope.accounts) == 0
}

func (d deny) sid() string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(strings.Join(d.scope.accounts, ",") + d.scope.set))
	return fmt.Sprintf("%s%s%s%sX%08x", sidPrefix, d.before.UTC().Format(sidTime), sidUntil, d.until.UTC().Format(sidTime), h.Sum32())
}

// The JSON of a statement of ours.
type (
	statement struct {
		Sid       string
		Effect    string
		Action    string
		Resource  string
		Condition condition
	}
	condition struct {
		StringEquals struct {
			Users    []string `json:"identitystore:userId"`
			Accounts []string `json:"aws:PrincipalAccount,omitempty"`
		}
		ArnLike      *arnLike `json:",omitempty"`
		DateLessThan struct {
			Issued string `json:"aws:TokenIssueTime"`
		}
	}
	arnLike struct {
		Role string `json:"aws:PrincipalArn"`
	}
)

// The ARN of a permission set's roles: AWS makes their names of the set's and
// 16 characters (IAM Identity Center User Guide, "Referencing permission sets in
// resource policies").
const (
	roleBefore = "arn:*:iam::*:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_"
	roleAfter  = "_????????????????"
)

func (d deny) statement() statement {
	s := statement{Sid: d.sid(), Effect: "Deny", Action: "*", Resource: "*"}
	s.Condition.StringEquals.Users, s.Condition.StringEquals.Accounts = d.users, d.scope.accounts
	if d.scope.set != "" {
		s.Condition.ArnLike = &arnLike{roleBefore + d.scope.set + roleAfter}
	}
	s.Condition.DateLessThan.Issued = d.before.UTC().Format(time.RFC3339)
	return s
}

// parseDeny reads a statement; ok is false for somebody else's. One that bears
// our Sid and says something else is somebody else's too.
func parseDeny(raw json.RawMessage) (d deny, ok bool) {
	var s statement
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if dec.Decode(&s) != nil {
		return d, false
	}
	from, until, found := strings.Cut(strings.TrimPrefix(s.Sid, sidPrefix), sidUntil)
	if !found || !strings.HasPrefix(s.Sid, sidPrefix) {
		return d, false
	}
	until, _, _ = strings.Cut(until, "X")
	d.users, d.scope.accounts = s.Condition.StringEquals.Users, s.Condition.StringEquals.Accounts
	if like := s.Condition.ArnLike; like != nil {
		d.scope.set = strings.TrimSuffix(strings.TrimPrefix(like.Role, roleBefore), roleAfter)
	}
	var err error
	if d.before, err = time.Parse(sidTime, from); err != nil {
		return d, false
	}
	if d.until, err = time.Parse(sidTime, until); err != nil {
		return d, false
	}
	ours, err := json.Marshal(d.statement())
	theirs, err2 := json.Marshal(s)
	return d, err == nil && err2 == nil && bytes.Equal(ours, theirs)
}

// policy is a permission set's inline policy, or a service control policy: what others wrote, byte for
// byte, and our denials.
type policy struct {
	version string            // JSON
	rest    map[string]string // other top-level members, as JSON
	foreign []json.RawMessage
	denies  []deny
}

// parsePolicy reads an inline policy; an empty text is one without statements.
func parsePolicy(text string) (p policy, err error) {
	p.version = `"2012-10-17"`
	if strings.TrimSpace(text) == "" {
		return p, nil
	}
	var top map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &top); err != nil {
		return p, fmt.Errorf("read the policy: %w", err)
	}
	var all []json.RawMessage
	if raw := top["Statement"]; len(raw) > 0 && raw[0] == '{' {
		all = []json.RawMessage{raw} // a single one needs no list
	} else if len(raw) > 0 {
		if err := json.Unmarshal(raw, &all); err != nil {
			return p, fmt.Errorf("read the policy's statements: %w", err)
		}
	}
	for _, raw := range all {
		if d, ok := parseDeny(raw); ok {
			p.denies = append(p.denies, d)
		} else {
			p.foreign = append(p.foreign, raw)
		}
	}
	p.rest = map[string]string{}
	for key, raw := range top {
		switch key {
		case "Statement":
		case "Version":
			p.version = string(raw)
		default:
			p.rest[key] = string(raw)
		}
	}
	return p, nil
}

// text is the policy; empty when it says nothing.
func (p policy) text() (string, error) {
	if len(p.foreign)+len(p.denies) == 0 {
		return "", nil
	}
	var b strings.Builder
	b.WriteString(`{"Version":` + p.version)
	keys := make([]string, 0, len(p.rest))
	for key := range p.rest {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		name, err := json.Marshal(key)
		if err != nil {
			return "", err
		}
		b.WriteString("," + string(name) + ":" + p.rest[key])
	}
	b.WriteString(`,"Statement":[`)
	parts := make([]string, 0, len(p.foreign)+len(p.denies))
	for _, raw := range p.foreign {
		parts = append(parts, string(raw))
	}
	for _, d := range p.denies {
		ours, err := json.Marshal(d.statement())
		if err != nil {
			return "", err
		}
		parts = append(parts, string(ours))
	}
	b.WriteString(strings.Join(parts, ",") + "]}")
	return b.String(), nil
}

// fits reports whether AWS takes an inline policy of this text.
func fits(text string) bool {
	ink := 0
	for _, r := range text {
		if !unicode.IsSpace(r) {
			ink += len(string(r))
		}
	}
	return len(text) <= policyBytes && ink <= policyInk
}

// add puts a denial in, sharing a statement with those of the same time, and
// takes out what it makes needless: the user's earlier ones.
func (p *policy) add(user string, at scope, before, until time.Time) {
	p.drop(user, at, before.Add(-time.Nanosecond))
	for i, d := range p.denies {
		if d.scope.is(at) && slices.Contains(d.users, user) {
			return // for at least this time
		}
		if d.before.Equal(before) && d.until.Equal(until) && d.scope.is(at) {
			p.denies[i].users = append(slices.Clone(d.users), user)
			return
		}
	}
	p.denies = append(p.denies, deny{users: []string{user}, scope: at, before: before, until: until})
}

// drop takes a user out of the denials for exactly this scope, unless they are
// for a time after before.
func (p *policy) drop(user string, at scope, before time.Time) {
	p.keep(func(d *deny) bool {
		if d.scope.is(at) && !d.before.After(before) {
			d.users = slices.DeleteFunc(slices.Clone(d.users), func(u string) bool { return u == user })
		}
		return len(d.users) > 0
	})
}

// narrow moves the time of a user's denials back to one that is earlier:
// sessions of later are of a new grant.
func (p *policy) narrow(user string, at scope, before time.Time) (changed bool) {
	var moved []deny
	p.keep(func(d *deny) bool {
		if d.scope.is(at) && d.before.After(before) && slices.Contains(d.users, user) {
			d.users = slices.DeleteFunc(slices.Clone(d.users), func(u string) bool { return u == user })
			moved = append(moved, deny{until: d.until})
		}
		return len(d.users) > 0
	})
	for _, d := range moved {
		p.add(user, at, before, d.until)
	}
	return len(moved) > 0
}

// expire takes out the denials of sessions that have died, and names the
// accounts that they were for; all says that one was for every account.
func (p *policy) expire(now time.Time) (accounts []string, all, changed bool) {
	p.keep(func(d *deny) bool {
		if now.Before(d.until) {
			return true
		}
		accounts, all, changed = append(accounts, d.scope.accounts...), all || len(d.scope.accounts) == 0, true
		return false
	})
	slices.Sort(accounts)
	return slices.Compact(accounts), all, changed
}

func (p *policy) keep(stays func(*deny) bool) {
	kept := make([]deny, 0, len(p.denies))
	for _, d := range p.denies {
		if stays(&d) {
			kept = append(kept, d)
		}
	}
	p.denies = kept
}

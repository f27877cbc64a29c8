package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// pinned is a policy set as it is kept: all that its digest covers, in that
// order, and the one setting besides that its answers depend on.
type pinned struct {
	MaxDirectoryAge int64        `json:"max_directory_age"` // nanoseconds
	Files           []pinnedFile `json:"files"`
}

type pinnedFile struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// embeddedFiles is how many of a pinned set's files come with the program: the
// schema and the built-in policy.
const embeddedFiles = 2

// Pin writes the set down, so that Pinned can decide by it at any later time.
// What it writes is named by Version().Digest.
func (s *Set) Pin() string {
	p := pinned{MaxDirectoryAge: int64(s.maxDirectoryAge),
		Files: []pinnedFile{{"schema", string(schemaText)}, {"builtin", selfApprovalText}}}
	for _, f := range s.files {
		if f.isPolicy() {
			p.Files = append(p.Files, pinnedFile{f.name, string(f.data)})
		}
	}
	b, err := json.Marshal(p)
	if err != nil { // strings and a number; files are checked to be UTF-8 when they are parsed
		panic("policy: write a set: " + err.Error())
	}
	return string(b)
}

// Pinned is the set that Pin wrote, as it was: neither catalogue nor examples
// are looked at. It fails with CodeInvalid when the text is not the one that the
// digest names, or can no longer be read.
func Pinned(version approvals.PolicyVersion, text string) (*Set, error) {
	var p pinned
	if err := json.Unmarshal([]byte(text), &p); err != nil || len(p.Files) < embeddedFiles {
		return nil, approvals.Errorf(approvals.CodeInvalid, "What is kept of the policies %.12s is no policy set.", version.Digest)
	}
	h := sha256.New()
	var files []file
	for i, f := range p.Files {
		add(h, f.Name, []byte(f.Text))
		if i >= embeddedFiles {
			files = append(files, file{name: f.Name, path: f.Name, data: []byte(f.Text)})
		}
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != version.Digest {
		return nil, approvals.Errorf(approvals.CodeInvalid, "What is kept as the policies %.12s was changed: its digest is %.12s.", version.Digest, got)
	}
	set, problems := compile(files, nil)
	if len(problems) > 0 {
		return nil, approvals.Errorf(approvals.CodeInvalid, "The policies %.12s can no longer be read: %s", version.Digest, problems[0])
	}
	set.files, set.version = files, version
	set.maxDirectoryAge = time.Duration(p.MaxDirectoryAge)
	return set, nil
}

// RuleText is a policy as it is written in its file; "" for one that there is not.
func (s *Set) RuleText(id string) string {
	if r := s.all.named(id); r != nil {
		return r.text
	}
	return ""
}

// RuleVersion names what a policy says, whatever white space and comments stand
// in it: a digest that another version of the policy does not have. It is "" for
// a policy that there is not.
func (s *Set) RuleVersion(id string) string {
	if r := s.all.named(id); r != nil {
		return r.version()
	}
	return ""
}

func (r *rule) version() string {
	sum := sha256.Sum256(r.policy.MarshalCedar())
	return hex.EncodeToString(sum[:])
}

// lapsed finds why the rule, in this version, approves nothing by itself; nil
// when it does.
func (r *rule) lapsed(rules []approvals.LapsedRule) *approvals.LapsedRule {
	for i, l := range rules {
		if l.Rule == r.ref.ID && l.Text == r.version() {
			return &rules[i]
		}
	}
	return nil
}

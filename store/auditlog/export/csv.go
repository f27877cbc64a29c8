package export

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// columns are the columns of the CSV, in order.
var columns = []string{"sequence", "at", "kind", "actor_kind", "actor", "on_behalf_of", "via", "ref", "request", "grant", "entitlement",
	"beneficiary", "approvers", "policies", "policy_digest", "policy_commit", "facts_digest", "score", "model", "connector", "operation",
	"read_back", "origin", "detail"}

// CSV writes events as rows of a spreadsheet.
type CSV struct{ out *csv.Writer }

// NewCSV writes the header. Errors show when Close is called.
func NewCSV(w io.Writer) *CSV {
	c := &CSV{csv.NewWriter(w)}
	_ = c.out.Write(columns) // the error sticks until Close
	return c
}

// Event writes one row.
func (c *CSV) Event(e approvals.Event) error {
	row := []string{
		strconv.FormatInt(e.Sequence, 10), e.At.UTC().Format(time.RFC3339Nano), string(e.Kind), string(e.Actor.Kind), string(e.Actor.Principal),
		string(e.Actor.OnBehalfOf), e.Actor.Via, e.Actor.Ref, string(e.Request), string(e.Grant), string(e.Entitlement), string(e.Beneficiary),
		joined(e.Approvers), policies(e.Policies), e.Version.Digest, e.Version.Commit, e.FactsDigest, score(e.Score), e.Model, e.Connector,
		e.Operation, e.ReadBack, e.Origin, detail(e.Detail),
	}
	for i := range row {
		row[i] = Cell(row[i])
	}
	return c.out.Write(row)
}

// Close writes what is left, and returns the first error.
func (c *CSV) Close() error {
	c.out.Flush()
	return c.out.Error()
}

// Cell makes a text safe in a spreadsheet: one that a program would take for a
// formula gets an apostrophe in front. Source: OWASP, CSV injection.
func Cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n|%＝＋－＠", []rune(text)[0]) {
		return "'" + text
	}
	return text
}

func joined(ids []approvals.PrincipalID) string {
	var all []string
	for _, id := range ids {
		all = append(all, string(id))
	}
	return strings.Join(all, " ")
}

func policies(refs []approvals.PolicyRef) string {
	var all []string
	for _, p := range refs {
		all = append(all, p.Effect+" "+p.ID)
	}
	return strings.Join(all, "; ")
}

func score(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

// detail is one line of NAME=VALUE, each value as JSON writes it.
func detail(values map[string]string) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value, err := json.Marshal(values[name])
		if err != nil { // a string can always be written
			panic(err)
		}
		all = append(all, name+"="+string(value))
	}
	return strings.Join(all, "; ")
}

package catalog_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/catalog"
)

const ledger = `systems:
  - name: finance
    connector: sandbox
    owners: [ada@example.com, "group:security"]
    approvers: [owner]
    default_duration: 1h
    max_duration: 4h
    resources: [{name: ledger, levels: [{name: view, sensitivity: low}]}]
`

func TestDigestNamesWhatCanBeAskedForAndWhomItConcerns(t *testing.T) {
	t.Parallel()
	digest := func(text string, people staff) string {
		c, err := catalog.Load(t.Context(), folder(t, map[string]string{"c.yaml": text}), people)
		if err != nil {
			t.Fatal(err)
		}
		return c.Digest()
	}
	base := digest(ledger, team)
	if again := digest(ledger+"# a remark\n", team); len(base) != 64 || again != base {
		t.Errorf("the same catalogue has the digests %q and %q", base, again)
	}
	for name, other := range map[string]string{
		"another owner":       digest(strings.Replace(ledger, "ada@", "ben@", 1), team),
		"another sensitivity": digest(strings.Replace(ledger, "low", "high", 1), team),
		"a shorter maximum":   digest(strings.Replace(ledger, "4h", "2h", 1), team),
		"another level":       digest(strings.Replace(ledger, "view", "post", 1), team),
		"somebody more owns it": digest(ledger, staff{people: append([]approvals.Principal{
			{ID: "cy", Email: "cy@example.com", Groups: []string{"security"}}}, team.people...)}),
	} {
		if other == base {
			t.Errorf("%s: the digest stays", name)
		}
	}
}

// A decision is compared with the catalogue of now after it was stored: what
// did not survive that would look changed for ever.
func TestEntitlementsAreTheSameAfterTheyWereStored(t *testing.T) {
	t.Parallel()
	c, err := catalog.Load(t.Context(), "../../examples/access", nil)
	if err != nil {
		t.Fatal(err)
	}
	all, err := c.All(t.Context())
	if err != nil || len(all) == 0 {
		t.Fatal(len(all), err)
	}
	for _, e := range all {
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var back approvals.Entitlement
		if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(e, back) {
			t.Errorf("%s differs after it was stored, %v:\n%#v\n%#v", e.ID, err, e, back)
		}
	}
}

package understand_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/understand"
)

// staff are people whose names are written in many ways, and some of whom are
// called like words.
func staff() []approvals.Principal {
	var out []approvals.Principal
	for _, p := range [][3]string{
		{"soren", "Søren Ågård", "soren.agard@example.com"}, {"zoe", "Zoë Müller", "zoe@example.com"}, {"lukasz", "Łukasz Żak", "lz@example.com"},
		{"jan", "Jan van der Berg", "jan.vdberg@example.com"}, {"meiling", "Mei-Ling O'Connor", "meiling@example.com"},
		{"anna1", "Anna Berg", "anna.berg@example.com"}, {"anna2", "Anna Berg", "anna.berg2@example.com"},
		{"will", "Will Stone", "will.stone@example.com"}, {"may", "May April", "may.april@example.com"}, {"me", "Tom Self", "tom@example.com"},
	} {
		out = append(out, approvals.Principal{ID: approvals.PrincipalID(p[0]), Name: p[1], Email: p[2]})
	}
	return append(out, approvals.Principal{ID: "gone", Name: "Petra Gone", Email: "petra@example.com", Inactive: true})
}

func TestParseFindsWhomItIsFor(t *testing.T) {
	t.Parallel()
	type whom struct {
		ID      approvals.PrincipalID
		Unknown string
	}
	tests := map[string]whom{
		// written as it is, without marks, spelled out
		"zendesk for Søren Ågård 2h":      {ID: "soren"},
		"zendesk for soren agard 2h":      {ID: "soren"},
		"zendesk for Soeren 2h":           {ID: "soren"},
		"zendesk 2h for Zoe Mueller":      {ID: "zoe"},
		"zendesk 2h for ZOË":              {ID: "zoe"},
		"zendesk 2h for Zoe\u0308 Muller": {ID: "zoe"},
		"Lukasz Zak needs zendesk 2h":     {ID: "lukasz"},
		"zendesk 2h for Jan van der Berg": {ID: "jan"},
		"zendesk for Mei-Ling O’Connor":   {ID: "meiling"},
		// in other places of a sentence
		"on behalf of zoe, zendesk 2h":                 {ID: "zoe"},
		"my colleague lz@example.com needs zendesk 2h": {ID: "lukasz"},
		"can Zoë have zendesk for 2h?":                 {ID: "zoe"},
		"please set up Jan with zendesk 2h":            {ID: "jan"},
		"let zoe into zendesk 2h":                      {ID: "zoe"},
		"zendesk for will.stone@example.com 2h":        {ID: "will"},
		"zendesk for Will 2h":                          {ID: "will"},
		"zendesk for @meiling 2h":                      {ID: "meiling"},
		// the speaker is nobody else
		"zendesk for Tom Self 2h": {},
		"zendesk for me 2h":       {},
		// two people of one name, two people, nobody: it is asked
		"zendesk for Anna Berg 2h":                  {Unknown: "Anna Berg"},
		"zendesk for anna 2h":                       {Unknown: "anna"},
		"zendesk for Zoë and Jan 2h":                {Unknown: "Zoë and Jan"},
		"zendesk for me and Zoë 2h":                 {Unknown: "me and Zoë"},
		"zendesk for Bartholomew 2h":                {Unknown: "Bartholomew"},
		"zendesk for Quentin Tarrant 2h":            {Unknown: "Quentin Tarrant"},
		"zendesk for Zoë Stone 2h":                  {Unknown: "Zoë Stone"},
		"please give Bartholomew zendesk for 2h":    {Unknown: "Bartholomew"},
		"Bartholomew needs zendesk for 2h":          {Unknown: "Bartholomew"},
		"zendesk for petra@example.com 2h":          {Unknown: "petra@example.com"},
		"zendesk for my colleague Margit Olsen, 2h": {Unknown: "Margit Olsen"},
		// no person
		"will you give me zendesk for 2h":      {},
		"may I have zendesk for 2h":            {},
		"zendesk for Friday":                   {},
		"zendesk until May":                    {},
		"zendesk 2h for Black Friday prep":     {},
		"zendesk for GDPR exports 2h":          {},
		"zendesk 2h, covering for Zoë":         {},
		"admin for Jenkins 2h":                 {},
		"zendesk 2h for the auditors":          {},
		"zendesk 2h for INC-12":                {},
		"Finance is waiting, zendesk for 2h":   {},
		"zendesk for zendesk for zendesk 2h":   {},
		"for for for give give needs needs of": {},
	}
	w := world()
	w.People, w.Speaker = staff(), "me"
	for text, want := range tests {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got := understand.Parse(text, w)
			if diff := cmp.Diff(want, whom{got.Beneficiary, got.Unknown}); diff != "" {
				t.Errorf("for whom (-want +got):\n%s", diff)
			}
		})
	}
}

package config

import (
	"testing"
	"time"
)

func TestEveryMistakeAboutTheDirectoryIsNamed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want string }{
		"unknown kind":           {"  kind: scmi", `h.yaml:2: people come from no known kind of source: "scmi"; did you mean "scim"?`},
		"another kind's setting": {"  kind: scim\n  url: env:U\n  token: env:T\n  file: people.yaml", "h.yaml:5: file is a setting of file directories, not of scim ones; remove it"},
		"scim without token":     {"  kind: scim\n  url: env:U", "h.yaml:1: the directory has no token; add token: env:NAME and set that variable to a bearer token that may read users and groups"},
		"scim in the clear":      {"  kind: scim\n  token: env:T\n  url: http://idp.example/", "h.yaml:4: the url of the directory can't be called: it does not begin with https://, and what is sent must not be readable on its way; write an address such as https://access.example.com/hallpass"},
		"scim by another id":     {"  kind: scim\n  token: env:T\n  url: env:U\n  id: externalID", `h.yaml:5: people can't be known by "externalID"; did you mean "externalId"?`},
		"work by another name":   {"  kind: scim\n  token: env:T\n  url: env:U\n  function: devision", `h.yaml:5: "devision" does not tell what somebody's work is; did you mean "division"?`},
		"a token in the file":    {"  kind: scim\n  token: leak\n  url: env:U", "h.yaml:3: a secret stands in the file; write env:NAME or file:PATH, and keep the secret itself out of the file"},
		"aws without region":     {"  kind: awsidc", "h.yaml:1: the directory has no region; add region: with the region of the IAM Identity Center instance, such as eu-central-1"},
		"postgres without query": {"  kind: postgres\n  dsn: env:D", "h.yaml:1: the directory has no query; add query: SELECT id, name, email, … FROM …"},
		"postgres without dsn":   {"  kind: postgres\n  query: SELECT", "h.yaml:1: the directory has no dsn; add dsn: env:NAME and set that variable to the connection string of a login that may only read"},
		"a file of no form":      {"  file: people.xlsx", `h.yaml:2: people can't be read from "people.xlsx"; name a .yaml or a .csv file`},
		"everybody may be lost":  {"  max_shrink: 100", "h.yaml:2: a reading that lost 100 percent would be taken; write a percentage from 1 to 50, such as 10"},
		"read without a pause":   {"  refresh: 1s", "h.yaml:2: people would be read every 1s; write at least 1m"},
		"read too seldom":        {"  refresh: 48h", "h.yaml:2: people would be too old most of the time; make it shorter than max_age"},
		"admins who are nobody":  {"  groups: {sre: SRE}\n  admins: ops", `h.yaml:3: the group "ops" is not among those that are taken; add it under groups:`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			named(t, "directory:\n"+tt.text, tt.want)
		})
	}
}

func TestOnlyAFileIsNotReadAgainAndAgain(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"": 0, "directory: {kind: awsidc, region: eu-central-1}": 15 * time.Minute,
		"directory: {kind: awsidc, region: eu-central-1, refresh: 1h}": time.Hour} {
		c, err := Parse("h.yaml", []byte(text))
		if err != nil || c.Directory.Refresh != want {
			t.Errorf("%q: %s, %v, want %s", text, c.Directory.Refresh, err, want)
		}
	}
}

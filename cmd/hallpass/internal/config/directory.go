package config

import (
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/source"
	"github.com/hallpass-dev/hallpass/connectors/directory"
)

// Directory says who the people are: where they come from, and how far that is
// believed. A field's tag names the kinds that it is for.
type Directory struct {
	Kind     string            `yaml:"kind"`                         // one of Directories; default file
	File     string            `yaml:"file" kinds:"file"`            // default people.yaml
	URL      string            `yaml:"url" kinds:"scim"`             // https; also env:NAME or file:PATH
	Token    Secret            `yaml:"token" kinds:"scim"`           // bearer token
	Private  []string          `yaml:"private" kinds:"scim"`         // ranges that may be called besides public addresses
	ID       string            `yaml:"id" kinds:"scim"`              // the attribute that is a person's id here: id (default), externalId or userName
	Function string            `yaml:"function" kinds:"awsidc scim"` // the attribute that tells what somebody's work is, one of directory.Functions; default: none
	Region   string            `yaml:"region" kinds:"awsidc"`        // of the IAM Identity Center instance
	Instance string            `yaml:"instance" kinds:"awsidc"`      // its ARN; default: the only one there is
	DSN      Secret            `yaml:"dsn" kinds:"postgres"`         // a login that may read, and nothing else
	Plain    bool              `yaml:"plain" kinds:"postgres"`       // the network is trusted: TLS is not needed
	Query    string            `yaml:"query" kinds:"postgres"`       // its columns are those of people.csv
	Groups   map[string]string `yaml:"groups"`                       // the groups to take: the source's name by the name here; default: all
	Admins   string            `yaml:"admins"`                       // the group whose members run Hallpass
	MaxAge   time.Duration     `yaml:"max_age"`                      // older facts approve nothing by themselves; default 24h
	Refresh  time.Duration     `yaml:"refresh"`                      // default 15m; a file is read when it changes
	Shrink   int               `yaml:"max_shrink"`                   // percent of the people, or of facts about them, that one reading may lose; default 10
}

// Directories are the kinds of directory source that this build has.
var Directories = []string{"awsidc", "file", "postgres", "scim"}

// Default fills in what is not said.
func (d *Directory) Default() {
	setDefault(&d.Kind, "file")
	setDefault(&d.MaxAge, 24*time.Hour)
	if d.Kind == "file" {
		setDefault(&d.File, "people.yaml")
	} else {
		setDefault(&d.Refresh, 15*time.Minute)
	}
}

func (c *Config) checkDirectory() approvals.Problems {
	at, d := c.At("directory"), c.Directory
	if !slices.Contains(Directories, d.Kind) {
		return approvals.Problems{at.At("kind").Problem(source.Suggest(d.Kind, Directories), "people come from no known kind of source: %q", d.Kind)}
	}
	ps := foreign(at, d, d.Kind, "directories")
	need := func(ok bool, mend, what string) {
		if !ok {
			ps = append(ps, at.Problem(mend, "the directory has no %s", what))
		}
	}
	if d.Function != "" && !slices.Contains(directory.Functions, d.Function) {
		ps = append(ps, at.At("function").Problem(source.Suggest(d.Function, directory.Functions), "%q does not tell what somebody's work is", d.Function))
	}
	switch d.Kind {
	case "scim":
		ps = append(ps, called(at, d.URL, d.Private, "the directory")...)
		need(d.Token != "", "add token: env:NAME and set that variable to a bearer token that may read users and groups", "token")
		ids := []string{"id", "externalId", "userName"}
		if d.ID != "" && !slices.Contains(ids, d.ID) {
			ps = append(ps, at.At("id").Problem(source.Suggest(d.ID, ids), "people can't be known by %q", d.ID))
		}
	case "awsidc":
		need(d.Region != "", "add region: with the region of the IAM Identity Center instance, such as eu-central-1", "region")
	case "postgres":
		need(d.DSN != "", "add dsn: env:NAME and set that variable to the connection string of a login that may only read", "dsn")
		need(strings.TrimSpace(d.Query) != "", "add query: SELECT id, name, email, … FROM …", "query")
	case "file":
		if ext := filepath.Ext(d.File); !slices.Contains([]string{".yaml", ".yml", ".csv"}, ext) {
			ps = append(ps, at.At("file").Problem("name a .yaml or a .csv file", "people can't be read from %q", d.File))
		}
	}
	ps = append(ps, c.checkSecret(d.Token, "directory", "token")...)
	ps = append(ps, c.checkSecret(d.DSN, "directory", "dsn")...)
	if d.Shrink < 0 || d.Shrink > 50 {
		ps = append(ps, at.At("max_shrink").Problem("write a percentage from 1 to 50, such as 10", "a reading that lost %d percent would be taken", d.Shrink))
	}
	if d.Refresh < 0 || d.Refresh > 0 && d.Refresh < time.Minute {
		ps = append(ps, at.At("refresh").Problem("write at least 1m", "people would be read every %s", d.Refresh))
	}
	if d.Refresh > d.MaxAge {
		ps = append(ps, at.At("refresh").Problem("make it shorter than max_age", "people would be too old most of the time"))
	}
	if d.Groups != nil && d.Admins != "" && d.Groups[d.Admins] == "" {
		ps = append(ps, at.At("admins").Problem("add it under groups:", "the group %q is not among those that are taken", d.Admins))
	}
	return ps
}

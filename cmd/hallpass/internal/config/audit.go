package config

import (
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Audit says who signs the audit log's checkpoints, and where they are carried.
type Audit struct {
	Key     Secret        `yaml:"key"`      // signs; default env:HALLPASS_AUDIT_KEY; where that is empty, SQLite makes one in data_dir
	NextKey Secret        `yaml:"next_key"` // signs as well, while keys are changed
	Keys    []string      `yaml:"keys"`     // public keys of earlier times, for verification
	Every   time.Duration `yaml:"every"`    // how often it is looked whether there is something to sign; default 30s, at most 1m
	Anchors []Anchor      `yaml:"anchors"`
	Forward []Forward     `yaml:"forward"` // who gets every event
}

// Anchor is a place that checkpoints are carried to.
type Anchor struct {
	Kind     string        `yaml:"kind"`     // "folder", "git", "s3" or "slack"
	Path     string        `yaml:"path"`     // folder, git: where it is
	Remote   string        `yaml:"remote"`   // git: pushed to; empty: nowhere
	Branch   string        `yaml:"branch"`   // git: default main
	Bucket   string        `yaml:"bucket"`   // s3: has object lock
	Prefix   string        `yaml:"prefix"`   // s3: of the objects' names
	Region   string        `yaml:"region"`   // s3: default as the environment says
	Endpoint string        `yaml:"endpoint"` // s3: of another service that speaks S3
	Mode     string        `yaml:"mode"`     // s3: "compliance" (default) or "governance"
	Retain   time.Duration `yaml:"retain"`   // s3: how long each is locked; default 7 years
	Channel  string        `yaml:"channel"`  // slack: the channel's id
	Every    time.Duration `yaml:"every"`    // slack: default 1h
}

// The defaults of the audit log.
const (
	DefaultAuditKey   = "env:HALLPASS_AUDIT_KEY"
	DefaultCheckpoint = 30 * time.Second
)

// places names the setting that each kind of anchor needs, and its mend.
var places = map[string]struct {
	name, mend string
	get        func(Anchor) string
}{
	"folder": {"path", "add path: and a folder on another machine or medium", func(a Anchor) string { return a.Path }},
	"git":    {"path", "add path: and a folder for the clone", func(a Anchor) string { return a.Path }},
	"s3":     {"bucket", "add bucket: and the name of a bucket with object lock", func(a Anchor) string { return a.Bucket }},
	"slack":  {"channel", "add channel: and the id of a channel, like C0123456789", func(a Anchor) string { return a.Channel }},
}

func (c *Config) checkAudit() (ps approvals.Problems) {
	at := c.At("audit")
	ps = append(ps, c.checkSecret(c.Audit.Key, "audit", "key")...)
	ps = append(ps, c.checkSecret(c.Audit.NextKey, "audit", "next_key")...)
	if c.Audit.Every < time.Second || c.Audit.Every > time.Minute {
		ps = append(ps, at.At("every").Problem("write 1s to 1m", "checkpoints every %s are too far apart", c.Audit.Every))
	}
	for i, key := range c.Audit.Keys {
		if _, err := note.NewVerifier(key); err != nil {
			ps = append(ps, at.At("keys", i).Problem("write it as hallpass audit key prints it", "%q is no public key", key))
		}
	}
	ps = append(ps, c.checkForwards()...)
	for i, a := range c.Audit.Anchors {
		place, known := places[a.Kind]
		switch {
		case !known:
			ps = append(ps, at.At("anchors", i).Problem("write folder, git, s3 or slack", "there is no kind of anchor %q", a.Kind))
		case place.get(a) == "":
			ps = append(ps, at.At("anchors", i).Problem(place.mend, "the anchor %s has no %s", a.Kind, place.name))
		case a.Mode != "" && a.Mode != "compliance" && a.Mode != "governance":
			ps = append(ps, at.At("anchors", i, "mode").Problem("write compliance or governance", "%q is no mode of object lock", a.Mode))
		case a.Retain < 0 || a.Every < 0:
			ps = append(ps, at.At("anchors", i).Problem("write a duration such as 8760h", "a time of the anchor %s is negative", a.Kind))
		}
	}
	return ps
}

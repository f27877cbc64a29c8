package app

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/mod/sumdb/note"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/auditlog"
	"github.com/hallpass-dev/hallpass/store/notary"
)

// ownKey is the signing key that an embedded database gets when none is
// configured, and ownName the name of its log.
const (
	ownKey  = "audit.key"
	ownName = "hallpass/audit"
)

// AuditKeys are the keys of the audit log.
type AuditKeys struct {
	Signers []note.Signer
	Public  []string // of the signers, then of earlier times
}

// Verifiers are all public keys, ready to verify with; nil when there is none.
func (k AuditKeys) Verifiers() (note.Verifiers, error) {
	if len(k.Public) == 0 {
		return nil, approvals.Errorf(approvals.CodeInvalid, "No key is configured to verify the audit log with; name a file of public keys with --key.")
	}
	return auditlog.Verifiers(strings.Join(k.Public, "\n"))
}

// LoadAuditKeys reads the keys that a configuration names. Create makes one for
// an embedded database that has none.
func LoadAuditKeys(c config.Config, create bool) (keys AuditKeys, err error) {
	for i, secret := range []config.Secret{c.Audit.Key, c.Audit.NextKey} {
		text, err := c.Value(secret)
		if err != nil {
			return keys, err
		}
		if text == "" && i == 0 {
			if text, err = embeddedKey(c, create); err != nil {
				return keys, err
			}
		}
		if text == "" {
			continue
		}
		signer, err := auditlog.Signer(text)
		if err != nil {
			return keys, approvals.Errorf(approvals.CodeInvalid, "The audit log's signing key can't be read; make one with `hallpass audit key`.")
		}
		public, err := auditlog.VerifierOf(text)
		if err != nil {
			return keys, err
		}
		keys.Signers, keys.Public = append(keys.Signers, signer), append(keys.Public, public)
	}
	keys.Public = append(keys.Public, c.Audit.Keys...)
	return keys, nil
}

// embeddedKey reads the key beside an embedded database. It protects against
// later changes as soon as checkpoints are anchored elsewhere; who has the
// folder has the key.
func embeddedKey(c config.Config, create bool) (string, error) {
	if url, err := c.Value(c.Database.URL); err != nil || url != "" {
		return "", err
	}
	path := filepath.Join(c.Path(c.Database.DataDir), ownKey)
	text, err := os.ReadFile(path)
	if err == nil || !errors.Is(err, fs.ErrNotExist) || !create {
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return strings.TrimSpace(string(text)), err
	}
	secret, _, err := auditlog.NewKey(ownName)
	if err != nil {
		return "", err
	}
	return secret, os.WriteFile(path, []byte(secret+"\n"), 0o600)
}

// auditLog makes the notary; nil, with a warning, when there is no key.
func (a *App) auditLog(ctx context.Context) (*notary.Notary, error) {
	a.metrics.registry.MustRegister(newSealing(a.Store))
	keys, err := LoadAuditKeys(a.config, a.options.Database == "")
	if err != nil {
		return nil, err
	}
	if len(keys.Signers) == 0 {
		a.log.Warn("the audit log's checkpoints are not signed: no key is configured; make one with hallpass audit key")
		return nil, nil
	}
	anchors, err := Anchors(ctx, a.config, a.Store)
	if err != nil {
		return nil, err
	}
	return notary.New(notary.Config{Log: a.Store, Signers: keys.Signers, Anchors: anchors, Every: a.config.Audit.Every, Now: a.options.Now, Logger: a.log,
		Alarm: a.alarm})
}

// Anchors are the places that a configuration has checkpoints carried to.
func Anchors(ctx context.Context, c config.Config, s *store.Store) (all []notary.Anchor, err error) {
	for _, a := range c.Audit.Anchors {
		switch a.Kind {
		case "folder":
			all = append(all, notary.Folder{Path: c.Path(a.Path)})
		case "git":
			all = append(all, notary.Repository{Path: c.Path(a.Path), Remote: a.Remote, Branch: a.Branch})
		case "s3":
			client, err := bucketClient(ctx, a)
			if err != nil {
				return nil, err
			}
			all = append(all, notary.Bucket{Client: client, Bucket: a.Bucket, Prefix: a.Prefix, Retain: a.Retain, Governance: a.Mode == "governance"})
		case "slack":
			all = append(all, &notary.Channel{ID: a.Channel, Every: a.Every, Log: s})
		}
	}
	return all, nil
}

// bucketClient takes credentials from where the AWS tools do: environment,
// shared files, the machine's role.
func bucketClient(ctx context.Context, a config.Anchor) (*s3.Client, error) {
	var options []func(*awsconfig.LoadOptions) error
	if a.Region != "" {
		options = append(options, awsconfig.WithRegion(a.Region))
	}
	c, err := awsconfig.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, &approvals.Error{Code: approvals.CodeInvalid, Op: "read the AWS configuration", Err: err,
			Message: "The AWS configuration for the audit log's bucket can't be read; check the environment and the shared files."}
	}
	return s3.NewFromConfig(c, func(o *s3.Options) {
		if a.Endpoint != "" {
			o.BaseEndpoint, o.UsePathStyle = &a.Endpoint, true
		}
	}), nil
}

// sealing reports from the database, when asked, how far the audit log is
// signed and anchored.
type sealing struct {
	store             *store.Store
	unsigned, failing *prometheus.Desc
}

func newSealing(s *store.Store) *sealing {
	return &sealing{store: s,
		unsigned: prometheus.NewDesc("hallpass_audit_unsigned_events", "Audit events that no checkpoint covers yet.", nil, nil),
		failing:  prometheus.NewDesc("hallpass_audit_anchors_failing", "Places that checkpoints do not reach now.", nil, nil)}
}

// Describe implements prometheus.Collector.
func (m *sealing) Describe(ch chan<- *prometheus.Desc) { ch <- m.unsigned; ch <- m.failing }

// Collect implements prometheus.Collector. When the database does not answer
// the metrics are absent, not zero.
func (m *sealing) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	head, err := m.store.Head(ctx)
	if err != nil {
		return
	}
	last, err := m.store.LastCheckpoint(ctx)
	if err != nil && approvals.ErrorCode(err) != approvals.CodeNotFound {
		return
	}
	anchors, err := m.store.Anchors(ctx)
	if err != nil {
		return
	}
	failing := 0
	for _, a := range anchors {
		if !a.FailingSince.IsZero() {
			failing++
		}
	}
	ch <- prometheus.MustNewConstMetric(m.unsigned, prometheus.GaugeValue, float64(head.Size()-last.Size))
	ch <- prometheus.MustNewConstMetric(m.failing, prometheus.GaugeValue, float64(failing))
}

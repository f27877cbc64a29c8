package app

import (
	"context"
	"crypto/tls"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/connectors/outbound"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/forward"
)

// EventSource names the log in CloudEvents.
const EventSource = "/hallpass"

// forwards makes what sends audit events on; nil when nobody wants them.
func (a *App) forwards() (*forward.Forwarder, error) {
	if len(a.config.Audit.Forward) == 0 {
		return nil, nil
	}
	c := forward.Config{Log: a.Store, Now: a.options.Now, Logger: a.log, Alarm: a.alarm}
	names := map[string]bool{}
	for _, f := range a.config.Audit.Forward {
		r, err := receiver(a.config, f)
		if err != nil {
			return nil, err
		}
		names[f.Name] = true
		c.Targets = append(c.Targets, forward.Target{Name: f.Name, Receiver: r, FromNow: f.From == config.ForwardFromNow})
	}
	a.metrics.registry.MustRegister(newForwarding(a.Store, names, a.now))
	return forward.New(c)
}

// receiver connects to nothing yet.
func receiver(c config.Config, f config.Forward) (forward.Receiver, error) {
	roots, err := c.Authorities(f.CA)
	if err != nil {
		return nil, err
	}
	identity, err := c.Identity(f.Shown, f.Secret)
	if err != nil {
		return nil, err
	}
	if f.Kind == "syslog" {
		host, _ := os.Hostname() // a message without it is as good
		s := &forward.Syslog{Address: f.Address, Host: host, Source: EventSource}
		if !f.Plain {
			s.TLS = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, GetClientCertificate: identity}
		}
		return s, nil
	}
	to, err := c.Endpoint(f.URL, f.Key, f.Private)
	if err != nil {
		return nil, err
	}
	token, err := c.Value(f.Token)
	if err != nil {
		return nil, err
	}
	client := outbound.New(outbound.Config{Private: to.Private, Key: []byte(to.Secret), Roots: roots, Identity: identity})
	return &forward.Web{Source: EventSource, Post: func(ctx context.Context, body []byte, contentType string) (int, time.Duration, error) {
		header := http.Header{"Content-Type": {contentType}}
		if token != "" {
			header.Set("Authorization", "Bearer "+token)
		}
		said, err := client.Post(ctx, to.URL, body, header)
		return said.Status, said.RetryAfter(), err
	}}, nil
}

// alarm tells the admins one sentence.
func (a *App) alarm(ctx context.Context, slot, words string) {
	if err := a.Service.Alert(ctx, slot, words); err != nil {
		a.log.ErrorContext(ctx, "the admins could not be told", "words", words, "error", err)
	}
}

// forwarding reports from the database, when asked, how far the configured
// receivers of audit events are.
type forwarding struct {
	store                *store.Store
	names                map[string]bool
	now                  func() time.Time
	waiting, age, failed *prometheus.Desc
}

func newForwarding(s *store.Store, names map[string]bool, now func() time.Time) *forwarding {
	to := []string{"to"}
	return &forwarding{store: s, names: names, now: now,
		waiting: prometheus.NewDesc("hallpass_audit_forward_waiting_events", "Audit events that have not surely arrived at a receiver.", to, nil),
		age:     prometheus.NewDesc("hallpass_audit_forward_oldest_seconds", "How long ago the oldest of them happened.", to, nil),
		failed:  prometheus.NewDesc("hallpass_audit_forward_failing", "1 while a receiver can't be reached or refuses events.", to, nil)}
}

// Describe implements prometheus.Collector.
func (m *forwarding) Describe(ch chan<- *prometheus.Desc) {
	ch <- m.waiting
	ch <- m.age
	ch <- m.failed
}

// Collect implements prometheus.Collector. When the database does not answer
// the metrics are absent, not zero.
func (m *forwarding) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	all, err := m.store.Forwards(ctx)
	if err != nil {
		return
	}
	for _, f := range all {
		if !m.names[f.Name] {
			continue // it is not configured any more
		}
		age, failing := 0.0, 0.0
		if f.Waiting > 0 {
			age = m.now().Sub(f.Oldest).Seconds()
		}
		if !f.FailingSince.IsZero() {
			failing = 1
		}
		ch <- prometheus.MustNewConstMetric(m.waiting, prometheus.GaugeValue, float64(f.Waiting), f.Name)
		ch <- prometheus.MustNewConstMetric(m.age, prometheus.GaugeValue, age, f.Name)
		ch <- prometheus.MustNewConstMetric(m.failed, prometheus.GaugeValue, failing, f.Name)
	}
}

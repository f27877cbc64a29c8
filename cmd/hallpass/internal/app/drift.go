package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

// drifting reports from the database, when asked, where systems and grants
// differ.
type drifting struct {
	store *store.Store
	open  *prometheus.Desc
	older *prometheus.Desc
}

func newDrifting(s *store.Store) *drifting {
	return &drifting{store: s,
		open:  prometheus.NewDesc("hallpass_drift_open", "Differences between systems and grants that are open, by kind; standing is access that stays without a grant.", []string{"kind"}, nil),
		older: prometheus.NewDesc("hallpass_database_restored", "1 while the database is older than what was known of it, and no admin has accepted it.", nil, nil)}
}

// Describe implements prometheus.Collector.
func (d *drifting) Describe(ch chan<- *prometheus.Desc) { ch <- d.open; ch <- d.older }

// Collect implements prometheus.Collector. When the database does not answer
// the metric is absent, not zero.
func (d *drifting) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	counts, err := d.store.CountDrift(ctx)
	if err != nil {
		return
	}
	for _, kind := range []approvals.DriftKind{approvals.DriftOutside, approvals.DriftChanged, approvals.DriftVanished, approvals.DriftShrunk, approvals.DriftStanding} {
		ch <- prometheus.MustNewConstMetric(d.open, prometheus.GaugeValue, float64(counts[kind]), string(kind))
	}
	r, err := d.store.LastRestore(ctx)
	if err != nil && approvals.ErrorCode(err) != approvals.CodeNotFound {
		return
	}
	older := 0.0
	if r.Open() {
		older = 1
	}
	ch <- prometheus.MustNewConstMetric(d.older, prometheus.GaugeValue, older)
}

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
}

func newDrifting(s *store.Store) *drifting {
	return &drifting{store: s,
		open: prometheus.NewDesc("hallpass_drift_open", "Differences between systems and grants that are open, by kind; standing is access that stays without a grant.", []string{"kind"}, nil)}
}

// Describe implements prometheus.Collector.
func (d *drifting) Describe(ch chan<- *prometheus.Desc) { ch <- d.open }

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
}

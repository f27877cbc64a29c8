package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/hallpass-dev/hallpass/connectors/directory"
	"github.com/hallpass-dev/hallpass/store"
)

// metrics are Hallpass' own: each is documented by its help text.
type metrics struct {
	registry *prometheus.Registry
	duration *prometheus.HistogramVec
	rejected prometheus.Gauge
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hallpass_step_seconds", Help: "How long a step took: ack, handle, deliver, or a task by its kind.",
			Buckets: []float64{.005, .01, .025, .05, .1, .2, .3, .5, 1, 2.5, 5, 10, 30},
		}, []string{"step"}),
		rejected: prometheus.NewGauge(prometheus.GaugeOpts{Name: "hallpass_access_folder_rejected",
			Help: "1 while the access folder holds something that was not taken, so that an older state of it is in force."}),
	}
	m.registry.MustRegister(m.duration, m.rejected, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// observe records how long one step took.
func (m *metrics) observe(step string, d time.Duration) {
	m.duration.WithLabelValues(step).Observe(d.Seconds())
}

// overdue reports from the database, when asked, what should have ended.
type overdue struct {
	store *store.Store
	now   func() time.Time
	count *prometheus.Desc
	age   *prometheus.Desc
}

func newOverdue(s *store.Store, now func() time.Time) *overdue {
	return &overdue{store: s, now: now,
		count: prometheus.NewDesc("hallpass_overdue_grants", "Access that outlives its end now.", nil, nil),
		age:   prometheus.NewDesc("hallpass_overdue_oldest_seconds", "For how long the oldest of it does.", nil, nil)}
}

// Describe implements prometheus.Collector.
func (o *overdue) Describe(ch chan<- *prometheus.Desc) { ch <- o.count; ch <- o.age }

// Collect implements prometheus.Collector. When the database does not answer
// the metrics are absent, not zero.
func (o *overdue) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	n, oldest, err := o.store.Overdue(ctx, o.now())
	if err != nil {
		return
	}
	ch <- prometheus.MustNewConstMetric(o.count, prometheus.GaugeValue, float64(n))
	ch <- prometheus.MustNewConstMetric(o.age, prometheus.GaugeValue, oldest.Seconds())
}

// peopleAge reports how old the directory's people are, and whether a newer
// reading was refused.
type peopleAge struct {
	people  *directory.Directory
	now     func() time.Time
	age     *prometheus.Desc
	refused *prometheus.Desc
}

func newPeopleAge(d *directory.Directory, now func() time.Time) *peopleAge {
	return &peopleAge{people: d, now: now,
		age: prometheus.NewDesc("hallpass_directory_age_seconds", "How old what is known of the people is.", nil, nil),
		refused: prometheus.NewDesc("hallpass_directory_refused",
			"1 while the directory's source says what is not taken, since too many people or facts about them are gone.", nil, nil)}
}

// Describe implements prometheus.Collector.
func (p *peopleAge) Describe(ch chan<- *prometheus.Desc) { ch <- p.age; ch <- p.refused }

// Collect implements prometheus.Collector.
func (p *peopleAge) Collect(ch chan<- prometheus.Metric) {
	if state, err := p.people.State(context.Background()); err == nil {
		ch <- prometheus.MustNewConstMetric(p.age, prometheus.GaugeValue, p.now().Sub(state.AsOf).Seconds())
	}
	ch <- prometheus.MustNewConstMetric(p.refused, prometheus.GaugeValue, float64(min(len(p.people.Refused()), 1)))
}

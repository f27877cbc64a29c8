package app

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/hallpass-dev/hallpass/bot"
)

// connection reports, when asked, how the connection to Slack stands.
type connection struct {
	health func() bot.Health
	gauges []connectionMetric
}

// connectionMetric is one figure of it.
type connectionMetric struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	of   func(bot.Health) float64
}

func newConnection(health func() bot.Health) *connection {
	c := &connection{health: health}
	add := func(kind prometheus.ValueType, name, help string, of func(bot.Health) float64) {
		c.gauges = append(c.gauges, connectionMetric{prometheus.NewDesc("hallpass_slack_"+name, help, nil, nil), kind, of})
	}
	add(prometheus.GaugeValue, "sockets", "Sockets to Slack that are open now; at 0 nothing arrives.", func(h bot.Health) float64 { return float64(h.Connected) })
	add(prometheus.GaugeValue, "sockets_wanted", "Sockets to Slack that should be open.", func(h bot.Health) float64 { return float64(h.Wanted) })
	add(prometheus.GaugeValue, "connected_timestamp_seconds", "When the last socket opened, as Unix time; 0 before the first.", func(h bot.Health) float64 {
		if h.Since.IsZero() {
			return 0
		}
		return float64(h.Since.Unix())
	})
	add(prometheus.GaugeValue, "unreached_channels", "Channels that could not be posted to when that was last tried.", func(h bot.Health) float64 { return float64(len(h.Unreached)) })
	add(prometheus.CounterValue, "limited_total", "Calls that Slack answered with 429.", func(h bot.Health) float64 { return float64(h.Limited) })
	add(prometheus.CounterValue, "put_off_total", "Calls made later to keep Slack's pace.", func(h bot.Health) float64 { return float64(h.PutOff) })
	add(prometheus.CounterValue, "undone_total", "Notices given up: their reader is gone, or Slack refuses them.", func(h bot.Health) float64 { return float64(h.Undone) })
	return c
}

// Describe implements prometheus.Collector.
func (c *connection) Describe(ch chan<- *prometheus.Desc) {
	for _, m := range c.gauges {
		ch <- m.desc
	}
}

// Collect implements prometheus.Collector.
func (c *connection) Collect(ch chan<- prometheus.Metric) {
	h := c.health()
	for _, m := range c.gauges {
		ch <- prometheus.MustNewConstMetric(m.desc, m.kind, m.of(h))
	}
}

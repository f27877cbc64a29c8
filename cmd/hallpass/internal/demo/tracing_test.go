package demo

import (
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/tracing"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/tracing/collector"
)

func TestEveryStepIsTracedAndNothingOfPeopleLeavesByIt(t *testing.T) {
	t.Parallel()
	c := collector.Start(t)
	traces, err := tracing.Start(t.Context(), c.URL, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	d, err := Start(t.Context(), Options{Listen: "127.0.0.1:0", Data: dir, Rates: unlimited, Trace: traces.Trace()})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.story(t.Context(), io.Discard, []chapter{ruleApproves(), policyRefuses()}); err != nil {
		t.Fatal(err)
	}
	traces.Close(t.Context())

	roots := map[string]string{} // what a span belongs to, by its trace
	seen := map[string]bool{}    // span below root
	for _, s := range c.Spans() {
		if len(s.GetParentSpanId()) == 0 {
			roots[string(s.GetTraceId())] = s.GetName()
		}
	}
	for _, s := range c.Spans() {
		seen[roots[string(s.GetTraceId())]+" → "+s.GetName()] = true
	}
	for _, want := range []string{"envelope → envelope", "handle → decide", "handle → change", "handle → transaction", "task → connector call", "task → transaction"} {
		if !seen[want] {
			t.Errorf("nothing is traced as %q; there is %v", want, seen)
		}
	}

	sent := c.Text()
	for _, want := range []string{string(approvals.AutoApprove), string(approvals.Refuse), `"grant"`, `"revoke"`, `"check"`, `"provision"`, "apply a change", "events_api", "interactive", "req_", "sandbox", "sqlite"} {
		if !strings.Contains(sent, want) {
			t.Errorf("no span says %q", want)
		}
	}
	never := []string{dir, d.options.BotToken, d.options.AppToken, "refund stuck", "INC-4312", "broken order", "INC-77", "Maya", "maya.lindqvist", "chris.vega", "northwind.example"}
	for i := range byID(Organisation()) {
		never = append(never, slackID(i))
	}
	for _, secret := range never {
		if strings.Contains(sent, secret) {
			t.Errorf("a span says %q", secret)
		}
	}
}

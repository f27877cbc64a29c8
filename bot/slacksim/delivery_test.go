package slacksim_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

func TestDirectMessageReachesTheBotAndIsAcknowledged(t *testing.T) {
	t.Parallel()
	inBubble(t, config(), func(h *harness) {
		h.connect(ackAll)
		ana := h.As("UANA")
		msg, err := ana.DM("read only on billing-db & <admin> for @bob")
		sent := must(t, msg, err)
		synctest.Wait()
		got := inner[*slackevents.MessageEvent](t, h.events(socketmode.EventTypeEventsAPI)[0])
		if diff := cmp.Diff("read only on billing-db &amp; &lt;admin&gt; for <@UBOB>", got.Text); diff != "" {
			t.Errorf("text (-want +got):\n%s", diff)
		}
		if got.User != "UANA" || got.ChannelType != "im" || got.Channel != ana.DMChannel() || got.TimeStamp != sent.TS {
			t.Errorf("wrong event: %+v", got)
		}
		env := h.Envelopes()
		if len(env) != 1 || env[0].Outcome != slacksim.Acked || env[0].RetryAttempt != 0 {
			t.Errorf("envelopes: %+v", env)
		}
	})
}

func TestUnackedEventIsRetriedAtOnceThenAfterOneAndFiveMinutes(t *testing.T) {
	t.Parallel()
	inBubble(t, config(), func(h *harness) {
		h.connect(nil)
		begin := time.Now()
		if _, err := h.As("UANA").DM("hello"); err != nil {
			t.Fatal(err)
		}
		<-time.After(20 * time.Minute)
		synctest.Wait()
		type attempt struct {
			N      int
			Reason string
			At     time.Duration
		}
		var got []attempt
		for _, e := range h.Envelopes() {
			got = append(got, attempt{e.RetryAttempt, e.RetryReason, e.Sent.Sub(begin)})
			if e.Outcome != slacksim.Unacked {
				t.Errorf("outcome %q", e.Outcome)
			}
		}
		want := []attempt{
			{0, "", 0}, {1, "timeout", 3 * time.Second}, {2, "timeout", 66 * time.Second}, {3, "timeout", 369 * time.Second},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("attempts (-want +got):\n%s", diff)
		}
	})
}

package slacksim_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/slack-go/slack/socketmode"
)

func TestAnAnswerToACommandIsAnObjectOrNothing(t *testing.T) {
	t.Parallel()
	for payload, bad := range map[string]bool{`{}`: false, `null`: false, `{"text":"hi"}`: false, `["hi"]`: true, `"hi"`: true} {
		inBubble(t, config(), func(h *harness) {
			h.connect(func(sm *socketmode.Client, ev socketmode.Event) {
				if ev.Type == socketmode.EventTypeSlashCommand {
					_ = sm.Ack(*ev.Request, json.RawMessage(payload))
				}
			})
			err := h.As("UANA").Command(h.ctx, "CGEN", "x")
			if said := err != nil && strings.Contains(err.Error(), "no JSON object"); said != bad || (err != nil) != bad {
				t.Errorf("payload %s: error %v, want one: %t", payload, err, bad)
			}
		})
	}
}

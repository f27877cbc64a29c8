package understand_test

import (
	"testing"

	"github.com/hallpass-dev/hallpass/bot/understand"
)

func TestParseFindsTheTicket(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"zendesk 1h INC-4312":   "INC-4312",
		"zendesk 1h inc-4312":   "INC-4312",
		"INC-4312: zendesk 1h":  "INC-4312",
		"[OPS-12] zendesk 1h":   "OPS-12",
		"zendesk 1h (see X2-9)": "X2-9",
		"zendesk 1h https://example.atlassian.net/browse/SUP-78?focusedId=1": "SUP-78",
		"zendesk 1h <https://example.atlassian.net/browse/SUP-78|SUP-78>":    "SUP-78",
		"zendesk 1h INC0012345":             "INC0012345",
		"REQ0048213 zendesk 1h":             "REQ0048213",
		"zendesk 1h #8812 queue stuck":      "#8812",
		"zendesk 1h, ticket #90210, queue":  "#90210",
		"zendesk 1h, incident 4411":         "4411",
		"zendesk 1h, ticket = PLAT-300":     "PLAT-300",
		"zendesk 1h INC-1 and INC-2":        "INC-1",
		"zendesk 1h":                        "",
		"zendesk until 18:00 UTC-3":         "",
		"zendesk 1h, order 4711 is lost":    "",
		"zendesk 1h, #1 customer complains": "",
		"checkout-k8s 1h":                   "",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got := understand.Parse(text, world())
			if got.Ticket != want {
				t.Errorf("the ticket is %q, want %q", got.Ticket, want)
			}
		})
	}
}

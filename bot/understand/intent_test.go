package understand_test

import (
	"testing"

	"github.com/hallpass-dev/hallpass/bot/understand"
)

func TestParseTellsWhatIsWanted(t *testing.T) {
	t.Parallel()
	for want, texts := range map[understand.Intent][]string{
		understand.Request: {"zendesk 1h", "could you help me get into zendesk for 1h", "I can't log in, need zendesk for 1h", "zendesk till the migration is done", "who's on? anyway, I need zendesk for 1h",
			"I don't have access to zendesk, can i get it for 1h", "i don't need write, just read only on billing-db for 1h", "We were paged, I need zendesk for 1h", "zendesk superuser please"},
		understand.List:    {"which of my grants end today?", "show everything i currently hold", "any requests of mine still open?", "how long do I have left?", "when does my zendesk run out?", "what's open for me?"},
		understand.Cancel:  {"cancel the zendesk request", "drop it, not needed", "forget about it", "nvm", "please withdraw"},
		understand.Release: {"finished w/ zendesk, ta", "stop my zendesk access", "no need for zendesk any longer", "I don't need zendesk anymore", "no longer need zendesk", "I'm through with zendesk"},
		understand.Extend:  {"can i have 30 min more on zendesk", "another 2h on zendesk please", "I need zendesk for longer, till 19:00", "push it out by an hour", "one more hour on zendesk"},
		understand.Help:    {"help me with hallpass", "what commands are there", "how do I get access to something?", "?"},
		understand.Other: {
			// questions
			"who can approve prod billing?", "why was I asked about zendesk?", "is zendesk down?", "does anyone know the zendesk url?", "can you tell me who owns zendesk?",
			// refusals
			"do not give me admin", "please don't extend my zendesk access", "nobody needs zendesk today", "I won't need zendesk tomorrow", "never give anyone admin on billing db", "no access for me today thanks",
			// stories
			"i was reading about zendesk for an hour yesterday", "wrote a post about the ledger today", "we moved snowflake to azure last year", "the checkout cluster costs 900 a month", "zendesk broke",
			"we gave bob read only on billing db yesterday for 2h", "it takes another 2 hours",
			// nothing
			"thanks!", "", "   ", "👍", "\u200b", "!!!",
		},
	} {
		for _, text := range texts {
			t.Run(string(want)+" "+text, func(t *testing.T) {
				t.Parallel()
				got := understand.Parse(text, world())
				if got.Intent != want {
					t.Errorf("it is taken for %s, want %s", got.Intent, want)
				}
				if want == understand.Other && got.Entitlement != "" {
					t.Errorf("%s is filled in", got.Entitlement)
				}
			})
		}
	}
}

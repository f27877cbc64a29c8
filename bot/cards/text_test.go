package cards

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
)

func TestWordsAreDisarmed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in   string
		n    int
		want string
	}{
		"markup":                  {"<!here> & <@U1>", 50, "&lt;!here&gt; &amp; &lt;@U1&gt;"},
		"entities typed":          {"&lt;b&gt;", 50, "&amp;lt;b&amp;gt;"},
		"bold and code":           {"*a* ~b~ `c`", 50, "∗a∗ ∼b∼ ˋcˋ"},
		"slanted":                 {"_a_ snake_case _b", 50, "\u02cda\u02cd snake_case \u02cdb"},
		"bidi":                    {"a\u202eb\u2066c\u200fd", 50, "abcd"},
		"zero width":              {"a\u200bb\ufeffc\u2060d", 50, "abcd"},
		"fillers":                 {"a\u3164b\u115fc", 50, "abc"},
		"controls":                {"a\x00b\x1b[31mc", 50, "ab[31mc"},
		"lines become spaces":     {"a\n\n b\tc", 50, "a b c"},
		"line separators":         {"a\u2028b", 50, "a b"},
		"broken bytes":            {"a\xffb", 50, "a\ufffdb"},
		"cut by characters":       {"äöüäöü", 4, "äöü…"},
		"cut before escaping":     {"<<<<<", 4, "&lt;&lt;&lt;…"},
		"exactly as long":         {"abcd", 4, "abcd"},
		"only what can't be seen": {"\u200b\u202e", 4, ""},
	}
	for name, tt := range tests {
		if diff := cmp.Diff(tt.want, words(tt.in, tt.n)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func FuzzWords(f *testing.F) {
	f.Add("<!channel> *b* _i_ \u202e", 10)
	f.Add(strings.Repeat("&", 300), 3)
	f.Fuzz(func(t *testing.T, s string, n int) {
		n = 1 + (n%200+200)%200
		got := words(s, n)
		if strings.ContainsAny(got, "<>*`~\n") || !utf8.ValidString(got) {
			t.Errorf("words(%q, %d) = %q", s, n, got)
		}
		if shown := strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">").Replace(got); utf8.RuneCountInString(shown) > n {
			t.Errorf("%d characters, at most %d", utf8.RuneCountInString(shown), n)
		}
	})
}

func TestBoundedLeavesNothingHalf(t *testing.T) {
	t.Parallel()
	for _, markup := range []string{
		strings.Repeat("x", 95) + "&amp;&amp;", strings.Repeat("x", 70) + clock(time.Unix(0, 0), nil) + "tail", strings.Repeat("&lt;", 60), strings.Repeat("ä", 200),
	} {
		got := bounded(markup, 100)
		if n := utf8.RuneCountInString(got); n > 100 {
			t.Errorf("%d characters", n)
		}
		body := strings.TrimSuffix(got, "…")
		if strings.Count(body, "<") != strings.Count(body, ">") || strings.Count(body, "&") != strings.Count(body, ";") {
			t.Errorf("half of something is left: %q", got)
		}
	}
	if got := bounded("short", 100); got != "short" {
		t.Errorf("%q", got)
	}
}

func TestClockHasAFallbackInTheReadersZone(t *testing.T) {
	t.Parallel()
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	if diff := cmp.Diff("<!date^1782907200^{date_short_pretty} {time}|1 Jul 14:00 CEST>", clock(at, madrid)); diff != "" {
		t.Error(diff)
	}
	if got := clock(time.Time{}, nil); strings.Contains(got, "0001") {
		t.Errorf("a time that is not known is shown as %q", got)
	}
}

func TestJoinNamesAFewAndCountsTheRest(t *testing.T) {
	t.Parallel()
	for want, names := range map[string][]string{
		"nobody": nil, "a": {"a"}, "a and b": {"a", "b"}, "a, b and c": {"a", "b", "c"}, "a, b, c and d": {"a", "b", "c", "d"}, "a, b, c and 2 others": {"a", "b", "c", "d", "e"},
	} {
		if got := join(names, 3); got != want {
			t.Errorf("join(%q) = %q, want %q", names, got, want)
		}
	}
}

func TestChoicesEndAtTheMaximum(t *testing.T) {
	t.Parallel()
	for _, most := range []time.Duration{0, time.Minute, 7 * time.Minute, time.Hour, 8 * time.Hour, 45 * 24 * time.Hour} {
		for _, also := range []time.Duration{0, 45 * time.Minute, time.Hour} {
			got := choices(most, also)
			if len(got) == 0 || len(got) > 100 {
				t.Errorf("%d choices up to %s", len(got), most)
			}
			for i, d := range got {
				if d < time.Minute || (d > max(most, time.Minute) && d != also) || (i > 0 && d <= got[i-1]) {
					t.Errorf("up to %s, and %s: %v", most, also, got)
				}
			}
		}
	}
}

func TestMissingAsksForOneThingAtATime(t *testing.T) {
	t.Parallel()
	e := approvals.Entitlement{MaxDuration: time.Hour, TicketRequired: true}
	for name, tt := range map[string]struct {
		r    approvals.Request
		want string
	}{
		"nothing":    {approvals.Request{Duration: time.Hour, Reason: "x", Ticket: "INC-1"}, ""},
		"too long":   {approvals.Request{Duration: 2 * time.Hour}, "at most 1 hour"},
		"both":       {approvals.Request{Duration: time.Hour}, "Please say in a few words"},
		"the reason": {approvals.Request{Duration: time.Hour, Ticket: "INC-1"}, "in a few words"},
		"blank":      {approvals.Request{Duration: time.Hour, Ticket: "INC-1", Reason: " "}, "in a few words"},
		"the ticket": {approvals.Request{Duration: time.Hour, Reason: "x"}, "needs a ticket number"},
	} {
		if got := Missing(tt.r, e); (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestNextExtensionStaysWithinTheMaximum(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct{ usual, most, first, left, want time.Duration }{
		"as long as usual":        {time.Hour, 8 * time.Hour, 2 * time.Hour, time.Minute, time.Hour},
		"not more than at first":  {time.Hour, 8 * time.Hour, 20 * time.Minute, time.Minute, 20 * time.Minute},
		"no usual length":         {0, 8 * time.Hour, 30 * time.Minute, time.Minute, 30 * time.Minute},
		"what the maximum leaves": {time.Hour, time.Hour, time.Hour, 15 * time.Minute, 45 * time.Minute},
		"nothing left":            {time.Hour, time.Hour, time.Hour, time.Hour, 0},
		"less than nothing":       {time.Hour, time.Hour, time.Hour, 2 * time.Hour, 0},
	} {
		v := View{Now: now, Entitlement: approvals.Entitlement{DefaultDuration: tt.usual, MaxDuration: tt.most},
			Grant: &approvals.Grant{Duration: tt.first, EndsAt: now.Add(tt.left)}}
		if got := NextExtension(v); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

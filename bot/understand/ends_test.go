package understand_test

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/bot/understand"
)

func TestParseReadsAnEndInEveryForm(t *testing.T) {
	t.Parallel()
	// It is Tuesday 2026-03-03, 14:00 in Madrid.
	for said, want := range map[string]string{
		"until monday, new alerts":           "2026-03-09T18:00:00+01:00",
		"until Monday morning 10am":          "2026-03-09T10:00:00+01:00",
		"until monday morning":               "2026-03-09T12:00:00+01:00",
		"thru tomorrow":                      "2026-03-04T18:00:00+01:00",
		"through Thursday":                   "2026-03-05T18:00:00+01:00",
		"for the rest of the week":           "2026-03-06T18:00:00+01:00",
		"rest of today":                      "2026-03-03T18:00:00+01:00",
		"the whole day":                      "2026-03-03T18:00:00+01:00",
		"until close of play":                "2026-03-03T18:00:00+01:00",
		"till the end of the month":          "2026-03-31T18:00:00+02:00",
		"until the 25th":                     "2026-03-25T18:00:00+01:00",
		"until the 1st at noon":              "2026-04-01T12:00:00+02:00",
		"until the 31st 9am":                 "2026-03-31T09:00:00+02:00",
		"until 5pm UK time":                  "2026-03-03T18:00:00+01:00",
		"until noon ET":                      "2026-03-03T18:00:00+01:00",
		"until 9am tomorrow EDT":             "2026-03-04T15:00:00+01:00",
		"until 10am tomorrow PST":            "2026-03-04T19:00:00+01:00",
		"until Fri 3pm CET":                  "2026-03-06T15:00:00+01:00",
		"until 2026-03-04T12:00:00Z":         "2026-03-04T13:00:00+01:00",
		"until 2026-03-04T12:00+03:00":       "2026-03-04T10:00:00+01:00",
		"until 2026-03-04 12:00":             "2026-03-04T12:00:00+01:00",
		"until quarter to six":               "2026-03-03T17:45:00+01:00",
		"until 6":                            "2026-03-03T18:00:00+01:00",
		"until 9am":                          "2026-03-04T09:00:00+01:00",
		"til sunday":                         "2026-03-08T18:00:00+01:00",
		"until 28 March":                     "2026-03-28T18:00:00+01:00",
		"until the weekend":                  "2026-03-06T18:00:00+01:00",
		"until 2026-03-02T12:00:00Z":         "", // over
		"until 2026-02-30T12:00:00Z":         "", // no such day
		"until the 32nd":                     "",
		"from 10:00 to 12:00":                "", // does not begin now
		"3pm-5pm":                            "",
		"until lunch":                        "",
		"until 25:00":                        "",
		"until yesterday":                    "",
		"until yesterday 5pm":                "",
		"until last friday":                  "",
		"until 13:00 today":                  "", // over since an hour
		"until 2031":                         "2026-03-03T20:31:00+01:00",
		"until the migration of bob is over": "",
	} {
		t.Run(said, func(t *testing.T) {
			t.Parallel()
			w := world()
			got := understand.Parse("zendesk "+said, w)
			at := ""
			if !got.Until.IsZero() {
				at = got.Until.Format(time.RFC3339)
				if left := got.Until.Sub(w.Now).Round(time.Minute); left != got.Duration {
					t.Errorf("it lasts %s, and ends in %s", got.Duration, left)
				}
			}
			if at != want {
				t.Errorf("it ends %q, want %q", at, want)
			}
			if got.Intent != understand.Request {
				t.Errorf("it is taken for %s", got.Intent)
			}
		})
	}
}

func TestAnEndThatIsNoneIsSaidSoAndIsNoReason(t *testing.T) {
	t.Parallel()
	for said, unread := range map[string]bool{
		"until yesterday 5pm": true, "until 13:00 today": true, "until last friday": true, "until 2026-03-02T12:00:00Z": true, "from 10:00 to 12:00": true,
		"until 5pm": false, "for 2 hours": false, "": false,
	} {
		got := understand.Parse("zendesk "+said+", customer call", world())
		if got.Unread != unread || got.Reason != "customer call" || unread && got.Duration != 0 {
			t.Errorf("%q: unread %v, %s, reason %q", said, got.Unread, got.Duration, got.Reason)
		}
	}
}

func TestParseClosesTheDayWhenTheCompanyDoes(t *testing.T) {
	t.Parallel()
	w := world()
	w.CloseOfDay = 17*time.Hour + 30*time.Minute
	for _, said := range []string{"until eod", "for the rest of the day", "until close of play", "today"} {
		if got := understand.Parse("zendesk "+said, w).Duration; got != 3*hour+30*min {
			t.Errorf("%q lasts %s, want 3h30m", said, got)
		}
	}
	if got := understand.Parse("zendesk until friday", w).Until.Format("Mon 15:04"); got != "Fri 17:30" {
		t.Errorf("friday ends at %s", got)
	}
}

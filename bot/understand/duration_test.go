package understand_test

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/bot/understand"
)

// at is the world at a local time of a zone.
func at(t *testing.T, zone, local string) understand.World {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	now, err := time.ParseInLocation("2006-01-02 15:04", local, loc)
	if err != nil {
		t.Fatal(err)
	}
	w := world()
	w.Now, w.Zone = now.UTC(), loc
	return w
}

func TestLengths(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]time.Duration{
		"2h": 2 * hour, "2 h": 2 * hour, "2hrs": 2 * hour, "2 hours": 2 * hour, "two hours": 2 * hour, "2-hour": 2 * hour, "1h30": 90 * min, "1h05m": 65 * min,
		"1 hour and 30 minutes": 90 * min, "1 hour 30 min": 90 * min, "an hour and a half": 90 * min, "1,5 hours": 90 * min, "1.5h": 90 * min, "half an hour": 30 * min,
		"90 min": 90 * min, "90m": 90 * min, "ninety minutes": 90 * min, "forty-five minutes": 45 * min, "a minute": min, "one min": min, "1 minute": min,
		"the next 3 hours": 3 * hour, "about 20 minutes": 20 * min, "up to 4 hours": 4 * hour, "max 4h": 4 * hour, "another 10 minutes": 10 * min,
		"a day": 24 * hour, "2 days": 48 * hour, "a week": 168 * hour, "1w": 168 * hour, "a couple of days": 48 * hour, "a few hours": 3 * hour,
		"0 minutes": 0, "0h": 0, "1000000 days": 0, "-5 minutes": 5 * min, "1-2h": 0, "another hour": hour, "half hour": 30 * min, "a quarter of an hour": 15 * min, "three quarters of an hour": 45 * min,
		"twenty five minutes": 25 * min, "two and a half hours": 150 * min, "20ish minutes": 20 * min, "45 minuts": 45 * min, "a fortnight": 14 * 24 * hour, "1 hr 15": 75 * min,
		"3 hours, sorry, 2h": 2 * hour, "1h, it has been down for 3 hours": hour, "hours": 0, "h": 0, "a d": 0, "soon": 0, "": 0,
	} {
		if got := understand.Parse("zendesk for "+said, world()).Duration; got != want {
			t.Errorf("%q is %s, want %s", said, got, want)
		}
	}
}

func TestEndsAreInTheSpeakersZone(t *testing.T) {
	t.Parallel()
	tests := []struct {
		zone, now, said, until string // until in the same zone
	}{
		{"Europe/Madrid", "2026-03-03 14:00", "until 6pm", "2026-03-03 18:00"},
		{"Europe/Madrid", "2026-03-03 14:00", "till 6 pm", "2026-03-03 18:00"},
		{"Europe/Madrid", "2026-03-03 14:00", "until 18:00", "2026-03-03 18:00"},
		{"Europe/Madrid", "2026-03-03 14:00", "by 18.30", "2026-03-03 18:30"},
		{"Europe/Madrid", "2026-03-03 14:00", "until 6", "2026-03-03 18:00"},
		{"Europe/Madrid", "2026-03-03 19:00", "until 6", "2026-03-04 06:00"},
		{"Europe/Madrid", "2026-03-03 14:00", "until 9am", "2026-03-04 09:00"},
		{"Europe/Madrid", "2026-03-03 14:00", "until noon", "2026-03-04 12:00"},
		{"Europe/Madrid", "2026-03-03 09:00", "until noon", "2026-03-03 12:00"},
		{"Europe/Madrid", "2026-03-03 14:00", "until midnight", "2026-03-04 00:00"},
		{"Europe/Madrid", "2026-03-03 14:00", "until tonight", "2026-03-04 00:00"},
		{"Europe/Madrid", "2026-03-03 14:00", "until tomorrow", "2026-03-04 18:00"},
		{"Europe/Madrid", "2026-03-03 14:00", "til tomorrow noon", "2026-03-04 12:00"},
		{"Europe/Madrid", "2026-03-03 14:00", "until tomorrow at 9am", "2026-03-04 09:00"},
		{"Europe/Madrid", "2026-03-03 14:00", "until 9am tomorrow", "2026-03-04 09:00"},
		{"Europe/Madrid", "2026-03-03 14:00", "until eod", "2026-03-03 18:00"},
		{"Europe/Madrid", "2026-03-03 14:00", "until end of the day", "2026-03-03 18:00"},
		{"Europe/Madrid", "2026-03-03 14:00", "until close of business", "2026-03-03 18:00"},
		{"Europe/Madrid", "2026-03-03 14:00", "for today", "2026-03-03 18:00"},
		{"Europe/Madrid", "2026-03-03 14:00", "for the rest of the day", "2026-03-03 18:00"},
		{"Europe/Madrid", "2026-03-03 14:00", "until friday", "2026-03-06 18:00"},
		{"Europe/Madrid", "2026-03-03 14:00", "until Tuesday 9am", "2026-03-10 09:00"},
		{"Europe/Madrid", "2026-03-03 14:00", "until 9am on wednesday", "2026-03-04 09:00"},
		{"Europe/Madrid", "2026-03-03 14:00", "until March 5", "2026-03-05 18:00"},
		{"Europe/Madrid", "2026-03-03 14:00", "until 2026-03-05", "2026-03-05 18:00"},
		{"Europe/Madrid", "2026-03-03 14:00", "until half past five", "2026-03-03 17:30"},
		{"Europe/Madrid", "2026-03-03 14:00", "until quarter to six", "2026-03-03 17:45"},
		{"Europe/Madrid", "2026-03-03 14:00", "until 1730", "2026-03-03 17:30"},
		{"Europe/Madrid", "2026-03-03 14:00", "until 17h", "2026-03-03 17:00"},
		{"Europe/Madrid", "2026-03-03 14:00", "until 5pm UTC", "2026-03-03 18:00"},
		{"Europe/Madrid", "2026-03-03 14:00", "until 11am EST", "2026-03-03 17:00"},
		{"Europe/Madrid", "2026-03-03 14:00", "until 6pm London time", "2026-03-03 19:00"},
		{"Europe/Madrid", "2026-07-03 14:00", "until 11am EST", "2026-07-03 17:00"}, // people say EST in summer too
		{"Asia/Singapore", "2026-03-03 21:00", "until 5pm Lisbon time", "2026-03-04 01:00"},
		{"America/New_York", "2026-03-03 08:00", "until 5pm", "2026-03-03 17:00"},
		{"Asia/Kolkata", "2026-03-03 23:50", "until 0:30", "2026-03-04 00:30"},
		{"Europe/Madrid", "2026-03-28 20:00", "until tomorrow 9am", "2026-03-29 09:00"}, // the clocks go forward in between
		{"Europe/Madrid", "2026-10-24 20:00", "until tomorrow 9am", "2026-10-25 09:00"}, // and back
	}
	for _, tt := range tests {
		t.Run(tt.zone+" "+tt.now+" "+tt.said, func(t *testing.T) {
			t.Parallel()
			w, want := at(t, tt.zone, tt.now), at(t, tt.zone, tt.until)
			got := understand.Parse("zendesk "+tt.said, w)
			if !got.Until.Equal(want.Now) || got.Duration != want.Now.Sub(w.Now) {
				t.Errorf("until %s (%s), want %s", got.Until, got.Duration, want.Now.In(w.Zone))
			}
			if got.Reason != "" {
				t.Errorf("the reason is %q", got.Reason)
			}
		})
	}
}

func TestNonsenseIsNoTime(t *testing.T) {
	t.Parallel()
	for _, said := range []string{"until 25", "until 13pm", "until 0am", "until 6:75", "until whenever", "by the book", "until", "to the moon"} {
		if got := understand.Parse("zendesk "+said, world()); got.Duration != 0 {
			t.Errorf("%q is %s", said, got.Duration)
		}
	}
}

func TestCloseOfDayIsASetting(t *testing.T) {
	t.Parallel()
	w := at(t, "UTC", "2026-03-03 14:00")
	w.CloseOfDay = 17*hour + 30*min
	if got := understand.Parse("zendesk until eod", w).Duration; got != 210*min {
		t.Errorf("%s, want 3h30m", got)
	}
}

func TestAfterTheCloseOfDayTodayIsOver(t *testing.T) {
	t.Parallel()
	if got := understand.Parse("zendesk for today", at(t, "UTC", "2026-03-03 19:00")).Duration; got != 0 {
		t.Errorf("%s, want nothing", got)
	}
}

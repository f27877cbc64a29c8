package policy

import (
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// numbers and texts give the values of the context's attributes without
// building it. A test holds them against the context itself.
var numbers = map[string]func(*approvals.Facts, *approvals.Assessment) int64{
	"duration_minutes":  func(f *approvals.Facts, _ *approvals.Assessment) int64 { return minutes(f.Duration) },
	"reason_length":     func(f *approvals.Facts, _ *approvals.Assessment) int64 { return int64(f.ReasonLength) },
	"hour":              func(f *approvals.Facts, _ *approvals.Assessment) int64 { return int64(f.MinuteOfDay / 60) },
	"minute_of_day":     func(f *approvals.Facts, _ *approvals.Assessment) int64 { return int64(f.MinuteOfDay) },
	"weekday":           func(f *approvals.Facts, _ *approvals.Assessment) int64 { return int64(f.Weekday) },
	"auto_today":        func(f *approvals.Facts, _ *approvals.Assessment) int64 { return int64(f.AutoToday) },
	"starts_in_minutes": func(f *approvals.Facts, _ *approvals.Assessment) int64 { return minutes(startsIn(*f)) },
	"on_behalf": func(f *approvals.Facts, _ *approvals.Assessment) int64 {
		return bit(f.Requester.ID != f.Beneficiary.ID)
	},
	"directory_stale":    func(f *approvals.Facts, _ *approvals.Assessment) int64 { return bit(f.Directory.Stale) },
	"score":              func(_ *approvals.Facts, a *approvals.Assessment) int64 { return int64(a.Score) },
	"day_of_month":       func(f *approvals.Facts, _ *approvals.Assessment) int64 { day, _ := calendar(*f); return int64(day) },
	"days_left_in_month": func(f *approvals.Facts, _ *approvals.Assessment) int64 { _, left := calendar(*f); return int64(left) },
	"directory_age_minutes": func(f *approvals.Facts, _ *approvals.Assessment) int64 {
		return int64(f.At.Sub(f.Directory.AsOf) / time.Minute)
	},
}

// texts of what is no text are as the engine writes it.
var texts = map[string]func(*approvals.Facts, *approvals.Assessment) string{
	"kind":      func(f *approvals.Facts, _ *approvals.Assessment) string { return string(f.Kind) },
	"fields":    func(f *approvals.Facts, _ *approvals.Assessment) string { return fieldsOf(*f).String() },
	"conflicts": func(f *approvals.Facts, _ *approvals.Assessment) string { return conflictsOf(*f).String() },
	"on_duty":   func(f *approvals.Facts, _ *approvals.Assessment) string { return usersOf(f.OnDuty).String() },
	"skip_level_manager": func(f *approvals.Facts, _ *approvals.Assessment) string {
		if f.SkipLevel == "" {
			return ""
		}
		return user(f.SkipLevel).String()
	},
	"ticket": func(f *approvals.Facts, _ *approvals.Assessment) string { return f.Ticket },
	"score_confidence": func(_ *approvals.Facts, a *approvals.Assessment) string {
		if a.Problem != "" {
			return ""
		}
		return string(a.Confidence)
	},
}

// present reports whether the context has an attribute.
func present(name string, f *approvals.Facts, a *approvals.Assessment) bool {
	if read := texts[name]; read != nil {
		return read(f, a) != ""
	}
	return name != "score" || a.Problem == ""
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

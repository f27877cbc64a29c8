package config

import (
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Reviews say when past decisions are reviewed, and by whom.
type Reviews struct {
	Yearly    string        `yaml:"yearly"`    // cron schedule, UTC, of the review of a year's automatic approvals; empty: by hand
	Blind     string        `yaml:"blind"`     // cron schedule, UTC, of the blind sample of a month's; empty: by hand
	Deadline  time.Duration `yaml:"deadline"`  // who has not reviewed by then, has not; default 720h
	Limit     int           `yaml:"limit"`     // percent that may be wrong; default 5
	Share     int           `yaml:"share"`     // decisions in a blind sample; default 20
	Reviewers []string      `yaml:"reviewers"` // emails of those who review what nobody else may; default approvals.security_queue
	Channel   string        `yaml:"channel"`   // where results are posted; default break_glass.channel
}

func (c *Config) checkReviews() (ps approvals.Problems) {
	at, r := c.At("reviews"), c.Reviews
	for key, spec := range map[string]string{"yearly": r.Yearly, "blind": r.Blind} {
		if spec == "" {
			continue
		}
		if _, err := cron.ParseStandard(spec); err != nil {
			ps = append(ps, at.At(key).Problem(`write minute, hour, day, month and weekday, such as "0 6 2 1 *"`, "%q is no cron schedule", spec))
		}
	}
	if r.Deadline < 0 || r.Deadline > 0 && r.Deadline < time.Hour {
		ps = append(ps, at.At("deadline").Problem("write a duration such as 720h", "nobody can review anything in %s", r.Deadline))
	}
	if r.Limit < 0 || r.Limit > 50 {
		ps = append(ps, at.At("limit").Problem("write 1 to 50", "%d is no limit in percent", r.Limit))
	}
	if r.Share < 0 || r.Share > 1000 {
		ps = append(ps, at.At("share").Problem("write 1 to 1000", "%d is no size of a blind sample", r.Share))
	}
	for i, email := range r.Reviewers {
		if !strings.Contains(email, "@") {
			ps = append(ps, at.At("reviewers", i).Problem("write an email address", "%q is not an email address", email))
		}
	}
	return ps
}

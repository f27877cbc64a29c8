package config

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReviewsRunOnASchedule(t *testing.T) {
	t.Parallel()
	c, err := Parse("h.yaml", []byte("reviews:\n  yearly: \"0 6 2 1 *\"\n  blind: \"0 6 1 * *\"\n  deadline: 720h\n  limit: 3\n  share: 30\n  reviewers: [sam@example.com]\n  channel: \"#security\""))
	if err != nil {
		t.Fatal(err)
	}
	want := Reviews{Yearly: "0 6 2 1 *", Blind: "0 6 1 * *", Deadline: 720 * time.Hour, Limit: 3, Share: 30, Reviewers: []string{"sam@example.com"}, Channel: "#security"}
	if diff := cmp.Diff(want, c.Reviews); diff != "" {
		t.Error(diff)
	}
}

func TestEveryMistakeAboutReviewsIsNamed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want string }{
		"no schedule":        {"  yearly: every year", `h.yaml:2: "every year" is no cron schedule; write minute, hour, day, month and weekday, such as "0 6 2 1 *"`},
		"no time to review":  {"  deadline: 5m", "h.yaml:2: nobody can review anything in 5m0s; write a duration such as 720h"},
		"half may be wrong":  {"  limit: 51", "h.yaml:2: 51 is no limit in percent; write 1 to 50"},
		"too large a sample": {"  share: 1001", "h.yaml:2: 1001 is no size of a blind sample; write 1 to 1000"},
		"nobody's address":   {"  reviewers: [sam]", `h.yaml:2: "sam" is not an email address; write an email address`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			named(t, "reviews:\n"+tt.text, tt.want)
		})
	}
}

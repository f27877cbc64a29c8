package slacksim_test

import (
	"slices"
	"testing"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

func TestChannelsChangeWhileTheAppRuns(t *testing.T) {
	t.Parallel()
	w, err := slacksim.New(slacksim.Config{Users: []slacksim.User{{ID: "U1", Name: "ann"}}, Channels: []slacksim.Channel{{ID: "C1", Name: "ops"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	try := func(change func(*slacksim.Channel)) string {
		if err := w.UpdateChannel("C1", change); err != nil {
			t.Fatal(err)
		}
		return post(t, w, "xoxb-local", "chat.postMessage", values("channel", "C1", "text", "x")).Error
	}
	for _, step := range []struct {
		change func(*slacksim.Channel)
		want   string
	}{
		{func(*slacksim.Channel) {}, ""},
		{func(c *slacksim.Channel) {
			c.Members = slices.DeleteFunc(c.Members, func(id string) bool { return id == "U0BOT" })
		}, "not_in_channel"},
		{func(c *slacksim.Channel) { c.Members = append(c.Members, "U0BOT") }, ""},
		{func(c *slacksim.Channel) { c.Archived = true }, "is_archived"},
		{func(c *slacksim.Channel) { c.Archived = false }, ""},
	} {
		if got := try(step.change); got != step.want {
			t.Errorf("error %q, want %q", got, step.want)
		}
	}
	for what, err := range map[string]error{
		"no such channel":  w.UpdateChannel("C9", func(*slacksim.Channel) {}),
		"another id":       w.UpdateChannel("C1", func(c *slacksim.Channel) { c.ID = "C2" }),
		"a member unknown": w.UpdateChannel("C1", func(c *slacksim.Channel) { c.Members = []string{"U9"} }),
	} {
		if err == nil {
			t.Errorf("%s is no error", what)
		}
	}
}

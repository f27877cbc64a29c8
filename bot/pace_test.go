package bot

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
	"pgregory.net/rapid"
)

// noon is where the tests' clocks begin.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func TestEveryCallHasItsPace(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	called := map[string]bool{}
	for _, f := range files {
		source, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`b\.call\(ctx, "([\w.]+)"`).FindAllSubmatch(source, -1) {
			called[string(m[1])] = true
		}
	}
	for method := range called {
		if perMinute[method] == 0 {
			t.Errorf("%s has no limit in perMinute", method)
		}
	}
	if len(called) < 8 {
		t.Errorf("only %d calls found: %v", len(called), slices.Sorted(maps.Keys(called)))
	}
}

func TestPaceAgreesWithTheReference(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("HALLPASS_SLACK_REFERENCE")
	if dir == "" {
		t.Skip("HALLPASS_SLACK_REFERENCE is not set: the limits are not held against Slack's reference")
	}
	tiers := map[string]int{"t1": 1, "t2": 20, "t3": 50, "t4": 100, "t5": 600}
	want := map[string]int{}
	for method := range perMinute {
		data, err := os.ReadFile(filepath.Join(dir, "methods", method+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var facts struct {
			Tier string `json:"rate_limits"`
		}
		if err := json.Unmarshal(data, &facts); err != nil {
			t.Fatal(err)
		}
		want[method] = tiers[facts.Tier]
	}
	if diff := cmp.Diff(want, perMinute); diff != "" {
		t.Errorf("(-reference +ours):\n%s", diff)
	}
}

// TestNoMinuteHasMoreCallsThanSlackAllows makes calls as they come, each after
// the wait that it was given, and those that are put off when they are due.
func TestNoMinuteHasMoreCallsThanSlackAllows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		method := rapid.SampledFrom(slices.Sorted(maps.Keys(perMinute))).Draw(t, "method")
		gap := rapid.SampledFrom([]time.Duration{0, 10 * time.Millisecond, 700 * time.Millisecond, 3 * time.Second}).Draw(t, "gap")
		channels := []string{"D1", "D2", "D3"}[:rapid.IntRange(1, 3).Draw(t, "channels")]
		p, now := newPacer(1), noon
		type call struct {
			at      time.Time
			channel string
		}
		var waiting, made []call
		for i := range 200 {
			waiting = append(waiting, call{noon.Add(time.Duration(i) * gap), channels[i%len(channels)]})
		}
		for tries := 0; len(waiting) > 0; tries++ {
			slices.SortStableFunc(waiting, func(a, b call) int { return a.at.Compare(b.at) })
			next := waiting[0]
			waiting = waiting[1:]
			if next.at.After(now) {
				now = next.at
			}
			wait, err := p.enter(now, method, next.channel)
			if later, ok := patience(err); ok {
				if later <= 0 {
					t.Fatalf("put off for %s", later)
				}
				waiting = append(waiting, call{now.Add(later), next.channel})
			} else {
				made = append(made, call{now.Add(wait), next.channel})
			}
			if tries > 20000 {
				t.Fatalf("%d calls wait for ever", len(waiting))
			}
		}
		slices.SortFunc(made, func(a, b call) int { return a.at.Compare(b.at) })
		within := func(d time.Duration, in func(call) bool) (most int) {
			var recent []call
			for _, c := range made {
				if in(c) {
					recent = append(slices.DeleteFunc(recent, func(old call) bool { return c.at.Sub(old.at) >= d }), c)
					most = max(most, len(recent))
				}
			}
			return most
		}
		if n := within(time.Minute, func(call) bool { return true }); n > perMinute[method] {
			t.Errorf("%d calls of %s in a minute, %d are allowed", n, method, perMinute[method])
		}
		if method != "chat.postMessage" {
			return
		}
		for _, channel := range channels {
			if n := within(10*time.Second, func(c call) bool { return c.channel == channel }); n > 10*postsPerSecond+postBurst {
				t.Errorf("%d posts in %s in ten seconds", n, channel)
			}
		}
	})
}

func TestPatienceIsKeptWhereItWasAskedFor(t *testing.T) {
	t.Parallel()
	now := noon
	p := newPacer(1)
	enter := func(method, channel string) (time.Duration, bool) {
		wait, err := p.enter(now, method, channel)
		if later, ok := patience(err); ok {
			return later, false
		}
		return wait, true
	}
	enter("chat.postMessage", "D1")
	p.refused(now, "chat.postMessage", "D1", 30*time.Second)
	if wait, ok := enter("chat.postMessage", "D2"); !ok || wait != 0 {
		t.Errorf("another conversation waits %s", wait)
	}
	first, ok := enter("chat.postMessage", "D1")
	if ok || first < 30*time.Second {
		t.Errorf("the conversation is written to after %s", first)
	}
	second, ok := enter("chat.postMessage", "D1")
	if ok || second < first+time.Second {
		t.Errorf("two posts are put off for %s and %s: they will come at once", first, second)
	}

	p.refused(now, "chat.update", "D1", 30*time.Second)
	if wait, ok := enter("chat.update", "D2"); ok {
		t.Errorf("the method is called after %s in another conversation", wait)
	}

	now = now.Add(31 * time.Second)
	enter("chat.postMessage", "D1")
	if wait, ok := enter("chat.postMessage", "D1"); ok && wait < 1500*time.Millisecond {
		t.Errorf("the pace is not slower after a 429: the next post waits %s", wait)
	}
	now = now.Add(3 * time.Minute)
	enter("chat.postMessage", "D1")
	now = now.Add(postBurst * time.Second)
	for i := range postBurst {
		if wait, ok := enter("chat.postMessage", "D1"); !ok || wait != 0 {
			t.Errorf("post %d waits %s, minutes after", i, wait)
		}
	}
}

func TestPaceCanBeScaledAndLeftOut(t *testing.T) {
	t.Parallel()
	for scale, want := range map[float64]bool{0: true, 2: true, -1: false} {
		p, put := newPacer(scale), 0
		for range 1000 {
			if _, err := p.enter(noon, "chat.update", "D1"); err != nil {
				put++
			}
		}
		if (put > 0) != want {
			t.Errorf("scale %v: %d of 1000 are put off", scale, put)
		}
	}
}

func TestLanesAtRestAreForgotten(t *testing.T) {
	t.Parallel()
	p, now := newPacer(1), noon
	p.refused(now, "chat.postMessage", "busy", 240*time.Hour)
	for i := range lanesAtMost + 10 {
		now = now.Add(5 * time.Second)
		_, _ = p.enter(now, "chat.postMessage", string(rune(i+0x1000)))
	}
	if n := len(p.lanes); n > lanesAtMost {
		t.Errorf("%d lanes are remembered", n)
	}
	if _, err := p.enter(now, "chat.postMessage", "busy"); err == nil {
		t.Error("a conversation that must rest is forgotten")
	}
}

func TestPutOffIsNoFailureAndHadNoEffect(t *testing.T) {
	t.Parallel()
	err := error(&unbegun{&putOff{after: time.Second}})
	if again, sent := passing(err); !again || sent {
		t.Errorf("again %v, sent %v", again, sent)
	}
	if wait, ok := patience(errors.Join(errors.New("x"), &slack.RateLimitedError{RetryAfter: 3 * time.Second})); !ok || wait != 3*time.Second {
		t.Errorf("Slack's own patience: %v %v", wait, ok)
	}
	if _, ok := patience(errors.New("x")); ok {
		t.Error("any error is taken for patience")
	}
}

package bot

import (
	"sync"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Health is how the connection to Slack stands.
type Health struct {
	Connected int       // sockets that are open now
	Wanted    int       // sockets that should be
	Since     time.Time // when the last of them opened; zero: never yet
	LastError string    // the last trouble, for an operator; "" while all is well
	Undone    int       // notices given up since the start: their reader is gone, or Slack refuses them
	Limited   int       // answers 429 since the start
	Unreached []string  // channels that could not be posted to when that was last tried
	PutOff    int       // calls made later to keep Slack's pace, since the start
}

// Err is nil while at least one socket is open: then nothing is lost. Else it
// says what is wrong (CodeUnavailable).
func (h Health) Err() error {
	if h.Connected > 0 {
		return nil
	}
	if h.LastError != "" {
		return approvals.Errorf(approvals.CodeUnavailable, "There is no connection to Slack: %s", h.LastError)
	}
	return approvals.Errorf(approvals.CodeUnavailable, "The connection to Slack is being opened.")
}

// health collects what Health shows.
type health struct {
	mu   sync.Mutex
	open map[int]bool
	h    Health
}

func (h *health) trouble(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.h.LastError = approvals.ErrorMessage(err)
}

func (h *health) socket(n int, open bool, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open == nil {
		h.open = map[int]bool{}
	}
	h.open[n] = open
	h.h.Connected = 0
	for _, o := range h.open {
		if o {
			h.h.Connected++
		}
	}
	if open {
		h.h.Since, h.h.LastError = now, ""
	}
}

func (h *health) count(f func(*Health)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f(&h.h)
}

// Health says how the connection stands now.
func (b *Bot) Health() Health {
	b.health.mu.Lock()
	defer b.health.mu.Unlock()
	out := b.health.h
	out.Wanted = b.cfg.Sockets
	return out
}

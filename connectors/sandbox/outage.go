package sandbox

import (
	"net/http"

	"github.com/hallpass-dev/hallpass/approvals"
)

// SetAvailable switches the system's administration off, as an outage does, or
// on again. While it is off every call of the connector fails and may be tried
// again, nothing changes and the system's own sweep stands still: whoever has
// access keeps it and can use it. The file keeps it off over a restart.
func (s *Sandbox) SetAvailable(on bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.world.down == !on {
		return nil
	}
	s.world.down = !on
	return s.save()
}

// answers is the error of a call while the administration is off. s.mu is held.
func (s *Sandbox) answers() error {
	if s.world.down {
		return fail(approvals.Retryable, "The sandbox's administration does not answer.")
	}
	return nil
}

func (s *Sandbox) serveOutage(w http.ResponseWriter, r *http.Request) {
	if err := s.SetAvailable(r.FormValue("available") == "true"); err != nil {
		http.Error(w, approvals.ErrorMessage(err), http.StatusInternalServerError)
		return
	}
	back(w)
}

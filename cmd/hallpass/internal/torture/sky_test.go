package torture

import (
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// sky is the weather before a system that is spoken to by HTTP.
type sky struct {
	ground http.Handler
	// refuse adds to a refusal what the system's protocol says besides its
	// status; nil: nothing.
	refuse func(w http.ResponseWriter, status int)
	spoils int // calls of ten that go wrong in a storm

	luck   sync.Mutex
	rng    *rand.Rand
	stormy bool
}

// newSky serves a system under a sky; with TLS, or without.
func newSky(t testing.TB, seed, stream uint64, spoils int, ground http.Handler, secure bool) (*sky, *httptest.Server) {
	t.Helper()
	s := &sky{ground: ground, spoils: spoils, rng: draw(seed, stream)}
	server := httptest.NewUnstartedServer(s)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	if secure {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return s, server
}

func (s *sky) weather(stormy bool) {
	s.luck.Lock()
	defer s.luck.Unlock()
	s.stormy = stormy
}

// The troubles that are no refusal.
const (
	cutBefore = iota + 1 // nothing was done
	cutAfter
	slowAfter // longer than a connector waits
)

// trouble is what goes wrong with one call: a status that is answered instead,
// or one of the above; 0 for nothing.
func (s *sky) trouble() int {
	s.luck.Lock()
	defer s.luck.Unlock()
	if !s.stormy || s.rng.IntN(10) >= s.spoils {
		return 0
	}
	return []int{http.StatusConflict, http.StatusTooManyRequests, http.StatusInternalServerError, cutBefore, cutAfter, slowAfter}[s.rng.IntN(6)]
}

func (s *sky) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	trouble := s.trouble()
	switch trouble {
	case 0:
		s.ground.ServeHTTP(w, r)
	case cutBefore:
		panic(http.ErrAbortHandler)
	case cutAfter, slowAfter:
		s.ground.ServeHTTP(httptest.NewRecorder(), r)
		if trouble == slowAfter {
			pause(r.Context(), 3*time.Second)
		}
		panic(http.ErrAbortHandler)
	default:
		w.Header().Set("Retry-After", "1")
		if s.refuse != nil {
			s.refuse(w, trouble)
		}
		w.WriteHeader(trouble)
	}
}

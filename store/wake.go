package store

import "sync"

// waker tells everybody who waits, at once, that there may be work.
type waker struct {
	mu sync.Mutex
	ch chan struct{}
}

func (w *waker) wait() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ch == nil {
		w.ch = make(chan struct{})
	}
	return w.ch
}

func (w *waker) signal() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ch != nil {
		close(w.ch)
		w.ch = nil
	}
}

// Wake returns a channel that closes at the next Apply, Receive or Tick of
// this process that stored something. Take the channel before looking for
// work, look, and then wait on it: no wake-up is missed that way. Work that
// another replica stored, and work that becomes due by time, closes nothing;
// poll for those.
func (s *Store) Wake() <-chan struct{} { return s.waker.wait() }

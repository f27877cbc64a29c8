package slacksim

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// Dial connects to the workspace inside the process, without a port: it fits http.Transport.DialContext and
// websocket.Dialer.NetDialContext, whatever the address. Because no operating system is involved, a test can run bot and
// workspace under testing/synctest and let minutes of retries pass in virtual time; both must be made in the same bubble. Give the
// websocket.Dialer a WriteBufferSize of more than 20 KB: with its default of 4 KB a longer acknowledgement goes out in several
// frames, which Slack and this workspace drop.
func (w *Workspace) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return nil, net.ErrClosed
	}
	if w.pipe == nil {
		w.pipe = &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
		w.pipe.server = &http.Server{Handler: w.mux, ReadHeaderTimeout: time.Minute}
		go func(p *pipeListener) { _ = p.server.Serve(p) }(w.pipe)
	}
	p := w.pipe
	w.mu.Unlock()
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-p.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// pipeListener is a net.Listener over net.Pipe.
type pipeListener struct {
	conns  chan net.Conn
	done   chan struct{}
	once   sync.Once
	server *http.Server
}

func (p *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipeListener) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipeListener) Addr() net.Addr { return pipeAddr{} }

func (p *pipeListener) stop() {
	_ = p.Close()
	_ = p.server.Close()
}

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "slack.local" }

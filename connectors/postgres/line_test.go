package postgres_test

import (
	"bytes"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// line carries bytes between the connector and the server, and cuts the
// connection where a test says: the only honest way to lose an answer.
type line struct {
	l      net.Listener
	server string

	mu    sync.Mutex
	mark  mark
	conns []net.Conn
}

// mark says at which statement a line is cut, and when.
type mark struct {
	statement string // in the client's bytes; empty: nowhere
	when      when
}

type when int

const (
	before     when = iota // the statement never reaches the server
	afterwards             // the server has done it, its answer goes nowhere
)

func newLine(t *testing.T, server string) *line {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln := &line{l: l, server: server}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { ln.carry(client) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		ln.mu.Lock()
		for _, c := range ln.conns {
			_ = c.Close()
		}
		ln.mu.Unlock()
		wg.Wait()
	})
	return ln
}

func (l *line) addr() string { return l.l.Addr().String() }

func (l *line) cutAt(m mark) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mark = m
}

func (l *line) hits(data []byte) (mark, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mark, l.mark.statement != "" && bytes.Contains(data, []byte(l.mark.statement))
}

// carry runs one connection until either side ends it, or a mark is hit.
func (l *line) carry(client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := net.Dial("tcp", l.server)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	l.mu.Lock()
	l.conns = append(l.conns, client, server)
	l.mu.Unlock()

	var deaf atomic.Bool // answers are swallowed
	var answers sync.WaitGroup
	answers.Go(func() {
		_, _ = io.Copy(writer(func(p []byte) (int, error) {
			if deaf.Load() {
				return len(p), nil
			}
			return client.Write(p)
		}), server)
		_ = client.Close()
	})
	defer answers.Wait()
	defer func() { _ = server.Close() }()
	buf := make([]byte, 64<<10)
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		m, hit := l.hits(buf[:n])
		if hit && m.when == before {
			return
		}
		deaf.Store(hit)
		if _, err := server.Write(buf[:n]); err != nil {
			return
		}
		if tcp, ok := server.(*net.TCPConn); ok && hit {
			// The server works off what it was sent, then reads the end and
			// hangs up; the client hears of it only after that.
			_ = tcp.CloseWrite()
			answers.Wait()
			return
		}
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

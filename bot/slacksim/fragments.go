package slacksim

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"sync"
)

// Slack drops, in silence, an acknowledgement that comes in continuation frames (RFC 6455, section 5.4). The websocket library puts
// such frames together and does not tell; so the frame headers are read beside it, on their way from the network.

// fragments notes for each data message from the bot whether it came in more than one frame.
type fragments struct {
	net.Conn
	mu    sync.Mutex
	whole []bool // one entry a complete message, oldest first

	header []byte // the header being read
	skip   uint64 // bytes of payload still to come
	split  bool   // the message being read has more than one frame
}

// Read implements net.Conn.
func (f *fragments) Read(b []byte) (int, error) {
	n, err := f.Conn.Read(b)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.scan(b[:n])
	return n, err
}

// scan follows the frames in b.
func (f *fragments) scan(b []byte) {
	for len(b) > 0 {
		if f.skip > 0 {
			n := min(f.skip, uint64(len(b)))
			f.skip -= n
			b = b[n:]
			continue
		}
		f.header = append(f.header, b[0])
		b = b[1:]
		if need, ok := headerSize(f.header); ok && len(f.header) == need {
			f.frame()
			f.header = f.header[:0]
		}
	}
}

// headerSize is the size of a frame's header, once enough of it is there to tell.
func headerSize(h []byte) (int, bool) {
	if len(h) < 2 {
		return 0, false
	}
	size := 2
	switch h[1] & 0x7f {
	case 126:
		size += 2
	case 127:
		size += 8
	}
	if h[1]&0x80 != 0 {
		size += 4 // the mask
	}
	return size, true
}

// frame takes in a complete header.
func (f *fragments) frame() {
	h := f.header
	final, opcode := h[0]&0x80 != 0, h[0]&0x0f
	f.skip = uint64(h[1] & 0x7f)
	if more := map[uint64]int{126: 2, 127: 8}[f.skip]; more > 0 {
		f.skip = 0
		for _, b := range h[2 : 2+more] {
			f.skip = f.skip<<8 | uint64(b)
		}
	}
	if opcode >= 8 {
		return // pings and the like may come between the frames of a message
	}
	if !final || opcode == 0 {
		f.split = true
	}
	if final {
		f.whole = append(f.whole, !f.split)
		f.split = false
	}
}

// next tells whether the next message came in one frame.
func (f *fragments) next() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.whole) == 0 {
		return true
	}
	w := f.whole[0]
	f.whole = f.whole[1:]
	return w
}

// watched is a ResponseWriter whose connection, once taken over, is a fragments.
type watched struct {
	http.ResponseWriter
	conn *fragments
}

// Hijack implements http.Hijacker.
func (w *watched) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, fmt.Errorf("taking over the connection: %w", err)
	}
	w.conn = &fragments{Conn: c}
	return w.conn, rw, nil
}

package slacksim

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	maxSockets = 10        // Slack's limit for one app
	maxAck     = 20 * 1024 // an answer this large, or in several frames, is dropped in silence
	pingEvery  = 10 * time.Second
	// ticketLife is how long an address from apps.connections.open may wait to be dialled. Slack does not document it.
	ticketLife = 30 * time.Second
	// socketLife is what Slack announces in hello as approximate_connection_time; a warning comes ten seconds ahead.
	socketLife  = 18060 * time.Second
	debugLife   = 360 * time.Second
	warningLead = 10 * time.Second
)

// socket is one connection of the bot.
type socket struct {
	id     int
	conn   *websocket.Conn
	frames *fragments
	out    chan []byte
	done   chan struct{}
	once   sync.Once
	leave  bool // told to go: takes no further envelopes. Guarded by Workspace.mu
	timers []*time.Timer
}

// cut breaks the connection without a closing handshake.
func (s *socket) cut() {
	s.once.Do(func() {
		close(s.done)
		_ = s.conn.Close()
	})
}

// send queues a frame. It reports whether the socket could take it.
func (s *socket) send(frame any) bool {
	b, err := json.Marshal(frame)
	if err != nil {
		return false
	}
	select {
	case <-s.done:
		return false
	default:
	}
	select {
	case s.out <- b:
		return true
	case <-s.done:
		return false
	default: // a bot that reads nothing for so long is as good as gone
		return false
	}
}

// openTicket makes the address of one connection. w.mu is held.
func (w *Workspace) openTicket() string {
	ticket := rand.Text()
	w.tickets[ticket] = w.cfg.Now().Add(ticketLife)
	return wsURL(w.baseURL, ticket)
}

// takeTicket redeems a ticket: it works once, and not for ever.
func (w *Workspace) takeTicket(ticket string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	until, ok := w.tickets[ticket]
	delete(w.tickets, ticket)
	return ok && !w.closed && w.cfg.Now().Before(until)
}

var upgrader = websocket.Upgrader{
	ReadBufferSize:  4096,
	WriteBufferSize: 1 << 20,
	CheckOrigin:     func(*http.Request) bool { return true }, // the ticket is the permission
}

func (w *Workspace) serveSocket(rw http.ResponseWriter, r *http.Request) {
	if !w.takeTicket(r.URL.Query().Get("ticket")) {
		http.Error(rw, "ticket unknown, expired or already used", http.StatusForbidden)
		return
	}
	taken := &watched{ResponseWriter: rw}
	conn, err := upgrader.Upgrade(taken, r, nil)
	if err != nil {
		return
	}
	s := &socket{conn: conn, frames: taken.conn, out: make(chan []byte, 1024), done: make(chan struct{})}
	life := socketLife
	if r.URL.Query().Get("debug_reconnects") == "true" {
		life = debugLife
	}
	if !w.join(s, life) {
		return
	}
	go s.write()
	w.read(s)
	w.part(s)
}

// join adds a socket and greets it, or tells it that there are too many.
func (w *Workspace) join(s *socket, life time.Duration) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.sockets) >= maxSockets || w.disabled || w.closed {
		reason := "too_many_websockets"
		if w.disabled || w.closed {
			reason = "link_disabled"
		}
		_ = s.conn.WriteJSON(disconnectFrame(reason))
		s.cut()
		return false
	}
	w.sockSeq++
	s.id = w.sockSeq
	w.sockets = append(w.sockets, s)
	s.send(object{
		"type":            "hello",
		"num_connections": len(w.sockets),
		"debug_info":      object{"host": "slacksim", "build_number": 1, "approximate_connection_time": int(life / time.Second)},
		"connection_info": object{"app_id": appID},
	})
	s.timers = []*time.Timer{
		time.AfterFunc(life-warningLead, func() { s.send(disconnectFrame("warning")) }),
		time.AfterFunc(life, func() { w.dismiss(s, "refresh_requested") }),
	}
	w.touch()
	return true
}

func disconnectFrame(reason string) object {
	return object{"type": "disconnect", "reason": reason, "debug_info": object{"host": "slacksim"}}
}

// dismiss tells a socket to go. After a warning it has ten seconds; after any other reason it is closed once the frame is out.
func (w *Workspace) dismiss(s *socket, reason string) {
	s.send(disconnectFrame(reason))
	lead := warningLead
	if reason != "warning" {
		lead = 100 * time.Millisecond
		w.mu.Lock()
		s.leave = true
		w.mu.Unlock()
	}
	time.AfterFunc(lead, s.cut)
}

// part forgets a socket.
func (w *Workspace) part(s *socket) {
	s.cut()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range s.timers {
		t.Stop()
	}
	w.sockets = slices.DeleteFunc(w.sockets, func(o *socket) bool { return o == s })
	w.touch()
}

// write sends frames and pings until the socket is cut.
func (s *socket) write() {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	defer s.cut()
	for {
		select {
		case b := <-s.out:
			_ = s.conn.SetWriteDeadline(time.Now().Add(10 * time.Second))
			if s.conn.WriteMessage(websocket.TextMessage, b) != nil {
				return
			}
		case <-ping.C:
			if s.conn.WriteControl(websocket.PingMessage, []byte("ping from slacksim"), time.Now().Add(time.Second)) != nil {
				return
			}
		case <-s.done:
			return
		}
	}
}

// read takes acknowledgements until the connection ends.
func (w *Workspace) read(s *socket) {
	for {
		kind, b, err := s.conn.ReadMessage()
		if err != nil {
			return
		}
		whole := s.frames.next()
		if kind != websocket.TextMessage {
			continue
		}
		var ack struct {
			EnvelopeID string          `json:"envelope_id"`
			Payload    json.RawMessage `json:"payload"`
		}
		if len(b) >= maxAck || !whole {
			_ = json.Unmarshal(b, &ack)
			w.dropAck(ack.EnvelopeID, len(b))
			continue
		}
		if json.Unmarshal(b, &ack) != nil || ack.EnvelopeID == "" {
			w.cfg.Logger.Warn("a frame from the bot was not an acknowledgement", "bytes", len(b))
			continue
		}
		w.takeAck(s, ack.EnvelopeID, ack.Payload)
	}
}

// Connections is the number of sockets that the bot has open.
func (w *Workspace) Connections() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.sockets)
}

// pick chooses the socket for the next envelope, in turn. w.mu is held.
func (w *Workspace) pick() *socket {
	for range w.sockets {
		w.nextSock++
		if s := w.sockets[w.nextSock%len(w.sockets)]; !s.leave {
			return s
		}
	}
	return nil
}

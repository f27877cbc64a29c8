package slacksim

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// ackWithin is how long Slack gives the bot to acknowledge an envelope.
const ackWithin = 3 * time.Second

// Outcomes of an envelope.
const (
	Pending  = "pending"   // sent, and within the three seconds
	Acked    = "acked"     // acknowledged in time
	Late     = "late"      // acknowledged after the three seconds: Slack had given up
	Unacked  = "unacked"   // never acknowledged
	NoSocket = "no_socket" // there was nobody to send it to
	Oversize = "oversize"  // the acknowledgement was 20 KB or more, or in several frames, and dropped
)

// Errors that a person meets when the bot does not answer.
var (
	// ErrNoConnection means that the bot has no open socket.
	ErrNoConnection = errors.New("slacksim: the bot is not connected")
	// ErrNoAck means that the bot did not acknowledge within three seconds.
	ErrNoAck = errors.New("slacksim: the bot did not acknowledge within 3 seconds")
)

// Envelope is one delivery to the bot, as logged.
type Envelope struct {
	ID           string          `json:"id"`
	Type         string          `json:"type"` // events_api, interactive or slash_commands
	What         string          `json:"what"` // the event's or interaction's own type
	EventID      string          `json:"event_id,omitempty"`
	User         string          `json:"user,omitempty"` // who caused it
	RetryAttempt int             `json:"retry_attempt"`
	RetryReason  string          `json:"retry_reason,omitempty"`
	Socket       int             `json:"socket"` // number of the socket; 0 for none
	Outcome      string          `json:"outcome"`
	Sent         time.Time       `json:"sent"`
	Acked        time.Time       `json:"acked,omitzero"`
	Payload      json.RawMessage `json:"payload"`
	Ack          json.RawMessage `json:"ack,omitempty"`
}

// maxLog is how many envelopes are remembered.
const maxLog = 2000

// delivery is an envelope on its way.
type delivery struct {
	env     *Envelope
	sock    *socket
	frame   object
	timer   *time.Timer
	settled func(outcome string, ack json.RawMessage) // called once, without the lock
	done    bool
}

func (d *delivery) stop() {
	if d.timer != nil {
		d.timer.Stop()
	}
}

// Envelopes is the log of what was sent to the bot, oldest first; the last 2,000 are kept.
func (w *Workspace) Envelopes() []Envelope {
	w.mu.Lock()
	defer w.mu.Unlock()
	kept := w.envelopes[max(0, len(w.envelopes)-maxLog):]
	out := make([]Envelope, len(kept))
	for i, e := range kept {
		out[i] = *e
	}
	return out
}

// deliver sends one envelope and starts its three seconds. settled is called once with the outcome: Acked, Unacked, Oversize
// or NoSocket.
func (w *Workspace) deliver(env Envelope, accepts bool, settled func(string, json.RawMessage)) {
	w.mu.Lock()
	env.Sent = w.cfg.Now()
	env.Outcome = Pending
	if env.ID == "" {
		env.ID = rand.Text()
	}
	e := &env
	w.envelopes = append(w.envelopes, e)
	w.forget()
	sock := w.pick()
	if sock == nil || w.closed {
		e.Outcome = NoSocket
		w.touch()
		w.mu.Unlock()
		settled(NoSocket, nil)
		return
	}
	e.Socket = sock.id
	frame := object{
		"envelope_id": e.ID, "type": e.Type, "payload": e.Payload, "accepts_response_payload": accepts,
	}
	if e.Type == "events_api" {
		frame["retry_attempt"], frame["retry_reason"] = e.RetryAttempt, e.RetryReason
	}
	d := &delivery{env: e, sock: sock, frame: frame, settled: settled}
	w.pending[e.ID] = d
	d.timer = time.AfterFunc(w.cfg.AckWithin, func() { w.settle(d, Unacked, nil) })
	w.touch()
	w.mu.Unlock()
	w.faults.carry(d)
}

// forget cuts the log once it is twice as long as it needs to be. w.mu is held.
func (w *Workspace) forget() {
	n := len(w.envelopes) - maxLog
	if n < maxLog {
		return
	}
	for _, e := range w.envelopes[:n] {
		if d := w.pending[e.ID]; d != nil && d.done {
			delete(w.pending, e.ID)
		}
	}
	w.envelopes = append([]*Envelope(nil), w.envelopes[n:]...)
}

// transmit puts an envelope on its socket now. A socket that has gone meanwhile loses it; the three seconds run on.
func (w *Workspace) transmit(d *delivery) {
	if !d.sock.send(d.frame) {
		w.cfg.Logger.Warn("envelope lost with its socket", "envelope", d.env.ID, "type", d.env.Type)
	}
}

// settle ends a delivery with an outcome, once.
func (w *Workspace) settle(d *delivery, outcome string, ack json.RawMessage) {
	w.mu.Lock()
	if d.done {
		w.mu.Unlock()
		return
	}
	d.done = true
	d.stop()
	if outcome != Unacked || d.env.Outcome != Oversize {
		d.env.Outcome = outcome
	}
	if outcome == Acked {
		d.env.Acked, d.env.Ack = w.cfg.Now(), ack
	}
	w.touch()
	w.mu.Unlock()
	d.settled(outcome, ack)
}

// takeAck takes an acknowledgement. It counts only on the socket that carried the envelope.
func (w *Workspace) takeAck(s *socket, id string, payload json.RawMessage) {
	if w.faults.losesAck() {
		return
	}
	w.mu.Lock()
	d := w.pending[id]
	if d == nil || d.sock != s {
		w.mu.Unlock()
		w.cfg.Logger.Warn("acknowledgement of an unknown envelope, or on another socket", "envelope", id)
		return
	}
	if d.done {
		if d.env.Acked.IsZero() {
			d.env.Outcome, d.env.Acked, d.env.Ack = Late, w.cfg.Now(), payload
			w.touch()
		}
		w.mu.Unlock()
		return
	}
	w.mu.Unlock()
	w.settle(d, Acked, payload)
}

// dropAck notes an acknowledgement that was too large or came in several frames. Slack says nothing, and neither does this.
func (w *Workspace) dropAck(id string, size int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if d := w.pending[id]; d != nil && !d.done {
		d.env.Outcome = Oversize
		w.touch()
	}
	w.cfg.Logger.Warn("acknowledgement of 20 KB or more, or in several frames, dropped", "envelope", id, "bytes", size)
}

// request sends an interactive or slash envelope, which Slack does not repeat, and waits for its acknowledgement.
func (w *Workspace) request(ctx context.Context, env Envelope, payload object, accepts bool) (json.RawMessage, error) {
	b, err := json.Marshal(payload)
	if err != nil {
		return nil, fmt.Errorf("slacksim: payload: %w", err)
	}
	env.Payload = b
	type result struct {
		outcome string
		ack     json.RawMessage
	}
	ch := make(chan result, 1)
	w.deliver(env, accepts, func(outcome string, ack json.RawMessage) { ch <- result{outcome, ack} })
	select {
	case r := <-ch:
		switch r.outcome {
		case Acked:
			return r.ack, nil
		case NoSocket:
			return nil, ErrNoConnection
		}
		return nil, ErrNoAck
	case <-ctx.Done():
		return nil, fmt.Errorf("slacksim: waiting for an acknowledgement: %w", ctx.Err())
	}
}

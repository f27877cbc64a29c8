package bot

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"github.com/hallpass-dev/hallpass/approvals"
)

const (
	// storeWithin is how long keeping an envelope may take: Slack gives up
	// after 3 s, and a late acknowledgement is worth nothing.
	storeWithin = 2500 * time.Millisecond
	// answerWithin is the same for what is answered in the acknowledgement.
	answerWithin = 2500 * time.Millisecond
	// reopenAfter is how long after its end a socket is opened again; twice as
	// long after each that never worked, up to reopenAtMost.
	reopenAfter  = time.Second
	reopenAtMost = 30 * time.Second
	// maxEnvelope bounds what is read of one, in bytes.
	maxEnvelope = 4 << 20
)

// listen keeps one socket open until ctx ends, or until Slack refuses the
// tokens for good.
func (b *Bot) listen(ctx context.Context, n int) error {
	wait := reopenAfter
	for {
		worked, err := b.session(ctx, n)
		b.health.socket(n, false, b.cfg.Now())
		if ended(ctx) {
			return nil
		}
		if err = mend("apps.connections.open", err); fatal(err) {
			return err
		}
		if worked {
			wait = reopenAfter
		}
		b.health.trouble(err)
		b.log.WarnContext(ctx, "socket ended; opening another", "error", err, "in", wait)
		if !sleep(ctx, wait) {
			return nil
		}
		wait = min(2*wait, reopenAtMost)
	}
}

// session is one life of a socket. It reports whether Slack ever greeted it.
func (b *Bot) session(ctx context.Context, n int) (worked bool, err error) {
	dialer := &websocket.Dialer{HandshakeTimeout: 10 * time.Second, WriteBufferSize: 32 << 10, NetDialContext: b.cfg.Dial}
	client := socketmode.New(b.api, socketmode.OptionDialer(dialer), socketmode.OptionReadLimit(maxEnvelope), socketmode.OptionLog(silent{}))
	life, hangUp := context.WithCancel(ctx)
	defer hangUp()
	stop, done := make(chan struct{}), make(chan struct{})
	go func() { // takes the events, one after the other
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case ev := <-client.Events:
				worked = worked || ev.Type == socketmode.EventTypeHello
				b.event(ctx, n, client, ev)
				if tooPatient(ev) {
					hangUp()
				}
			}
		}
	}()
	err = client.RunContext(life)
	close(stop)
	<-done
	return worked, err
}

// tooPatient reports that the library is about to wait longer than reopenAtMost
// of its own accord: its waits grow to five minutes, in which every click fails
// though Slack may be back.
func tooPatient(ev socketmode.Event) bool {
	failed, ok := ev.Data.(*slack.ConnectionErrorEvent)
	if !ok || ev.Type != socketmode.EventTypeConnectionError {
		return false
	}
	_, asked := patience(failed.ErrorObj)
	return failed.Backoff > reopenAtMost && !asked
}

func (b *Bot) event(ctx context.Context, n int, client *socketmode.Client, ev socketmode.Event) {
	switch ev.Type {
	case socketmode.EventTypeHello:
		b.health.socket(n, true, b.cfg.Now())
	case socketmode.EventTypeConnecting:
		b.health.socket(n, false, b.cfg.Now())
	case socketmode.EventTypeConnectionError:
		if e, ok := ev.Data.(error); ok {
			b.health.trouble(mend("apps.connections.open", e))
			b.log.WarnContext(ctx, "socket could not be opened; trying again", "error", e)
		} else {
			b.health.trouble(approvals.Errorf(approvals.CodeUnavailable, "Slack can't be reached."))
		}
	case socketmode.EventTypeErrorBadMessage:
		// The library knows no such event; the envelope may still be ours to acknowledge.
		if bad, ok := ev.Data.(*socketmode.ErrorBadMessage); ok {
			var req socketmode.Request
			if json.Unmarshal(bad.Message, &req) == nil && req.EnvelopeID != "" {
				b.envelope(ctx, client, req)
			}
		}
	case socketmode.EventTypeEventsAPI, socketmode.EventTypeInteractive, socketmode.EventTypeSlashCommand:
		if ev.Request != nil {
			b.envelope(ctx, client, *ev.Request)
		}
	}
}

// envelope keeps what came and acknowledges it, in this order. What must be
// answered in the acknowledgement is handled on the spot.
func (b *Bot) envelope(ctx context.Context, client *socketmode.Client, req socketmode.Request) {
	came := time.Now()
	ctx, end := b.cfg.Trace.Begin(ctx, "envelope", slog.String("type", req.Type))
	ack := func(payload any) {
		if err := client.AckCtx(ctx, req.EnvelopeID, payload); err != nil && !errors.Is(err, context.Canceled) {
			b.log.ErrorContext(ctx, "acknowledgement failed", "envelope", req.EnvelopeID, "error", err)
		}
		b.cfg.Observe("ack", time.Since(came))
		end(nil)
	}
	e, err := decode(req.Type, req.EnvelopeID, req.Payload)
	switch {
	case err != nil:
		b.log.WarnContext(ctx, "an envelope can't be read and is dropped", "type", req.Type, "error", err)
		ack(nil)
	case e.Kind == kindNothing || e.User == b.self().user:
		ack(nil)
	case e.Kind == kindSubmission || e.Kind == kindSuggestion:
		go func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
			defer cancel()
			ack(b.answer(ctx, e))
		}()
	default:
		if err := b.keep(ctx, e); err != nil {
			// Not acknowledged: Slack sends an event again, and shows the person that a click failed.
			b.log.ErrorContext(ctx, "an envelope could not be kept", "key", e.Key, "error", err)
			end(err)
			return
		}
		ack(pointer(e))
	}
}

// pointer says below a command that its words are answered elsewhere: the
// person may be in any channel.
func pointer(e entry) any {
	if e.Kind != kindCommand || strings.TrimSpace(e.Text) == "" || strings.HasPrefix(e.Channel, "D") {
		return nil
	}
	return map[string]string{"response_type": "ephemeral", "text": "I answer in our direct messages."}
}

// keep writes an entry to the inbox, once for each key.
func (b *Bot) keep(ctx context.Context, e entry) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeWithin)
	defer cancel()
	payload, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = b.cfg.Store.Receive(ctx, approvals.Inbound{Key: e.Key, Kind: e.Kind, Payload: payload, Order: door + "/" + e.User, At: b.cfg.Now()})
	return err
}

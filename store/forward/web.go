package forward

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store/auditlog/export"
)

// batchType is how several CloudEvents in one body are called. Source:
// CloudEvents 1.0.2, JSON event format, section 4.
const batchType = "application/cloudevents-batch+json"

// Web posts batches of CloudEvents to an endpoint. What it answered with 2xx
// arrived; everything else is sent again.
type Web struct {
	// Post makes one call and gives the status, and for how long the other side
	// asks to be left alone. It bounds the answer, and its errors hold neither
	// address nor credential.
	Post   func(ctx context.Context, body []byte, contentType string) (status int, later time.Duration, err error)
	Source string // names the log

	last int64
}

// Send implements Receiver. A batch that is too large for the other side goes in
// halves.
func (w *Web) Send(ctx context.Context, events []approvals.Event) error {
	if len(events) == 0 {
		return nil
	}
	var body bytes.Buffer
	body.WriteByte('[')
	for i, e := range events {
		line, err := export.CloudEvent(e, w.Source)
		if err != nil {
			return err
		}
		if i > 0 {
			body.WriteByte(',')
		}
		body.Write(line)
	}
	body.WriteByte(']')
	status, later, err := w.Post(ctx, body.Bytes(), batchType)
	switch {
	case err != nil:
		return &approvals.Error{Code: approvals.CodeUnavailable, Op: "post audit events", Err: err, Message: "It can't be reached: " + err.Error() + "."}
	case status >= 200 && status < 300:
		w.last = events[len(events)-1].Sequence
		return nil
	case status == http.StatusRequestEntityTooLarge && len(events) > 1:
		if err := w.Send(ctx, events[:len(events)/2]); err != nil {
			return err
		}
		return w.Send(ctx, events[len(events)/2:])
	}
	return &Later{later, approvals.Errorf(approvals.CodeUnavailable, "It answered %d %s to events %d to %d.", status, http.StatusText(status), events[0].Sequence, events[len(events)-1].Sequence)}
}

// Settled implements Receiver.
func (w *Web) Settled() int64 { return w.last }

// Close implements Receiver.
func (w *Web) Close() error { return nil }

package forward

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store/auditlog/export"
)

// Syslog sends each event as a message (RFC 5424), framed by counting its octets
// (RFC 6587, section 3.4.1), over TLS (RFC 5425) or plain TCP.
//
// Syslog acknowledges nothing. So an event counts as arrived only when the
// connection that it went over still stood a while later; when a connection
// breaks, what went over it in that while is sent again.
type Syslog struct {
	Address string        // host and port
	TLS     *tls.Config   // nil: plain TCP
	Host    string        // this machine, as messages say it
	Source  string        // names the log
	Doubt   time.Duration // how long a connection must stand for what it carried to count; zero: a minute

	line    *line // nil: there is none
	settled int64
}

// line is a connection.
type line struct {
	net.Conn
	carried []carried     // the oldest first
	gone    chan struct{} // closed when the other side ended it
	ended   time.Time     // when that was; may be read when gone is closed
	why     error         // as well
}

// carried is what was written at one time.
type carried struct {
	last int64
	at   time.Time
}

// Send implements Receiver.
func (s *Syslog) Send(ctx context.Context, events []approvals.Event) error {
	if l := s.line; l != nil && l.isGone() && s.drop() {
		return approvals.Errorf(approvals.CodeUnavailable, "It ended the connection%s; what went over it last is sent again.", alert(l.why))
	}
	if len(events) == 0 {
		return nil
	}
	var all bytes.Buffer
	for _, e := range events {
		message, err := s.message(e)
		if err != nil {
			return err
		}
		fmt.Fprintf(&all, "%d %s", len(message), message)
	}
	if err := s.connect(ctx); err != nil {
		return err
	}
	if err := s.write(ctx, all.Bytes()); err != nil {
		s.drop()
		return failure("write audit events", err)
	}
	s.line.carried = append(s.line.carried, carried{events[len(events)-1].Sequence, time.Now()})
	return nil
}

// The severities and the facility of RFC 5424, section 6.2.1: "log audit".
const (
	logAudit      = 13
	warning       = 4
	informational = 6
)

// mostSequence is the largest sequenceId; the next one is 1 again. Source: RFC
// 5424, section 7.3.1.
const mostSequence = 1<<31 - 1

// message is an event as RFC 5424 writes it: the body is the same CloudEvent
// that an export has, and the id of the message is the kind of the event.
func (s *Syslog) message(e approvals.Event) ([]byte, error) {
	body, err := export.CloudEvent(e, s.Source)
	if err != nil {
		return nil, err
	}
	severity := informational
	if export.Failed(e) {
		severity = warning
	}
	head := fmt.Sprintf("<%d>1 %s %s hallpass - %s [meta sequenceId=\"%d\"] ", logAudit*8+severity, e.At.UTC().Format("2006-01-02T15:04:05.000Z"),
		name(s.Host, 255), name(string(e.Kind), 32), (e.Sequence-1)%mostSequence+1)
	return append([]byte(head), body...), nil
}

// name is a text as a header can hold it: printable, in one word.
func name(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, text)
	if text == "" {
		return "-"
	}
	return text[:min(len(text), most)]
}

// connect makes sure that there is a connection.
func (s *Syslog) connect(ctx context.Context) error {
	if s.line != nil {
		return nil
	}
	plain := &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: quiet, Interval: quiet / 3, Count: 3}, Control: giveUp}
	var conn net.Conn
	var err error
	if s.TLS == nil {
		conn, err = plain.DialContext(ctx, "tcp", s.Address)
	} else {
		conn, err = (&tls.Dialer{NetDialer: plain, Config: s.TLS}).DialContext(ctx, "tcp", s.Address)
	}
	if err != nil {
		return failure("connect", err)
	}
	l := &line{Conn: conn, gone: make(chan struct{})}
	go func() {
		_, l.why = io.Copy(io.Discard, conn) // a receiver says nothing; this ends when the connection does
		l.ended = time.Now()
		close(l.gone)
	}()
	s.line = l
	return nil
}

// quiet is about for how long a receiver that is cut off can look as if it were
// there: well below the time after which what was sent counts as arrived.
const quiet = 15 * time.Second

func (l *line) isGone() bool {
	select {
	case <-l.gone:
		return true
	default:
		return false
	}
}

func (s *Syslog) write(ctx context.Context, all []byte) error {
	deadline, _ := ctx.Deadline()
	if err := s.line.SetWriteDeadline(deadline); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = s.line.SetWriteDeadline(time.Unix(1, 0)) })
	defer stop()
	_, err := s.line.Write(all)
	return err
}

// settle counts as arrived what the connection carried long enough before it
// ended, or before now.
func (s *Syslog) settle() {
	l, until := s.line, time.Now()
	if l == nil {
		return
	}
	if l.isGone() {
		until = l.ended
	}
	for len(l.carried) > 0 && until.Sub(l.carried[0].at) >= cmp.Or(s.Doubt, time.Minute) {
		s.settled, l.carried = l.carried[0].last, l.carried[1:]
	}
}

// drop closes the connection, and reports whether it carried what is in doubt.
func (s *Syslog) drop() (doubted bool) {
	if s.line == nil {
		return false
	}
	s.settle()
	doubted = len(s.line.carried) > 0
	_ = s.line.Close() // it is broken, or given up
	s.line = nil
	return doubted
}

// Settled implements Receiver.
func (s *Syslog) Settled() int64 {
	s.settle()
	return s.settled
}

// Close implements Receiver.
func (s *Syslog) Close() error {
	s.drop()
	s.settled = 0
	return nil
}

// failure says why nothing could be sent, without the address.
func failure(op string, err error) error {
	words := "the connection failed"
	var cert *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var dns *net.DNSError
	var timeout net.Error
	switch said := alert(err); {
	case said != "":
		words += said
	case errors.As(err, &cert):
		words = "its certificate is not trusted"
	case errors.As(err, &record):
		words = "it does not speak TLS"
	case errors.As(err, &dns):
		words = "its name can't be resolved"
	case errors.As(err, &timeout) && timeout.Timeout():
		words = "it does not take anything in time"
	}
	return &approvals.Error{Code: approvals.CodeUnavailable, Op: op, Err: errors.New(words), Message: "It can't be reached: " + words + "."}
}

// alert is what the other side said when it ended TLS, such as that it asks for
// a certificate; empty when it said nothing. The text is the alert's name.
func alert(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "remote error" { // how crypto/tls names an alert
		return fmt.Sprintf(", saying %q", op.Err)
	}
	return ""
}

package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

// later is after every notice was stored: they are due from when they came.
func later() time.Time { return time.Now().Add(time.Hour) }

func slots(ls []store.NoticeLease) (all []string) {
	for _, l := range ls {
		all = append(all, l.Slot)
	}
	return all
}

func send(t *testing.T, s *store.Store, notices ...approvals.Notice) {
	t.Helper()
	apply(t, s, approvals.Change{Notices: notices})
}

func noticesKeepOrder(t *testing.T, s *store.Store) {
	now := later()
	for i := range 3 {
		for _, order := range []string{"a", "b", ""} {
			send(t, s, approvals.Notice{Slot: fmt.Sprint(order, i), Order: order, Kind: approvals.NoticeRequest, To: "bob"})
		}
	}
	first := must(s.ClaimNotices(bg, now, time.Minute, 9))(t)
	same(t, []string{"a0", "b0", "0", "1", "2"}, slots(first))
	same(t, 0, len(must(s.ClaimNotices(bg, now, time.Minute, 9))(t)))

	check(t, s.FinishNotice(bg, first[0], nil))
	again := now.Add(time.Second)
	check(t, s.RetryNotice(bg, first[1], again, "429"))
	next := must(s.ClaimNotices(bg, now, time.Minute, 9))(t)
	same(t, []string{"a1"}, slots(next))
	retried := must(s.ClaimNotices(bg, again, time.Minute, 9))(t)
	same(t, []string{"b0"}, slots(retried))
	same(t, "429", retried[0].LastError)
	same(t, false, retried[0].Sending)
	same(t, 2, retried[0].Attempt)
	same(t, 1, len(must(s.ClaimNotices(bg, now.Add(time.Minute), time.Minute, 1))(t)))
}

// noticesWaitBehindTheirFirst: as long as the first of an order is put off, the
// others wait with it, and what is due is found without looking at them.
func noticesWaitBehindTheirFirst(t *testing.T, s *store.Store) {
	now := later()
	for i := range 3 {
		send(t, s, approvals.Notice{Slot: fmt.Sprint("a", i), Order: "a", Kind: approvals.NoticeRequest, To: "bob"})
	}
	again := now.Add(time.Hour)
	check(t, s.RetryNotice(bg, must(s.ClaimNotices(bg, now, time.Minute, 9))(t)[0], again, "pace"))
	send(t, s, approvals.Notice{Slot: "a3", Order: "a", Kind: approvals.NoticeRequest, To: "bob"}, approvals.Notice{Slot: "b", Order: "b", Kind: approvals.NoticeRequest, To: "bob"})
	same(t, []string{"b"}, slots(must(s.ClaimNotices(bg, now, 2*time.Hour, 9))(t)))
	for i := range 4 {
		leases := must(s.ClaimNotices(bg, again, time.Minute, 1))(t)
		same(t, []string{fmt.Sprint("a", i)}, slots(leases))
		check(t, s.FinishNotice(bg, leases[0], nil))
	}
	same(t, []string{"b"}, slots(must(s.ClaimNotices(bg, again.Add(time.Hour), time.Minute, 9))(t)))
}

// homesComeLast: of the Home tabs that wait for a person the last is kept, and
// everything else is delivered before.
func homesComeLast(t *testing.T, s *store.Store) {
	home := func(who approvals.PrincipalID) approvals.Notice {
		return approvals.Notice{Slot: "home/" + string(who), Order: "home/" + string(who), Kind: approvals.NoticeHome, To: who}
	}
	card := func(slot string) approvals.Notice {
		return approvals.Notice{Slot: slot, Order: slot, Kind: approvals.NoticeRequest, To: "bob"}
	}
	send(t, s, home("bob"), home("ann"), home("bob"))
	send(t, s, card("a"), home("bob"))
	send(t, s, card("b"))
	now := later()
	same(t, []string{"a", "b"}, slots(must(s.ClaimNotices(bg, now, time.Minute, 2))(t)))
	waiting := must(s.ClaimNotices(bg, now, time.Minute, 9))(t)
	same(t, []string{"home/ann", "home/bob"}, slots(waiting))

	send(t, s, home("bob")) // one that is being published is kept, and so is the next
	check(t, s.FinishNotice(bg, waiting[1], nil))
	same(t, []string{"home/bob"}, slots(must(s.ClaimNotices(bg, now, time.Minute, 9))(t)))
}

func noticeSending(t *testing.T, s *store.Store) {
	now := later()
	full := approvals.Notice{Slot: "s", Order: "o", Kind: approvals.NoticeAlert, Request: "r", Grant: "g", To: "bob", Channel: "C1", Words: "a & b"}
	send(t, s, full)
	crashed := must(s.ClaimNotices(bg, now, time.Minute, 9))(t)[0]
	same(t, false, crashed.Sending)
	full.ID = crashed.ID
	same(t, full, crashed.Notice)

	second := must(s.ClaimNotices(bg, crashed.Until, time.Minute, 9))(t)[0]
	same(t, true, second.Sending)
	code(t, approvals.CodeConflict, s.FinishNotice(bg, crashed, nil))
	code(t, approvals.CodeConflict, s.RetryNotice(bg, crashed, now, ""))

	check(t, s.RetryNotice(bg, second, now, "time-out")) // still not known
	third := must(s.ClaimNotices(bg, now, time.Minute, 9))(t)[0]
	same(t, true, third.Sending)
	third.Sending = false // the door was asked: nothing is there
	check(t, s.RetryNotice(bg, third, now, "refused"))
	fourth := must(s.ClaimNotices(bg, now, time.Minute, 9))(t)[0]
	same(t, false, fourth.Sending)
	fourth.Sending = true // it timed out
	check(t, s.RetryNotice(bg, fourth, now, "time-out"))
	same(t, true, must(s.ClaimNotices(bg, now, time.Minute, 9))(t)[0].Sending)
}

func noticeMessage(t *testing.T, s *store.Store) {
	now := later()
	for _, want := range []approvals.Message{{Slot: "s", Channel: "C1", TS: "1.1", Digest: "d1"}, {Slot: "s", Channel: "C1", TS: "1.1", Digest: "d2"}} {
		send(t, s, approvals.Notice{Slot: "s", Order: "s", Kind: approvals.NoticeHome, To: "bob"})
		lease := must(s.ClaimNotices(bg, now, time.Minute, 9))(t)[0]
		check(t, s.FinishNotice(bg, lease, &want))
		same(t, want, must(s.Message(bg, "s"))(t))
		other := want
		other.Digest = "stale"
		code(t, approvals.CodeConflict, s.FinishNotice(bg, lease, &other))
		same(t, want, must(s.Message(bg, "s"))(t))
	}
	same(t, 0, len(must(s.ClaimNotices(bg, now.Add(time.Hour), time.Minute, 9))(t)))
}

func inboundOnce(t *testing.T, s *store.Store) {
	in := approvals.Inbound{Key: "Ev1", Kind: "event", Payload: []byte(`{"a":1}`), Order: "U1", At: Epoch}
	same(t, true, must(s.Receive(bg, in))(t))
	same(t, false, must(s.Receive(bg, in))(t))
	leases := must(s.ClaimInbound(bg, Epoch, time.Minute, 9))(t)
	same(t, 1, len(leases))
	same(t, in, leases[0].Inbound)
	same(t, 0, len(must(s.ClaimInbound(bg, Epoch, time.Minute, 9))(t)))
	check(t, s.FinishInbound(bg, leases[0]))
	code(t, approvals.CodeConflict, s.FinishInbound(bg, leases[0]))
	same(t, false, must(s.Receive(bg, in))(t))
	same(t, 0, len(must(s.ClaimInbound(bg, Epoch.Add(time.Hour), time.Minute, 9))(t)))
}

func inboundOrder(t *testing.T, s *store.Store) {
	for i, order := range []string{"u", "u", "v", "", ""} {
		must(s.Receive(bg, approvals.Inbound{Key: fmt.Sprint(i), Order: order, At: Epoch}))(t)
	}
	keys := func(now time.Time) (all []string) {
		for _, l := range must(s.ClaimInbound(bg, now, time.Minute, 9))(t) {
			all = append(all, l.Key)
		}
		return all
	}
	first := must(s.ClaimInbound(bg, Epoch, time.Minute, 1))(t)[0]
	same(t, "0", first.Key)
	same(t, []string{"2", "3", "4"}, keys(Epoch))
	check(t, s.RetryInbound(bg, first, Epoch.Add(time.Second), "x"))
	same(t, []string(nil), keys(Epoch))
	again := must(s.ClaimInbound(bg, Epoch.Add(time.Second), time.Minute, 9))(t)
	same(t, 1, len(again))
	same(t, 2, again[0].Attempt)
	same(t, "x", again[0].LastError)
	code(t, approvals.CodeConflict, s.RetryInbound(bg, first, Epoch, ""))
	check(t, s.FinishInbound(bg, again[0]))
	same(t, []string{"1"}, keys(Epoch.Add(time.Second)))
	same(t, []string{"0"}[:0], keys(Epoch.Add(time.Second)))
}

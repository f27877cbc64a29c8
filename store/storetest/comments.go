package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

// said is a comment on r1, i seconds after the epoch.
func said(i int, key string) approvals.Change {
	c := approvals.Comment{ID: fmt.Sprint("cm_", i), Request: "r1", Author: "mia", Text: "which <one> & “why”?\n🙂", At: Epoch.Add(time.Duration(i) * time.Second), Key: key}
	return approvals.Change{Comments: []approvals.Comment{c}, Events: []approvals.Event{Event(approvals.EventRequestCommented, "r1")}}
}

func commentsKeepOrder(t *testing.T, s *store.Store) {
	apply(t, s, Submission("r1"))
	apply(t, s, Submission("r2"))
	same(t, 0, len(must(s.Comments(bg, "r1"))(t)))
	var want []approvals.Comment
	for i := range 3 {
		apply(t, s, said(i, fmt.Sprint("k", i)))
		want = append(want, said(i, fmt.Sprint("k", i)).Comments[0])
	}
	code(t, approvals.CodeDuplicate, s.Apply(bg, said(4, "k1")))
	code(t, approvals.CodeDuplicate, s.Apply(bg, said(2, "k4")))
	silent := said(5, "k5")
	silent.Events = nil
	code(t, approvals.CodeInternal, s.Apply(bg, silent))
	same(t, want, must(s.Comments(bg, "r1"))(t))
	same(t, 0, len(must(s.Comments(bg, "r2"))(t)))
}

func laterNoticeSupersedes(t *testing.T, s *store.Store) {
	home := approvals.Notice{Slot: "home/bob", Order: "home/bob", Kind: approvals.NoticeHome, To: "bob"}
	other := home
	other.Slot = "home/bob/other"
	send(t, s, home, other)
	first := must(s.ClaimNotices(bg, later(), time.Minute, 1))(t)[0]
	same(t, false, must(s.Superseded(bg, first))(t))
	send(t, s, home)
	same(t, true, must(s.Superseded(bg, first))(t))
	check(t, s.FinishNotice(bg, first, nil))
	second := must(s.ClaimNotices(bg, later(), time.Minute, 1))(t)[0]
	same(t, "home/bob/other", second.Slot)
	same(t, false, must(s.Superseded(bg, second))(t))
	check(t, s.FinishNotice(bg, second, nil))
	last := must(s.ClaimNotices(bg, later(), time.Minute, 1))(t)[0]
	same(t, false, must(s.Superseded(bg, last))(t))
}

func messageAt(t *testing.T, s *store.Store) {
	for i, m := range []approvals.Message{{Slot: "a", Channel: "C1", TS: "1.1"}, {Slot: "b", Channel: "C2", TS: "1.1"}} {
		send(t, s, approvals.Notice{Slot: m.Slot, Kind: approvals.NoticeAlert, To: "bob"})
		check(t, s.FinishNotice(bg, must(s.ClaimNotices(bg, later(), time.Minute, 1))(t)[0], &m))
		same(t, m, must(s.MessageAt(bg, m.Channel, m.TS))(t))
		_, err := s.MessageAt(bg, m.Channel, fmt.Sprint("2.", i))
		code(t, approvals.CodeNotFound, err)
	}
}

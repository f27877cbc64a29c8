package approvals_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

// below lists the slots of the cards below which a comment is repeated.
func (r *rig) below(c approvals.Comment) (slots []string) {
	for _, n := range r.Store.Notices() {
		if id, card := approvals.CommentBelow(n.Slot); id == c.ID && n.Kind == approvals.NoticeComment {
			slots = append(slots, card)
		}
	}
	return slots
}

func TestCommentReachesAllOthers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Policy.Rule(approvalstest.Routed(2))
	req := r.ask(func(a *approvals.Ask) { a.Entitlement, a.Beneficiary = approvalstest.Admin, "bob" })
	id := string(req.ID)
	all := map[approvals.PrincipalID]string{"amy": "request/" + id, "bob": "request/" + id + "/beneficiary",
		"olga": "approval/" + id + "/olga", "sol": "approval/" + id + "/sol", "sue": "approval/" + id + "/sue"}
	for author := range all {
		said := approvals.Comment{Request: req.ID, Text: "  which refund?  ", Key: "key/" + string(author), Below: all[author]}
		c, err := r.Service.Comment(t.Context(), by(author), said)
		code(t, "", err)
		var want []string
		for _, who := range []approvals.PrincipalID{"amy", "bob", "olga", "sol", "sue"} {
			if who != author {
				want = append(want, all[who])
			}
		}
		same(t, "below the others' cards", want, r.below(c))
		same(t, "kept", approvals.Comment{ID: c.ID, Request: req.ID, Author: author, Text: "which refund?", At: epoch, Key: said.Key, Below: said.Below}, c)
	}
	for _, e := range r.only(approvals.EventRequestCommented) {
		if len(e.Detail) != 1 || !strings.HasPrefix(e.Detail["comment"], "cm_") || e.Actor.Principal == "" {
			t.Errorf("the log holds %+v, want who and which comment, not the words", e)
		}
	}
	same(t, "logged", 5, len(r.only(approvals.EventRequestCommented)))
}

func TestCommentInAChannelIsNotRepeatedThere(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ruling := approvalstest.Routed(1)
	ruling.Channel = "C1"
	r.Policy.Rule(ruling)
	req := r.ask(nil)
	id := string(req.ID)
	c, err := r.Service.Comment(t.Context(), by("mia"), approvals.Comment{Request: req.ID, Text: "which refund?", Key: "k1", Below: "approval/" + id + "/C1"})
	code(t, "", err)
	same(t, "from the channel", []string{"request/" + id}, r.below(c))
	c, err = r.Service.Comment(t.Context(), by("amy"), approvals.Comment{Request: req.ID, Text: "the big one", Key: "k2", Below: "request/" + id})
	code(t, "", err)
	same(t, "to the channel", []string{"approval/" + id + "/C1"}, r.below(c))
}

func TestOneKeyIsOneComment(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	req := r.ask(nil)
	said := approvals.Comment{Request: req.ID, Text: "which refund?", Key: "k1"}
	first, err := r.Service.Comment(t.Context(), by("mia"), said)
	code(t, "", err)
	r.pass(time.Minute)
	second, err := r.Service.Comment(t.Context(), by("mia"), said)
	code(t, "", err)
	same(t, "again", first, second)
	var late approvals.Comment
	r.Store.Before(func(approvals.Change) error { // a redelivery that is handled at the same time
		r.Store.Before(nil)
		late, err = r.Service.Comment(t.Context(), by("mia"), approvals.Comment{Request: req.ID, Text: "and when?", Key: "k2"})
		return err
	})
	third, err := r.Service.Comment(t.Context(), by("mia"), approvals.Comment{Request: req.ID, Text: "and when?", Key: "k2"})
	code(t, "", err)
	same(t, "at the same time", late, third)
	same(t, "events", 2, len(r.only(approvals.EventRequestCommented)))
}

func TestCommentsGoOnAfterTheDecision(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	req := r.ask(nil)
	_, err := r.Service.Deny(t.Context(), by("mia"), req.ID, "")
	code(t, "", err)
	c, err := r.Service.Comment(t.Context(), by("amy"), approvals.Comment{Request: req.ID, Text: "why not?", Key: "k1"})
	code(t, "", err)
	same(t, "reaches", []string{"approval/" + string(req.ID) + "/mia"}, r.below(c))
}

func TestWhoMayNotComment(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	req := r.ask(nil)
	draft, err := r.draft(admin)
	code(t, "", err)
	for name, c := range map[string]struct {
		actor approvals.Actor
		say   approvals.Comment
		want  approvals.Code
		tried int // refusals that are logged
	}{
		"a bystander":       {by("sol"), approvals.Comment{Request: req.ID, Text: "x", Key: "k"}, approvals.CodeForbidden, 1},
		"an admin":          {by("adam"), approvals.Comment{Request: req.ID, Text: "x", Key: "k"}, approvals.CodeForbidden, 1},
		"nobody":            {by(""), approvals.Comment{Request: req.ID, Text: "x", Key: "k"}, approvals.CodeForbidden, 1},
		"a machine":         {approvals.System("worker"), approvals.Comment{Request: req.ID, Text: "x", Key: "k"}, approvals.CodeForbidden, 1},
		"before it is sent": {by("amy"), approvals.Comment{Request: draft.ID, Text: "x", Key: "k"}, approvals.CodeForbidden, 0},
		"no such request":   {by("amy"), approvals.Comment{Request: "req_9", Text: "x", Key: "k"}, approvals.CodeNotFound, 0},
		"no words":          {by("amy"), approvals.Comment{Request: req.ID, Text: " \n", Key: "k"}, approvals.CodeInvalid, 0},
		"no key":            {by("amy"), approvals.Comment{Request: req.ID, Text: "x"}, approvals.CodeInvalid, 0},
		"too many words":    {by("amy"), approvals.Comment{Request: req.ID, Text: strings.Repeat("é", 2001), Key: "k"}, approvals.CodeInvalid, 0},
	} {
		before := len(r.only(approvals.EventActionRefused))
		_, err := r.Service.Comment(t.Context(), c.actor, c.say)
		code(t, c.want, err)
		if tried := len(r.only(approvals.EventActionRefused)) - before; tried != c.tried {
			t.Errorf("%s: %d refusals are logged, want %d", name, tried, c.tried)
		}
	}
	r.Directory.Change("mia", func(p *approvals.Principal) { p.Inactive = true })
	_, err = r.Service.Comment(t.Context(), by("mia"), approvals.Comment{Request: req.ID, Text: "x", Key: "k"})
	code(t, approvals.CodeForbidden, err)
	same(t, "comments", 0, len(r.only(approvals.EventRequestCommented)))
}

func TestSlotsOfOtherMessagesAreNoComments(t *testing.T) {
	t.Parallel()
	id, card := approvals.CommentBelow("approval/req_1/mia")
	same(t, "id and card", []string{"", ""}, []string{id, card})
}

package approvals

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Comment is what somebody said about a request, in their own words. It
// decides nothing and nothing is decided by it. The audit log says that it was
// made and by whom; the words stay with the request.
type Comment struct {
	ID      string
	Request RequestID
	Author  PrincipalID
	Text    string // at most 2,000 characters: shown as the author's, never interpreted
	At      time.Time
	Key     string // idempotency key of the door it came through; unique
	Below   string // slot of the card that it was written below, so that it is not repeated there; may be empty
}

// commentAtMost is the longest comment kept, in runes.
const commentAtMost = 2000

// commentSlot begins the slot of a comment's notice; the comment's id, a slash
// and the slot of the card that it is shown below follow.
const commentSlot = "comment/"

// CommentBelow says which comment a NoticeComment is about, and the slot of
// the card that it belongs below. Both are empty for another slot.
func CommentBelow(slot string) (id, card string) {
	rest, ok := strings.CutPrefix(slot, commentSlot)
	if !ok {
		return "", ""
	}
	id, card, _ = strings.Cut(rest, "/")
	return id, card
}

// Comment keeps what somebody says about a request, of which Request, Text,
// Key and Below are looked at, and tells all others who have a card of it.
// Requester, beneficiary and those who may answer it by the latest decision
// may comment, before it is settled and after. The same Key gives the same
// comment.
func (s *Service) Comment(ctx context.Context, actor Actor, c Comment) (Comment, error) {
	r, err := s.Store.Request(ctx, c.Request)
	if err != nil {
		return c, err
	}
	d, err := s.Store.Decision(ctx, r.ID)
	if err != nil && ErrorCode(err) != CodeNotFound {
		return c, err
	}
	if err := s.mayComment(ctx, actor, r, d); err != nil {
		return c, err
	}
	if old, found, err := s.commentByKey(ctx, c); found || err != nil {
		return old, err
	}
	c.ID, c.Author, c.At, c.Text = s.newID("cm_"), actor.Principal, s.now(), strings.TrimSpace(c.Text)
	switch n := utf8.RuneCountInString(c.Text); {
	case c.Key == "":
		return c, Errorf(CodeInvalid, "A comment needs an idempotency key.")
	case n == 0:
		return c, Errorf(CodeInvalid, "There are no words to pass on.")
	case n > commentAtMost:
		return c, Errorf(CodeInvalid, "Please say it in at most %d characters: nothing was passed on.", commentAtMost)
	}
	ev := s.event(c.At, EventRequestCommented, actor, r).saying("comment", c.Text)
	if d.Request != "" {
		ev = withDecision(ev, d)
	}
	ev.Detail = map[string]string{"comment": c.ID}
	err = s.Store.Apply(ctx, Change{Comments: []Comment{c}, Events: []Event{ev}, Notices: commentNotices(r, d, c)})
	if ErrorCode(err) == CodeDuplicate { // a redelivery was faster
		if old, found, err := s.commentByKey(ctx, c); found || err != nil {
			return old, err
		}
	}
	return c, err
}

func (s *Service) mayComment(ctx context.Context, actor Actor, r Request, d Decision) error {
	refuse := func(format string, args ...any) error {
		e := Errorf(CodeForbidden, format, args...)
		e.Op = "comment"
		return s.refuse(ctx, actor, r, e)
	}
	switch {
	case actor.Kind != ActorPerson:
		return refuse("Only a person can comment on a request.")
	case !isSelf(actor.Principal, r) && !slices.Contains(d.Approvers, actor.Principal):
		return refuse("Only those who asked for this, or who may answer it, can comment on it.")
	case r.State == RequestDraft:
		return Errorf(CodeForbidden, "This request was not sent yet: there is nobody to read a comment.")
	}
	if _, err := s.active(ctx, actor.Principal); err != nil {
		if ErrorCode(err) == CodeForbidden {
			return refuse("%s", ErrorMessage(err))
		}
		return err
	}
	return nil
}

func (s *Service) commentByKey(ctx context.Context, c Comment) (Comment, bool, error) {
	all, err := s.Store.Comments(ctx, c.Request)
	if i := slices.IndexFunc(all, func(o Comment) bool { return o.Key == c.Key }); err == nil && i >= 0 {
		return all[i], true, nil
	}
	return c, false, err
}

// commentNotices repeats a comment below each card of its request, but for
// those that its author reads.
func commentNotices(r Request, d Decision, c Comment) []Notice {
	var ns []Notice
	for _, n := range append(requesterCards(r), approverCards(r, d)...) {
		if n.Kind == NoticeHome || n.To == c.Author && n.To != "" || n.Slot == c.Below {
			continue
		}
		n.Slot, n.Kind = commentSlot+c.ID+"/"+n.Slot, NoticeComment
		ns = append(ns, n)
	}
	return ns
}

package store

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store/auditlog"
)

// logged appends the audit events of all changes to the tree, and what carries
// their sequence. The lock on the one row in event_head makes writers take
// turns until they commit.
func (w *writer) logged(changes []approvals.Change) error {
	if !slices.ContainsFunc(changes, func(c approvals.Change) bool { return len(c.Events) > 0 }) {
		return nil
	}
	tree, err := w.head()
	if err != nil {
		return err
	}
	var rows appended
	for _, c := range changes {
		if err := rows.add(&tree, c); err != nil {
			return err
		}
	}
	if err := w.put(eventTable, rows.events, ""); err != nil {
		if w.store.dialect.faultOf(err) == faultUnique {
			// No duplicate that a caller may take for success: somebody meddled with the log.
			return &approvals.Error{Code: approvals.CodeInternal, Op: "append audit events", Err: err}
		}
		return err
	}
	if _, err := execute(w.ctx, w.tx, "UPDATE event_head SET sequence = $1, frontier = $2 WHERE id = 1", tree.Size(), tree.Bytes()); err != nil {
		return err
	}
	if err := w.put(textTable, rows.texts, ""); err != nil {
		return err
	}
	if err := w.insert(approvalTable, rows.answers, "This person has answered this request already."); err != nil {
		return err
	}
	return w.put(learnedTable, rows.lessons, "")
}

// head locks the row that numbers events, until the transaction ends, and reads
// the tree.
func (w *writer) head() (auditlog.Frontier, error) {
	heads, err := collect(w.ctx, w.tx, readHead, selectHead+w.store.dialect.lockRow)
	if err != nil {
		return auditlog.Frontier{}, err
	}
	if len(heads) != 1 {
		return auditlog.Frontier{}, approvals.Errorf(approvals.CodeInternal, "The audit log has lost its head row; restore the database.")
	}
	return heads[0].tree()
}

// logHead is the row in event_head.
type logHead struct {
	sequence int64
	frontier []byte // nil: the events are from before there was a tree
}

const selectHead = "SELECT sequence, frontier FROM event_head WHERE id = 1"

func readHead(scan scan) (h logHead, err error) { return h, scan(&h.sequence, &h.frontier) }

func (h logHead) tree() (auditlog.Frontier, error) {
	if h.frontier == nil && h.sequence > 0 {
		return auditlog.Frontier{}, approvals.Errorf(approvals.CodeUnavailable,
			"The audit log is from an earlier version and its events are not hashed yet; run `hallpass migrate`.")
	}
	tree, err := auditlog.ParseFrontier(h.sequence, h.frontier)
	if err != nil {
		err = &approvals.Error{Code: approvals.CodeInternal, Op: "read the audit log's head", Err: err,
			Message: "The audit log's head row was changed by somebody else. Nothing more is written; run `hallpass audit verify`."}
	}
	return tree, err
}

// appended are the rows that come of events.
type appended struct{ events, texts, answers, lessons [][]any }

// add numbers the events of one change, and makes its rows.
func (a *appended) add(tree *auditlog.Frontier, c approvals.Change) error {
	first := tree.Size() + 1
	for _, e := range c.Events {
		e.Sequence = tree.Size() + 1
		e.At = e.At.UTC().Truncate(time.Millisecond)
		if err := a.words(&e); err != nil {
			return err
		}
		body, err := eventBody(e)
		if err != nil {
			return err
		}
		leaf := auditlog.LeafHash(body)
		tree.Append(leaf)
		a.events = append(a.events, []any{e.Sequence, at(e.At), string(e.Kind), string(e.Request), string(e.Grant), string(body), leaf[:]})
	}
	for _, answer := range c.Approvals {
		row, err := approvalRow(answer, first)
		if err != nil {
			return err
		}
		a.answers = append(a.answers, row)
	}
	for i, l := range c.Learned {
		a.lessons = append(a.lessons, learnedRow(l, first, i))
	}
	return nil
}

// words keeps what a person wrote apart from the event, which gets its salted
// hash. They are of the event's actor, or of whoever it was about.
func (a *appended) words(e *approvals.Event) error {
	e.Texts = make(map[string]string, len(e.Words))
	author := cmp.Or(e.Actor.Principal, e.Beneficiary)
	for _, name := range slices.Sorted(maps.Keys(e.Words)) {
		t := auditlog.NewText(e.Sequence, name, e.Words[name])
		hash, err := t.Commitment()
		if err != nil {
			return err
		}
		e.Texts[name] = hash
		a.texts = append(a.texts, []any{t.Sequence, t.Name, string(e.Request), string(author), t.Salt, t.Text})
	}
	return nil
}

// eventBody is an event as it is hashed and stored.
func eventBody(e approvals.Event) ([]byte, error) {
	body, err := auditlog.Marshal(e)
	if err != nil {
		return nil, &approvals.Error{Code: approvals.CodeInvalid, Message: "An audit event can't be written as canonical JSON.", Err: err}
	}
	return body, nil
}

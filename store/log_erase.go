package store

import (
	"context"
	"database/sql"
	"strconv"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Erasure says whose words are to be erased: those of one request, or all that
// one person wrote and that was written in requests by or for that person.
// Exactly one of the two is set.
type Erasure struct {
	Request   approvals.RequestID
	Principal approvals.PrincipalID
}

// ErasedWords stands where words were that a person has to see something of.
const ErasedWords = "(erased)"

// settledInScope selects the requests of an erasure that are settled. Those
// that wait for an answer keep their words until they are.
func (e Erasure) settledInScope() string {
	who := "(requester = $1 OR beneficiary = $1)"
	if e.Request != "" {
		who = "id = $1"
	}
	return "(SELECT id FROM requests WHERE " + who + " AND " + settled + ")"
}

// settled is the condition that nobody needs a request's words any more: it is
// answered, and if it was an emergency, that was reviewed.
const settled = "state NOT IN ('draft', 'pending') AND id NOT IN (SELECT request_id FROM break_glass WHERE closed_at IS NULL)"

// Erase removes people's words, everywhere that this database has them, and
// records that it did. Events keep the salted hashes, and every proof holds;
// with the salts gone nobody can tell whether a guess at the words is right. It
// returns how many texts of the audit log it erased. CodeConflict says that the
// request is not settled yet.
func (s *Store) Erase(ctx context.Context, actor approvals.Actor, e Erasure) (erased int, err error) {
	const op = "erase words"
	if (e.Request == "") == (e.Principal == "") {
		return 0, approvals.Errorf(approvals.CodeInvalid, "Name either a request or a person whose words are to be erased.")
	}
	if e.Request != "" {
		if _, err := s.Request(ctx, e.Request); err != nil {
			return 0, err
		}
		n, err := single(ctx, s, op, "", readInt, "SELECT count(*) FROM requests WHERE id = $1 AND "+settled, string(e.Request))
		if err != nil {
			return 0, err
		}
		if n == 0 {
			return 0, approvals.Errorf(approvals.CodeConflict, "Request %s is not settled and reviewed yet: whoever answers it needs its words.", e.Request)
		}
	}
	if err := s.overwriteFreed(ctx); err != nil {
		return 0, s.dialect.wrap(op, err)
	}
	err = s.transact(ctx, op, func(tx *sql.Tx) (err error) {
		erased, err = (&writer{store: s, tx: tx, ctx: ctx}).erase(actor, e)
		return err
	})
	if err == nil {
		err = s.dialect.wrap(op, s.dropOldPages(ctx))
	}
	return erased, err
}

func (w *writer) erase(actor approvals.Actor, e Erasure) (int, error) {
	who, scope := string(e.Request), e.settledInScope()
	mine := func(column string) string { return "" }
	if e.Principal != "" {
		who = string(e.Principal)
		mine = func(column string) string {
			return " OR " + column + " = $1 AND request_id IN (SELECT id FROM requests WHERE " + settled + ")"
		}
	}
	// A text without a request is of an event that concerns none.
	loose := ""
	if e.Principal != "" {
		loose = " OR author = $1 AND request_id = ''"
	}
	n, err := execute(w.ctx, w.tx, "DELETE FROM texts WHERE request_id IN "+scope+mine("author")+loose, who)
	if err != nil {
		return 0, err
	}
	const gone = "'" + ErasedWords + "'"
	for _, statement := range []string{
		"UPDATE grants SET version = version + 1, end_note = " + gone + " WHERE end_note <> '' AND ended_by <> '' AND (request_id IN " + scope + mine("ended_by") + ")",
		"UPDATE approvals SET note = " + gone + " WHERE note <> '' AND (request_id IN " + scope + mine("approver") + ")",
		"UPDATE break_glass SET version = version + 1, note = " + gone + " WHERE note <> '' AND (request_id IN " + scope + mine("closed_by") + ")",
		"UPDATE review_items SET version = version + 1, note = " + gone + " WHERE note <> '' AND (request_id IN " + scope + mine("asked") + ")",
		"UPDATE comments SET text = " + gone + " WHERE request_id IN " + scope + mine("author"),
		"DELETE FROM summaries WHERE request_id IN " + scope,
		"UPDATE requests SET version = version + 1, reason = " + gone + ", ticket = '', fields = 'null'," +
			" note = CASE WHEN decided_by = '' OR note = '' THEN note ELSE " + gone + " END WHERE id IN " + scope,
	} {
		if _, err := execute(w.ctx, w.tx, statement, who); err != nil {
			return 0, err
		}
	}
	if e.Principal != "" { // what this person noted on requests of others
		if _, err := execute(w.ctx, w.tx, "UPDATE requests SET version = version + 1, note = "+gone+
			" WHERE decided_by = $1 AND note <> '' AND "+settled, who); err != nil {
			return 0, err
		}
	}
	// What doors delivered was handled; only that it came must be known.
	if _, err := execute(w.ctx, w.tx, "UPDATE inbound SET payload = $1 WHERE done_at IS NOT NULL", []byte{}); err != nil {
		return 0, err
	}
	ev := approvals.Event{At: w.store.now(), Kind: approvals.EventTextErased, Actor: actor, Request: e.Request, Beneficiary: e.Principal,
		Detail: map[string]string{"texts": strconv.FormatInt(n, 10)}}
	return int(n), w.logged([]approvals.Change{{Events: []approvals.Event{ev}}})
}

// overwriteFreed makes SQLite overwrite what it deletes. PostgreSQL leaves that
// to vacuum.
func (s *Store) overwriteFreed(ctx context.Context) error {
	if s.dialect != sqlite {
		return nil
	}
	_, err := collect(ctx, s.db, readInt, "PRAGMA secure_delete = ON")
	return err
}

// dropOldPages empties SQLite's write-ahead log, in which deleted words may
// still stand.
func (s *Store) dropOldPages(ctx context.Context) error {
	if s.dialect != sqlite {
		return nil
	}
	_, err := collect(ctx, s.db, func(scan scan) (busy int, err error) {
		var log, moved int
		return busy, scan(&busy, &log, &moved)
	}, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// FirstDecisions hands over the first decision of each request that was taken
// at or after a time (zero: ever), in no particular order, as it is stored: the JSON of
// facts, assessment and ruling. Second looks at the same request are left out, and so is
// what was opened by break-glass or is standing access that was adopted: another
// action of the law, or nobody, decided it.
//
// What it hands over is valid until yield returns, and it holds one row at a
// time, however many there are. It stops at the first error of yield and
// returns it. Over SQLite nothing else is read or written meanwhile.
func (s *Store) FirstDecisions(ctx context.Context, since time.Time, yield func(id approvals.RequestID, facts, assessment, ruling []byte) error) error {
	const op = "read decisions"
	if since.IsZero() { // which is stored as NULL, and nothing compares with that
		since = time.Unix(0, 0)
	}
	return s.each(ctx, op, func(scan scan) error {
		var id approvals.RequestID
		var facts, assessment, ruling sql.RawBytes
		if err := scan(&id, &facts, &assessment, &ruling); err != nil {
			return s.dialect.wrap(op, err)
		}
		return yield(id, facts, assessment, ruling)
	}, "SELECT request_id, facts, assessment, ruling FROM decisions WHERE sequence = 1 AND at >= $1"+
		" AND NOT EXISTS (SELECT 1 FROM break_glass WHERE break_glass.request_id = decisions.request_id)"+
		" AND NOT EXISTS (SELECT 1 FROM requests WHERE requests.id = decisions.request_id AND requests.kind = 'adoption')", at(since))
}

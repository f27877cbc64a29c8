package store

import (
	"context"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// adrift finds what its rows need and no unfinished task stands for. Each part
// reads an index that holds only what is due or unfinished. A nudge is put
// again only shortly before the end, and only if none was ever put.
const adrift = `
	SELECT 'revoke' AS kind, id AS key FROM grants WHERE due_at <= $1 AND NOT EXISTS (
		SELECT 1 FROM tasks WHERE kind = 'revoke' AND key = grants.id AND done_at IS NULL)
	UNION ALL
	SELECT 'provision' AS kind, id AS key FROM grants WHERE state IN ('scheduled', 'provisioning') AND (starts_at IS NULL OR starts_at <= $1) AND NOT EXISTS (
		SELECT 1 FROM tasks WHERE kind = 'provision' AND key = grants.id AND done_at IS NULL)
	UNION ALL
	SELECT 'remind' AS kind, id AS key FROM grants WHERE due_at > $1 AND due_at <= $2 AND state = 'active' AND NOT EXISTS (
		SELECT 1 FROM tasks WHERE kind = 'remind' AND key = grants.id)
	UNION ALL
	SELECT 'lapse' AS kind, id AS key FROM requests WHERE state = 'pending' AND lapses_at <= $1 AND NOT EXISTS (
		SELECT 1 FROM tasks WHERE kind = 'lapse' AND key = requests.id AND done_at IS NULL)
	UNION ALL
	SELECT 'break_glass' AS kind, request_id AS key FROM break_glass WHERE closed_at IS NULL AND due_at <= $1 AND NOT EXISTS (
		SELECT 1 FROM tasks WHERE kind = 'break_glass' AND key = break_glass.request_id AND done_at IS NULL)
	LIMIT $3`

// Adrift lists at most limit tasks that grants and requests need by now and
// that nobody holds or waits for: whoever sweeps puts them again. They are to
// be run at once.
func (s *Store) Adrift(ctx context.Context, now time.Time, limit int) ([]approvals.Task, error) {
	const nudge = 10 * time.Minute // as late as approvals.Grant.NudgeAt lets a nudge come
	return list(ctx, s, "look for lost tasks", func(scan scan) (t approvals.Task, err error) {
		t.RunAt = now
		return t, scan(&t.Kind, &t.Key)
	}, adrift, at(now), at(now.Add(nudge)), int64(limit))
}

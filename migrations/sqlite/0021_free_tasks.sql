-- +goose Up

-- Tasks that somebody holds are not looked at to find those that are due: when
-- very much ends at once, thousands are held and thousands more wait.
CREATE INDEX tasks_free ON tasks (kind, run_at, id) WHERE done_at IS NULL AND leased_until IS NULL;
DROP INDEX tasks_ready;

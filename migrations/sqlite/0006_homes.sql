-- +goose Up

-- A person's Home tab is drawn from the state when it is published, so that of
-- those that wait only the last is kept.
CREATE INDEX notices_home ON notices (slot, id) WHERE kind = 'home';

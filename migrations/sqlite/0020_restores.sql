-- +goose Up

-- When the database was found to be older than what was known of it. One that
-- nobody has accepted holds grants and repairs back.
CREATE TABLE restores (
    id          text PRIMARY KEY,
    version     integer NOT NULL,
    found_at    text NOT NULL,
    had         integer NOT NULL,
    known       integer NOT NULL,
    until       text,
    whole       integer NOT NULL,
    listed      text NOT NULL, -- JSON
    accepted_at text,
    accepted_by text NOT NULL
) STRICT;
CREATE UNIQUE INDEX restores_open ON restores ((1)) WHERE accepted_at IS NULL;

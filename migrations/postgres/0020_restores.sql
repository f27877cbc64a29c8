-- +goose Up

-- When the database was found to be older than what was known of it. One that
-- nobody has accepted holds grants and repairs back.
CREATE TABLE restores (
    id          text COLLATE "C" PRIMARY KEY,
    version     bigint NOT NULL,
    found_at    timestamptz NOT NULL,
    had         bigint NOT NULL,
    known       bigint NOT NULL,
    until       timestamptz,
    whole       boolean NOT NULL,
    listed      text NOT NULL, -- JSON
    accepted_at timestamptz,
    accepted_by text COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX restores_open ON restores ((1)) WHERE accepted_at IS NULL;

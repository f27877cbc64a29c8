-- +goose Up

-- The last good reading of each directory source, for the next start and the
-- other replicas; why a later one was not taken, and who said that it is right.
CREATE TABLE directories (
    source      text PRIMARY KEY,
    people      text NOT NULL, -- JSON; empty: none yet
    as_of       text,
    refused     text NOT NULL, -- JSON: losses; empty: none
    refused_at  text,
    accepted    text NOT NULL, -- JSON: losses; empty: none
    accepted_by text NOT NULL,
    accepted_at text
) STRICT;

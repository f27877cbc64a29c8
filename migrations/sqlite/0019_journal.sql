-- +goose Up

-- The entries of local journals that are in the log: each is merged once.
CREATE TABLE journal (
    id text PRIMARY KEY
) STRICT;

-- +goose Up

-- The entries of local journals that are in the log: each is merged once.
CREATE TABLE journal (
    id text COLLATE "C" PRIMARY KEY
);

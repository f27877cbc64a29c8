-- +goose Up

-- How far each receiver of audit events outside of the database has got. One
-- process at a time serves it: the turn grows when another one takes it.
CREATE TABLE forwards (
    name          text COLLATE "C" PRIMARY KEY,
    sequence      bigint NOT NULL, -- of the last event that arrived
    at            timestamptz,
    failing_since timestamptz,
    last_error    text NOT NULL,
    turn          bigint NOT NULL,
    leased_until  timestamptz,
    holder        bigint
);

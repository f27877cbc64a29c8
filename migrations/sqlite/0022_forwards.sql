-- +goose Up

-- How far each receiver of audit events outside of the database has got. One
-- process at a time serves it: the turn grows when another one takes it.
CREATE TABLE forwards (
    name          text PRIMARY KEY,
    sequence      integer NOT NULL, -- of the last event that arrived
    at            text,
    failing_since text,
    last_error    text NOT NULL,
    turn          integer NOT NULL,
    leased_until  text,
    holder        integer
) STRICT;

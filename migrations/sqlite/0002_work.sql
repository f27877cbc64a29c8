-- +goose Up

CREATE TABLE tasks (
    id           integer PRIMARY KEY AUTOINCREMENT,
    kind         text NOT NULL,
    key          text NOT NULL,
    run_at       text NOT NULL,
    attempt      integer NOT NULL DEFAULT 0, -- grows with each lease, and when a lease is taken away
    leased_until text,
    done_at      text, -- finished or cancelled: the row stays a while, so that old leases and ticks are known
    last_error   text NOT NULL DEFAULT '',
    UNIQUE (kind, key)
) STRICT;
CREATE INDEX tasks_ready ON tasks (kind, run_at, id) WHERE done_at IS NULL;
CREATE INDEX tasks_leased ON tasks (kind, leased_until) WHERE leased_until IS NOT NULL;
CREATE INDEX tasks_done  ON tasks (done_at) WHERE done_at IS NOT NULL;

CREATE TABLE notices (
    id           integer PRIMARY KEY AUTOINCREMENT,
    slot         text NOT NULL,
    ord          text NOT NULL,
    kind         text NOT NULL,
    request_id   text NOT NULL,
    grant_id     text NOT NULL,
    recipient    text NOT NULL,
    channel      text NOT NULL,
    words        text NOT NULL,
    run_at       text NOT NULL,
    attempt      integer NOT NULL DEFAULT 0,
    settled      integer NOT NULL DEFAULT 0, -- the last attempt of which it is known that it did not reach the door
    leased_until text,
    last_error   text NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX notices_order ON notices (ord, id);
CREATE INDEX notices_ready ON notices (run_at, id);

CREATE TABLE messages (
    slot    text PRIMARY KEY,
    channel text NOT NULL,
    ts      text NOT NULL,
    digest  text NOT NULL
) STRICT;

CREATE TABLE inbound (
    id           integer PRIMARY KEY AUTOINCREMENT,
    key          text NOT NULL UNIQUE,
    kind         text NOT NULL,
    payload      blob NOT NULL,
    ord          text NOT NULL,
    at           text NOT NULL,
    run_at       text NOT NULL,
    attempt      integer NOT NULL DEFAULT 0,
    leased_until text,
    done_at      text, -- handled: the row stays a while, so that a redelivery is known
    last_error   text NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX inbound_order ON inbound (ord, id) WHERE done_at IS NULL;
CREATE INDEX inbound_ready ON inbound (run_at, id) WHERE done_at IS NULL;
CREATE INDEX inbound_done  ON inbound (done_at) WHERE done_at IS NOT NULL;

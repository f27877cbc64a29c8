-- +goose Up

CREATE TABLE tasks (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text COLLATE "C" NOT NULL,
    key          text COLLATE "C" NOT NULL,
    run_at       timestamptz NOT NULL,
    attempt      bigint      NOT NULL DEFAULT 0, -- grows with each lease, and when a lease is taken away
    leased_until timestamptz,
    done_at      timestamptz, -- finished or cancelled: the row stays a while, so that old leases and ticks are known
    last_error   text        NOT NULL DEFAULT '',
    UNIQUE (kind, key)
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX tasks_ready ON tasks (kind, run_at, id) WHERE done_at IS NULL;
CREATE INDEX tasks_leased ON tasks (kind, leased_until) WHERE leased_until IS NOT NULL;
CREATE INDEX tasks_done  ON tasks (done_at) WHERE done_at IS NOT NULL;

CREATE TABLE notices (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slot         text COLLATE "C" NOT NULL,
    ord          text COLLATE "C" NOT NULL,
    kind         text        NOT NULL,
    request_id   text        NOT NULL,
    grant_id     text        NOT NULL,
    recipient    text        NOT NULL,
    channel      text        NOT NULL,
    words        text        NOT NULL,
    run_at       timestamptz NOT NULL,
    attempt      bigint      NOT NULL DEFAULT 0,
    settled      bigint      NOT NULL DEFAULT 0, -- the last attempt of which it is known that it did not reach the door
    leased_until timestamptz,
    last_error   text        NOT NULL DEFAULT ''
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX notices_order ON notices (ord, id);
CREATE INDEX notices_ready ON notices (run_at, id);

CREATE TABLE messages (
    slot    text COLLATE "C" PRIMARY KEY,
    channel text NOT NULL,
    ts      text NOT NULL,
    digest  text NOT NULL
);

CREATE TABLE inbound (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key          text COLLATE "C" NOT NULL UNIQUE,
    kind         text        NOT NULL,
    payload      bytea       NOT NULL,
    ord          text COLLATE "C" NOT NULL,
    at           timestamptz NOT NULL,
    run_at       timestamptz NOT NULL,
    attempt      bigint      NOT NULL DEFAULT 0,
    leased_until timestamptz,
    done_at      timestamptz, -- handled: the row stays a while, so that a redelivery is known
    last_error   text        NOT NULL DEFAULT ''
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX inbound_order ON inbound (ord, id) WHERE done_at IS NULL;
CREATE INDEX inbound_ready ON inbound (run_at, id) WHERE done_at IS NULL;
CREATE INDEX inbound_done  ON inbound (done_at) WHERE done_at IS NOT NULL;

-- +goose Up

-- Times are UTC text of one width, "2006-01-02T15:04:05.000Z": they sort as they
-- pass. Booleans are 0 and 1.
CREATE TABLE requests (
    id           text PRIMARY KEY,
    version      integer NOT NULL,
    kind         text NOT NULL,
    state        text NOT NULL,
    requester    text NOT NULL,
    beneficiary  text NOT NULL,
    entitlement  text NOT NULL,
    duration     integer NOT NULL, -- nanoseconds
    reason       text NOT NULL,
    ticket       text NOT NULL,
    grant_id     text NOT NULL,
    key          text NOT NULL UNIQUE,
    origin       text NOT NULL,
    created_at   text NOT NULL,
    submitted_at text,
    lapses_at    text,
    decided_at   text,
    decided_by   text NOT NULL,
    note         text NOT NULL
) STRICT;
CREATE INDEX requests_requester   ON requests (requester, created_at, id);
CREATE INDEX requests_beneficiary ON requests (beneficiary, created_at, id);
CREATE INDEX requests_pending     ON requests (beneficiary, entitlement, created_at, id) WHERE state = 'pending';
CREATE INDEX requests_lapsing     ON requests (lapses_at, id) WHERE state = 'pending';
CREATE INDEX requests_automatic   ON requests (beneficiary, decided_at) WHERE state = 'approved' AND decided_by = '';

CREATE TABLE grants (
    id             text PRIMARY KEY,
    version        integer NOT NULL,
    request_id     text NOT NULL,
    entitlement    text NOT NULL,
    principal      text NOT NULL,
    state          text NOT NULL,
    connector      text NOT NULL,
    account        text NOT NULL,
    target         text NOT NULL, -- JSON
    duration       integer NOT NULL, -- nanoseconds
    created_at     text NOT NULL,
    prechecked     integer NOT NULL,
    standing       integer NOT NULL,
    receipt        text NOT NULL, -- JSON
    call_until     text, -- a call that gives access may be under way until then
    active_at      text,
    ends_at        text,
    end_reason     text NOT NULL,
    ended_by       text NOT NULL,
    end_note       text NOT NULL,
    revoking_at    text,
    revoked_at     text,
    residual_until text,
    attempts       integer NOT NULL,
    last_error     text NOT NULL,
    due_at         text -- when something must be done about it; follows from the rest
) STRICT;
CREATE INDEX grants_principal   ON grants (principal, created_at, id);
CREATE INDEX grants_live        ON grants (principal, entitlement, created_at, id) WHERE state NOT IN ('revoked', 'failed');
CREATE INDEX grants_entitlement ON grants (entitlement, id) WHERE state NOT IN ('revoked', 'failed');
CREATE INDEX grants_state       ON grants (state, id);
CREATE INDEX grants_due         ON grants (due_at, id) WHERE due_at IS NOT NULL;

CREATE TABLE decisions (
    request_id text NOT NULL REFERENCES requests (id),
    sequence   integer NOT NULL,
    at         text NOT NULL,
    facts      text NOT NULL, -- JSON, byte for byte what was digested
    assessment text NOT NULL, -- JSON
    ruling     text NOT NULL, -- JSON
    approvers  text NOT NULL, -- JSON
    fallback   integer NOT NULL,
    asked      text NOT NULL, -- JSON: who has a card
    asked_in   text NOT NULL, -- JSON: the channels that have one
    PRIMARY KEY (request_id, sequence)
) STRICT;

CREATE TABLE approvals (
    request_id   text NOT NULL REFERENCES requests (id),
    approver     text NOT NULL,
    sequence     integer NOT NULL, -- of the change's first event; orders them
    answer       text NOT NULL,
    note         text NOT NULL,
    at           text NOT NULL,
    facts_digest text NOT NULL,
    version      text NOT NULL, -- JSON
    policies     text NOT NULL, -- JSON
    via          text NOT NULL,
    PRIMARY KEY (request_id, approver)
) STRICT;

-- Who may answer a request that nobody has settled yet: the approvers of its
-- latest decision. Rows go when the request is settled.
CREATE TABLE askings (
    request_id text NOT NULL REFERENCES requests (id),
    approver   text NOT NULL,
    PRIMARY KEY (request_id, approver)
) STRICT;
CREATE INDEX askings_approver ON askings (approver);

CREATE TABLE events (
    sequence    integer PRIMARY KEY,
    at          text NOT NULL,
    kind        text NOT NULL,
    request_id  text NOT NULL,
    grant_id    text NOT NULL,
    body        text NOT NULL -- the whole event as JSON
) STRICT;
CREATE INDEX events_request ON events (request_id, sequence) WHERE request_id <> '';
CREATE INDEX events_grant   ON events (grant_id, sequence) WHERE grant_id <> '';

-- The one row that numbers events. A rollback gives the numbers back, so there
-- are no gaps.
CREATE TABLE event_head (
    id       integer PRIMARY KEY CHECK (id = 1),
    sequence integer NOT NULL
) STRICT;
INSERT INTO event_head (id, sequence) VALUES (1, 0);

-- +goose StatementBegin
CREATE TRIGGER events_keep_update BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'audit events are append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER events_keep_delete BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'audit events are append-only');
END;
-- +goose StatementEnd
-- INSERT OR REPLACE would delete without firing the trigger above.
-- +goose StatementBegin
CREATE TRIGGER events_keep_replace BEFORE INSERT ON events
WHEN EXISTS (SELECT 1 FROM events WHERE sequence = NEW.sequence)
BEGIN
    SELECT RAISE(ABORT, 'audit events are append-only');
END;
-- +goose StatementEnd

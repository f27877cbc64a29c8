-- +goose Up

-- Identifiers compare byte by byte (collation "C"), as they do in SQLite, so
-- that pages and uniqueness are the same on both engines.
CREATE TABLE requests (
    id           text COLLATE "C" PRIMARY KEY,
    version      bigint      NOT NULL,
    kind         text        NOT NULL,
    state        text        NOT NULL,
    requester    text COLLATE "C" NOT NULL,
    beneficiary  text COLLATE "C" NOT NULL,
    entitlement  text COLLATE "C" NOT NULL,
    duration     bigint      NOT NULL, -- nanoseconds
    reason       text        NOT NULL,
    ticket       text        NOT NULL,
    grant_id     text COLLATE "C" NOT NULL,
    key          text COLLATE "C" NOT NULL UNIQUE,
    origin       text        NOT NULL,
    created_at   timestamptz NOT NULL,
    submitted_at timestamptz,
    lapses_at    timestamptz,
    decided_at   timestamptz,
    decided_by   text COLLATE "C" NOT NULL,
    note         text        NOT NULL
);
CREATE INDEX requests_requester   ON requests (requester, created_at, id);
CREATE INDEX requests_beneficiary ON requests (beneficiary, created_at, id);
CREATE INDEX requests_pending     ON requests (beneficiary, entitlement, created_at, id) WHERE state = 'pending';
CREATE INDEX requests_lapsing     ON requests (lapses_at, id) WHERE state = 'pending';
CREATE INDEX requests_automatic   ON requests (beneficiary, decided_at) WHERE state = 'approved' AND decided_by = '';

CREATE TABLE grants (
    id             text COLLATE "C" PRIMARY KEY,
    version        bigint      NOT NULL,
    request_id     text COLLATE "C" NOT NULL,
    entitlement    text COLLATE "C" NOT NULL,
    principal      text COLLATE "C" NOT NULL,
    state          text COLLATE "C" NOT NULL,
    connector      text        NOT NULL,
    account        text        NOT NULL,
    target         text        NOT NULL, -- JSON
    duration       bigint      NOT NULL, -- nanoseconds
    created_at     timestamptz NOT NULL,
    prechecked     boolean     NOT NULL,
    standing       boolean     NOT NULL,
    receipt        text        NOT NULL, -- JSON
    call_until     timestamptz, -- a call that gives access may be under way until then
    active_at      timestamptz,
    ends_at        timestamptz,
    end_reason     text        NOT NULL,
    ended_by       text COLLATE "C" NOT NULL,
    end_note       text        NOT NULL,
    revoking_at    timestamptz,
    revoked_at     timestamptz,
    residual_until timestamptz,
    attempts       bigint      NOT NULL,
    last_error     text        NOT NULL,
    due_at         timestamptz -- when something must be done about it; follows from the rest
);
CREATE INDEX grants_principal   ON grants (principal, created_at, id);
CREATE INDEX grants_live        ON grants (principal, entitlement, created_at, id) WHERE state NOT IN ('revoked', 'failed');
CREATE INDEX grants_entitlement ON grants (entitlement, id) WHERE state NOT IN ('revoked', 'failed');
CREATE INDEX grants_state       ON grants (state, id);
CREATE INDEX grants_due         ON grants (due_at, id) WHERE due_at IS NOT NULL;

CREATE TABLE decisions (
    request_id text COLLATE "C" NOT NULL REFERENCES requests (id),
    sequence   bigint      NOT NULL,
    at         timestamptz NOT NULL,
    facts      text        NOT NULL, -- JSON, byte for byte what was digested
    assessment text        NOT NULL, -- JSON
    ruling     text        NOT NULL, -- JSON
    approvers  text        NOT NULL, -- JSON
    fallback   boolean     NOT NULL,
    asked      text NOT NULL, -- JSON: who has a card
    asked_in   text NOT NULL, -- JSON: the channels that have one
    PRIMARY KEY (request_id, sequence)
);

CREATE TABLE approvals (
    request_id   text COLLATE "C" NOT NULL REFERENCES requests (id),
    approver     text COLLATE "C" NOT NULL,
    sequence     bigint      NOT NULL, -- of the change's first event; orders them
    answer       text        NOT NULL,
    note         text        NOT NULL,
    at           timestamptz NOT NULL,
    facts_digest text        NOT NULL,
    version      text        NOT NULL, -- JSON
    policies     text        NOT NULL, -- JSON
    via          text        NOT NULL,
    PRIMARY KEY (request_id, approver)
);

-- Who may answer a request that nobody has settled yet: the approvers of its
-- latest decision. Rows go when the request is settled.
CREATE TABLE askings (
    request_id text COLLATE "C" NOT NULL REFERENCES requests (id),
    approver   text COLLATE "C" NOT NULL,
    PRIMARY KEY (request_id, approver)
);
CREATE INDEX askings_approver ON askings (approver);

CREATE TABLE events (
    sequence    bigint PRIMARY KEY,
    at          timestamptz NOT NULL,
    kind        text        NOT NULL,
    request_id  text COLLATE "C" NOT NULL,
    grant_id    text COLLATE "C" NOT NULL,
    body        text        NOT NULL -- the whole event as JSON
);
CREATE INDEX events_request ON events (request_id, sequence) WHERE request_id <> '';
CREATE INDEX events_grant   ON events (grant_id, sequence) WHERE grant_id <> '';

-- The one row that numbers events. Its row lock, held until commit, makes
-- writers take turns; a rollback gives the numbers back, so there are no gaps.
CREATE TABLE event_head (
    id       bigint PRIMARY KEY CHECK (id = 1),
    sequence bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO event_head (id, sequence) VALUES (1, 0);

-- +goose StatementBegin
CREATE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit events are append-only';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER events_keep BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION refuse_event_change();
CREATE TRIGGER events_keep_all BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_event_change();

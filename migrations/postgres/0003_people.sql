-- +goose Up

CREATE TABLE bindings (
    door      text COLLATE "C" NOT NULL,
    workspace text COLLATE "C" NOT NULL,
    subject   text COLLATE "C" NOT NULL,
    version   bigint      NOT NULL,
    principal text COLLATE "C" NOT NULL,
    email     text        NOT NULL,
    state     text        NOT NULL,
    note      text        NOT NULL,
    bound_at  timestamptz NOT NULL,
    PRIMARY KEY (door, workspace, subject)
);
CREATE INDEX bindings_principal ON bindings (door, principal);

CREATE TABLE summaries (
    request_id text COLLATE "C" PRIMARY KEY REFERENCES requests (id),
    text       text        NOT NULL,
    model      text        NOT NULL,
    prompt     text        NOT NULL,
    at         timestamptz NOT NULL
);

CREATE TABLE holdings (
    entitlement text COLLATE "C" NOT NULL,
    account     text COLLATE "C" NOT NULL,
    principal   text COLLATE "C" NOT NULL,
    as_of       timestamptz NOT NULL,
    PRIMARY KEY (entitlement, account)
);

-- Human decisions, for the score to learn from.
CREATE TABLE learned (
    sequence    bigint      NOT NULL, -- of the change's first event
    position    bigint      NOT NULL, -- within the change
    at          timestamptz NOT NULL,
    request_id  text        NOT NULL,
    entitlement text        NOT NULL,
    beneficiary text        NOT NULL,
    manager     text        NOT NULL,
    title       text        NOT NULL,
    department  text        NOT NULL,
    location    text        NOT NULL,
    approver    text        NOT NULL,
    approved    boolean     NOT NULL,
    duration    bigint      NOT NULL, -- nanoseconds
    PRIMARY KEY (sequence, position)
);

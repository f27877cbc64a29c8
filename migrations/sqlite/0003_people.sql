-- +goose Up

CREATE TABLE bindings (
    door      text NOT NULL,
    workspace text NOT NULL,
    subject   text NOT NULL,
    version   integer NOT NULL,
    principal text NOT NULL,
    email     text NOT NULL,
    state     text NOT NULL,
    note      text NOT NULL,
    bound_at  text NOT NULL,
    PRIMARY KEY (door, workspace, subject)
) STRICT;
CREATE INDEX bindings_principal ON bindings (door, principal);

CREATE TABLE summaries (
    request_id text PRIMARY KEY REFERENCES requests (id),
    text       text NOT NULL,
    model      text NOT NULL,
    prompt     text NOT NULL,
    at         text NOT NULL
) STRICT;

CREATE TABLE holdings (
    entitlement text NOT NULL,
    account     text NOT NULL,
    principal   text NOT NULL,
    as_of       text NOT NULL,
    PRIMARY KEY (entitlement, account)
) STRICT;

-- Human decisions, for the score to learn from.
CREATE TABLE learned (
    sequence    integer NOT NULL, -- of the change's first event
    position    integer NOT NULL, -- within the change
    at          text NOT NULL,
    request_id  text NOT NULL,
    entitlement text NOT NULL,
    beneficiary text NOT NULL,
    manager     text NOT NULL,
    title       text NOT NULL,
    department  text NOT NULL,
    location    text NOT NULL,
    approver    text NOT NULL,
    approved    integer NOT NULL,
    duration    integer NOT NULL, -- nanoseconds
    PRIMARY KEY (sequence, position)
) STRICT;

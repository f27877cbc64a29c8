-- +goose Up

-- Where a system and the grants differ, each once from the first look that
-- found it to its end; and the access that nobody granted and that stays.
CREATE TABLE drift (
    id          text PRIMARY KEY,
    version     integer NOT NULL,
    kind        text NOT NULL,
    entitlement text NOT NULL,
    connector   text NOT NULL,
    target      text NOT NULL, -- JSON
    account     text NOT NULL,
    folded      text NOT NULL, -- the account in lower case
    principal   text NOT NULL,
    grant_id    text NOT NULL,
    instead     text NOT NULL,
    repair      text NOT NULL,
    attempts    integer NOT NULL,
    last_error  text NOT NULL,
    first_seen  text NOT NULL,
    last_seen   text NOT NULL,
    resolved_at text,
    resolution  text NOT NULL
) STRICT;
CREATE UNIQUE INDEX drift_open ON drift (entitlement, folded, grant_id) WHERE resolved_at IS NULL;
CREATE INDEX drift_account ON drift (entitlement, folded);
CREATE INDEX drift_kind ON drift (kind) WHERE resolved_at IS NULL;

-- The first look at each entitlement: what that found is standing access.
CREATE TABLE baselines (
    entitlement text PRIMARY KEY,
    connector   text NOT NULL,
    target      text NOT NULL, -- JSON
    at          text NOT NULL,
    trust_until text -- until then a list is believed however short it is
) STRICT;

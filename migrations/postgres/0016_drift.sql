-- +goose Up

-- Where a system and the grants differ, each once from the first look that
-- found it to its end; and the access that nobody granted and that stays.
CREATE TABLE drift (
    id          text COLLATE "C" PRIMARY KEY,
    version     bigint NOT NULL,
    kind        text COLLATE "C" NOT NULL,
    entitlement text COLLATE "C" NOT NULL,
    connector   text COLLATE "C" NOT NULL,
    target      text NOT NULL, -- JSON
    account     text COLLATE "C" NOT NULL,
    folded      text COLLATE "C" NOT NULL, -- the account in lower case
    principal   text COLLATE "C" NOT NULL,
    grant_id    text COLLATE "C" NOT NULL,
    instead     text COLLATE "C" NOT NULL,
    repair      text NOT NULL,
    attempts    bigint NOT NULL,
    last_error  text NOT NULL,
    first_seen  timestamptz NOT NULL,
    last_seen   timestamptz NOT NULL,
    resolved_at timestamptz,
    resolution  text NOT NULL
);
CREATE UNIQUE INDEX drift_open ON drift (entitlement, folded, grant_id) WHERE resolved_at IS NULL;
CREATE INDEX drift_account ON drift (entitlement, folded);
CREATE INDEX drift_kind ON drift (kind) WHERE resolved_at IS NULL;

-- The first look at each entitlement: what that found is standing access.
CREATE TABLE baselines (
    entitlement text COLLATE "C" PRIMARY KEY,
    connector   text COLLATE "C" NOT NULL,
    target      text NOT NULL, -- JSON
    at          timestamptz NOT NULL,
    trust_until timestamptz -- until then a list is believed however short it is
);

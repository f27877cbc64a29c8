-- +goose Up

-- Reviews of what nobody looked at when it was decided.
CREATE TABLE campaigns (
    id        text COLLATE "C" PRIMARY KEY,
    version   bigint NOT NULL,
    state     text NOT NULL,
    frozen_at timestamptz NOT NULL,
    body      text NOT NULL -- JSON, but for the version
);
CREATE INDEX campaigns_open ON campaigns (frozen_at) WHERE state <> 'closed';

-- The sample of each. What is not in it is in the audit log.
CREATE TABLE review_items (
    campaign   text COLLATE "C" NOT NULL REFERENCES campaigns (id),
    request_id text COLLATE "C" NOT NULL,
    version    bigint NOT NULL,
    asked      text COLLATE "C" NOT NULL, -- who has it before them
    verdict    text NOT NULL, -- empty: nobody has said
    note       text NOT NULL, -- a person's words
    body       text NOT NULL, -- JSON of the rest
    PRIMARY KEY (campaign, request_id)
);
CREATE INDEX review_items_asked ON review_items (asked, campaign) WHERE verdict = '';
CREATE INDEX review_items_request ON review_items (request_id);

-- What computing again found.
CREATE TABLE review_exceptions (
    campaign   text COLLATE "C" NOT NULL REFERENCES campaigns (id),
    request_id text COLLATE "C" NOT NULL,
    kind       text COLLATE "C" NOT NULL,
    words      text NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (campaign, request_id, kind)
);

-- Rules that stopped approving by themselves.
CREATE TABLE lapses (
    rule        text COLLATE "C" NOT NULL,
    text        text COLLATE "C" NOT NULL, -- SHA-256 of the rule
    version     bigint NOT NULL,
    campaign    text COLLATE "C" NOT NULL,
    why         text NOT NULL,
    since       timestamptz NOT NULL,
    lifted_at   timestamptz,
    lifted_by   text COLLATE "C" NOT NULL,
    lifted_note text NOT NULL,
    PRIMARY KEY (rule, text, campaign)
);

-- The texts that decided, under the names by which decisions refer to them. A
-- name is a digest of the text, so that nobody can put another in its place.
CREATE TABLE laws (
    kind  text COLLATE "C" NOT NULL, -- "policies" or "weights"
    name  text COLLATE "C" NOT NULL,
    body  text NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (kind, name)
);

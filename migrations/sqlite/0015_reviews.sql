-- +goose Up

-- Reviews of what nobody looked at when it was decided.
CREATE TABLE campaigns (
    id        text PRIMARY KEY,
    version   integer NOT NULL,
    state     text NOT NULL,
    frozen_at text NOT NULL,
    body      text NOT NULL -- JSON, but for the version
) STRICT;
CREATE INDEX campaigns_open ON campaigns (frozen_at) WHERE state <> 'closed';

-- The sample of each. What is not in it is in the audit log.
CREATE TABLE review_items (
    campaign   text NOT NULL REFERENCES campaigns (id),
    request_id text NOT NULL,
    version    integer NOT NULL,
    asked      text NOT NULL, -- who has it before them
    verdict    text NOT NULL, -- empty: nobody has said
    note       text NOT NULL, -- a person's words
    body       text NOT NULL, -- JSON of the rest
    PRIMARY KEY (campaign, request_id)
) STRICT;
CREATE INDEX review_items_asked ON review_items (asked, campaign) WHERE verdict = '';
CREATE INDEX review_items_request ON review_items (request_id);

-- What computing again found.
CREATE TABLE review_exceptions (
    campaign   text NOT NULL REFERENCES campaigns (id),
    request_id text NOT NULL,
    kind       text NOT NULL,
    words      text NOT NULL,
    at         text NOT NULL,
    PRIMARY KEY (campaign, request_id, kind)
) STRICT;

-- Rules that stopped approving by themselves.
CREATE TABLE lapses (
    rule        text NOT NULL,
    text        text NOT NULL, -- SHA-256 of the rule
    version     integer NOT NULL,
    campaign    text NOT NULL,
    why         text NOT NULL,
    since       text NOT NULL,
    lifted_at   text,
    lifted_by   text NOT NULL,
    lifted_note text NOT NULL,
    PRIMARY KEY (rule, text, campaign)
) STRICT;

-- The texts that decided, under the names by which decisions refer to them. A
-- name is a digest of the text, so that nobody can put another in its place.
CREATE TABLE laws (
    kind  text NOT NULL, -- "policies" or "weights"
    name  text NOT NULL,
    body  text NOT NULL,
    since text NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT;

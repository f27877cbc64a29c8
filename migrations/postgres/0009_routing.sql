-- +goose Up

-- Requests say more: what the catalogue asks besides, when access is to begin,
-- what they were asked together with.
ALTER TABLE requests ADD COLUMN fields text NOT NULL DEFAULT 'null'; -- JSON
ALTER TABLE requests ADD COLUMN starts_at timestamptz;
ALTER TABLE requests ADD COLUMN bundle text NOT NULL DEFAULT '';
ALTER TABLE requests ADD COLUMN profile text NOT NULL DEFAULT '';
CREATE INDEX requests_bundle ON requests (bundle, created_at, id) WHERE bundle <> '';
CREATE INDEX requests_waiting ON requests (id) WHERE state = 'pending';

ALTER TABLE grants ADD COLUMN starts_at timestamptz;

-- People are asked in stages, and delegates in place of who is away.
ALTER TABLE decisions ADD COLUMN stage bigint NOT NULL DEFAULT 0; -- the furthest that is asked; 0: there are none
ALTER TABLE decisions ADD COLUMN escalated boolean NOT NULL DEFAULT false;
ALTER TABLE decisions ADD COLUMN stands_for text NOT NULL DEFAULT 'null'; -- JSON: delegate to whose place they take
ALTER TABLE approvals ADD COLUMN stage bigint NOT NULL DEFAULT 0;
ALTER TABLE approvals ADD COLUMN stands_for text NOT NULL DEFAULT '';

-- Automatic approvals that were taken from a budget on a day.
CREATE TABLE spendings (
    budget text NOT NULL,
    day    text NOT NULL, -- "2006-01-02", UTC
    spent  bigint NOT NULL,
    PRIMARY KEY (budget, day)
);
CREATE INDEX spendings_day ON spendings (day);

CREATE INDEX holdings_principal ON holdings (principal) WHERE principal <> '';

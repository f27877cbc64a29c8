-- +goose Up

-- Access that was opened before anybody answered, and the look that somebody
-- else takes at it afterwards. One that is open a requester.
CREATE TABLE break_glass (
    request_id  text COLLATE "C" PRIMARY KEY REFERENCES requests (id),
    version     bigint NOT NULL,
    requester   text COLLATE "C" NOT NULL,
    beneficiary text COLLATE "C" NOT NULL,
    entitlement text COLLATE "C" NOT NULL,
    grant_id    text COLLATE "C" NOT NULL,
    opened_at   timestamptz NOT NULL,
    due_at      timestamptz NOT NULL, -- when it is escalated
    escalations bigint NOT NULL,
    told        text NOT NULL, -- JSON: people
    told_in     text NOT NULL, -- JSON: channels
    finding     text NOT NULL,
    closed_at   timestamptz,
    closed_by   text COLLATE "C" NOT NULL,
    note        text NOT NULL
);
CREATE UNIQUE INDEX break_glass_suspends ON break_glass (requester) WHERE closed_at IS NULL;
CREATE INDEX break_glass_due ON break_glass (due_at) WHERE closed_at IS NULL;

-- +goose Up

-- Access that was opened before anybody answered, and the look that somebody
-- else takes at it afterwards. One that is open a requester.
CREATE TABLE break_glass (
    request_id  text PRIMARY KEY REFERENCES requests (id),
    version     integer NOT NULL,
    requester   text NOT NULL,
    beneficiary text NOT NULL,
    entitlement text NOT NULL,
    grant_id    text NOT NULL,
    opened_at   text NOT NULL,
    due_at      text NOT NULL, -- when it is escalated
    escalations integer NOT NULL,
    told        text NOT NULL, -- JSON: people
    told_in     text NOT NULL, -- JSON: channels
    finding     text NOT NULL,
    closed_at   text,
    closed_by   text NOT NULL,
    note        text NOT NULL
) STRICT;
CREATE UNIQUE INDEX break_glass_suspends ON break_glass (requester) WHERE closed_at IS NULL;
CREATE INDEX break_glass_due ON break_glass (due_at) WHERE closed_at IS NULL;

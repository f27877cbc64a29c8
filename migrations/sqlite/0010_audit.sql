-- +goose Up

-- Every event is a leaf of a Merkle tree: its hash stands beside it, and the
-- frontier of the whole tree beside the last number. Events from before get
-- theirs when the program migrates.
ALTER TABLE events ADD COLUMN leaf blob;
ALTER TABLE event_head ADD COLUMN frontier blob;

DROP TRIGGER events_keep_update;
-- +goose StatementBegin
CREATE TRIGGER events_keep_update BEFORE UPDATE ON events
WHEN NOT (OLD.leaf IS NULL AND NEW.leaf IS NOT NULL AND NEW.sequence = OLD.sequence AND NEW.at = OLD.at AND NEW.kind = OLD.kind
    AND NEW.request_id = OLD.request_id AND NEW.grant_id = OLD.grant_id AND NEW.body = OLD.body)
BEGIN
    SELECT RAISE(ABORT, 'audit events are append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER events_need_leaf BEFORE INSERT ON events WHEN NEW.leaf IS NULL
BEGIN
    SELECT RAISE(ABORT, 'an audit event needs its leaf hash: this program is too old');
END;
-- +goose StatementEnd

-- Roots of the perfect subtrees over 256, 65536, … events, so that a proof is
-- made from a few rows. They follow from the leaves.
CREATE TABLE event_nodes (
    height   integer NOT NULL, -- 8, 16, …
    position integer NOT NULL, -- among those of its height, from 0
    hash     blob NOT NULL,
    PRIMARY KEY (height, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoints (
    size integer PRIMARY KEY, -- how many events it covers
    at   text NOT NULL,
    note text NOT NULL -- signed
) STRICT;
-- +goose StatementBegin
CREATE TRIGGER checkpoints_keep_update BEFORE UPDATE ON checkpoints
BEGIN
    SELECT RAISE(ABORT, 'checkpoints are append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER checkpoints_keep_delete BEFORE DELETE ON checkpoints
BEGIN
    SELECT RAISE(ABORT, 'checkpoints are append-only');
END;
-- +goose StatementEnd

-- Where checkpoints were carried to, and since when that fails.
CREATE TABLE anchors (
    name          text PRIMARY KEY,
    size          integer NOT NULL, -- of the last checkpoint that arrived
    at            text,
    failing_since text,
    last_error    text NOT NULL
) STRICT;

-- What people wrote. The event of that sequence holds only a salted hash of
-- it, so that a row can go and every proof still holds.
CREATE TABLE texts (
    sequence   integer NOT NULL,
    name       text NOT NULL,
    request_id text NOT NULL,
    author     text NOT NULL,
    salt       text NOT NULL,
    text       text NOT NULL,
    PRIMARY KEY (sequence, name)
) STRICT;
CREATE INDEX texts_request ON texts (request_id);
CREATE INDEX texts_author  ON texts (author);

-- Why the access was given: what each later event about it repeats. JSON.
ALTER TABLE grants ADD COLUMN ground text NOT NULL DEFAULT '{}';

-- +goose Up

-- Every event is a leaf of a Merkle tree: its hash stands beside it, and the
-- frontier of the whole tree beside the last number. Events from before get
-- theirs when the program migrates.
ALTER TABLE events ADD COLUMN leaf bytea;
ALTER TABLE event_head ADD COLUMN frontier bytea;

-- +goose StatementBegin
CREATE FUNCTION guard_event_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.leaf IS NULL AND NEW.leaf IS NOT NULL AND (NEW.sequence, NEW.at, NEW.kind, NEW.request_id, NEW.grant_id, NEW.body)
        = (OLD.sequence, OLD.at, OLD.kind, OLD.request_id, OLD.grant_id, OLD.body) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'audit events are append-only';
END
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION refuse_event_without_leaf() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an audit event needs its leaf hash: this program is too old';
END
$$;
-- +goose StatementEnd
DROP TRIGGER events_keep ON events;
CREATE TRIGGER events_keep BEFORE DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION refuse_event_change();
CREATE TRIGGER events_keep_update BEFORE UPDATE ON events
    FOR EACH ROW EXECUTE FUNCTION guard_event_update();
CREATE TRIGGER events_need_leaf BEFORE INSERT ON events
    FOR EACH ROW WHEN (NEW.leaf IS NULL) EXECUTE FUNCTION refuse_event_without_leaf();

-- Roots of the perfect subtrees over 256, 65536, … events, so that a proof is
-- made from a few rows. They follow from the leaves.
CREATE TABLE event_nodes (
    height   bigint NOT NULL, -- 8, 16, …
    position bigint NOT NULL, -- among those of its height, from 0
    hash     bytea  NOT NULL,
    PRIMARY KEY (height, position)
);

CREATE TABLE checkpoints (
    size bigint PRIMARY KEY, -- how many events it covers
    at   timestamptz NOT NULL,
    note text NOT NULL -- signed
);
-- +goose StatementBegin
CREATE FUNCTION refuse_checkpoint_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'checkpoints are append-only';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER checkpoints_keep BEFORE UPDATE OR DELETE ON checkpoints
    FOR EACH ROW EXECUTE FUNCTION refuse_checkpoint_change();
CREATE TRIGGER checkpoints_keep_all BEFORE TRUNCATE ON checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_checkpoint_change();

-- Where checkpoints were carried to, and since when that fails.
CREATE TABLE anchors (
    name          text COLLATE "C" PRIMARY KEY,
    size          bigint NOT NULL, -- of the last checkpoint that arrived
    at            timestamptz,
    failing_since timestamptz,
    last_error    text NOT NULL
);

-- What people wrote. The event of that sequence holds only a salted hash of
-- it, so that a row can go and every proof still holds.
CREATE TABLE texts (
    sequence   bigint NOT NULL,
    name       text COLLATE "C" NOT NULL,
    request_id text COLLATE "C" NOT NULL,
    author     text COLLATE "C" NOT NULL,
    salt       text NOT NULL,
    text       text NOT NULL,
    PRIMARY KEY (sequence, name)
);
CREATE INDEX texts_request ON texts (request_id);
CREATE INDEX texts_author  ON texts (author);

-- Why the access was given: what each later event about it repeats. JSON.
ALTER TABLE grants ADD COLUMN ground text NOT NULL DEFAULT '{}';

-- +goose Up

-- Whom no card could be delivered to, as JSON like asked and asked_in.
ALTER TABLE decisions ADD COLUMN unreached text NOT NULL DEFAULT 'null';
ALTER TABLE decisions ADD COLUMN unreached_in text NOT NULL DEFAULT 'null';

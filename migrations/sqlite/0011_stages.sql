-- +goose Up

-- When the furthest stage was asked first: from then on its time runs.
ALTER TABLE decisions ADD COLUMN stage_at text;

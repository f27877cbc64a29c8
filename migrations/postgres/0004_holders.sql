-- +goose Up

-- Which process holds a lease: the number under which it holds an advisory
-- lock for as long as it lives. NULL: nobody, or one that can't be asked for.
ALTER TABLE tasks ADD COLUMN holder bigint;
ALTER TABLE notices ADD COLUMN holder bigint;
ALTER TABLE inbound ADD COLUMN holder bigint;

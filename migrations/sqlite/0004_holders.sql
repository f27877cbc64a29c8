-- +goose Up

-- Which process holds a lease: a number that it draws when it opens the file,
-- which it then has to itself. NULL: nobody, or one that can't be asked for.
ALTER TABLE tasks ADD COLUMN holder integer;
ALTER TABLE notices ADD COLUMN holder integer;
ALTER TABLE inbound ADD COLUMN holder integer;

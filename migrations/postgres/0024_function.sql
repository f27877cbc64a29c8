-- +goose Up

-- What the beneficiary's work was when somebody decided; empty where the directory did not say.
ALTER TABLE learned ADD COLUMN function text NOT NULL DEFAULT '';

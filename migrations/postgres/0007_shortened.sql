-- +goose Up

-- An approver may give less time than was asked.
ALTER TABLE approvals ADD COLUMN duration bigint NOT NULL DEFAULT 0; -- nanoseconds; 0: as asked

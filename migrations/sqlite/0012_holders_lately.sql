-- +goose Up

-- What was taken away lately is left out of what a system listed before.
CREATE INDEX grants_revoked ON grants (revoked_at) WHERE state = 'revoked';

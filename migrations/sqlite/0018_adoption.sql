-- +goose Up

-- The fall-off report reads the few requests that gave standing access an end.
CREATE INDEX requests_adopted ON requests (entitlement) WHERE kind = 'adoption';

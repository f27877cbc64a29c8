-- +goose Up

-- Two replicas, or a schedule and a person, that start a review in the same
-- moment start one: of each kind one is under way.
CREATE UNIQUE INDEX campaigns_under_way ON campaigns (json_extract(body, '$.kind')) WHERE state <> 'closed';

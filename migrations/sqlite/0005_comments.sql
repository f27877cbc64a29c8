-- +goose Up

CREATE TABLE comments (
    id         text PRIMARY KEY,
    request_id text NOT NULL REFERENCES requests (id),
    author     text NOT NULL,
    text       text NOT NULL,
    at         text NOT NULL,
    key        text NOT NULL UNIQUE,
    below      text NOT NULL -- slot of the card that it was written below
) STRICT;
CREATE INDEX comments_request ON comments (request_id, at);

-- Below which card somebody writes is found by its place.
CREATE INDEX messages_place ON messages (channel, ts);

-- +goose Up

CREATE TABLE comments (
    id         text COLLATE "C" PRIMARY KEY,
    request_id text COLLATE "C" NOT NULL REFERENCES requests (id),
    author     text COLLATE "C" NOT NULL,
    text       text        NOT NULL,
    at         timestamptz NOT NULL,
    key        text COLLATE "C" NOT NULL UNIQUE,
    below      text COLLATE "C" NOT NULL -- slot of the card that it was written below
);
CREATE INDEX comments_request ON comments (request_id, at);

-- Below which card somebody writes is found by its place.
CREATE INDEX messages_place ON messages (channel, ts);

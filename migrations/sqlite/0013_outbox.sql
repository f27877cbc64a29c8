-- +goose Up

-- Home tabs, of which everybody may have one waiting, are not looked at to find
-- the cards that are due.
CREATE INDEX notices_cards_ready ON notices (run_at, id) WHERE kind <> 'home';
CREATE INDEX notices_homes_ready ON notices (run_at, id) WHERE kind = 'home';
DROP INDEX notices_ready;

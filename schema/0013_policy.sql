-- Who decided on a row; NULL for what was decided before anybody asked.
ALTER TABLE reviews ADD COLUMN decided_by TEXT;
-- In which order decisions were undone; times tell seconds only.
ALTER TABLE reviews ADD COLUMN undone_place INTEGER;

-- A newer export of a chat that is already there becomes a source with the merged whole. The older source gives its place to
-- it and stays, out of sight, only while rows of frozen datasets were made from it.
ALTER TABLE sources ADD COLUMN replaced_by TEXT REFERENCES sources (id) ON DELETE SET NULL;
CREATE INDEX sources_by_successor ON sources (replaced_by) WHERE replaced_by IS NOT NULL;

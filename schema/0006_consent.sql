-- Whose words are learned, shown or left out, and whether they were asked. No line: my words are learned, others' are shown.
-- It stands beside `speakers` and not in it, so that reading a chat anew cannot lose what somebody declined.
CREATE TABLE consents (
  source_id TEXT NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  role TEXT CHECK (role IN ('target', 'context', 'left_out')),          -- what the owner chose; NULL: nothing yet
  consent TEXT CHECK (consent IN ('asked', 'agreed', 'declined')),      -- declined is left out, whatever the role says
  consent_on TEXT,                   -- YYYY-MM-DD, the owner's day
  changed_at TEXT NOT NULL,
  PRIMARY KEY (source_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX consents_declined ON consents (name) WHERE consent = 'declined';

-- {source: {"target": [names], "left_out": [names]}} as the dataset was built; NULL: built before roles were kept.
ALTER TABLE datasets ADD COLUMN roles_json TEXT;
ALTER TABLE datasets ADD COLUMN left_out_count INTEGER NOT NULL DEFAULT 0;  -- messages of speakers who were left out

-- What the page of masks reads: values counted per source, the owner's decisions on values, and a log that undoes them.

-- One line per value and source, written when a source is masked and after each correction: a page never counts masks.
CREATE TABLE mask_tallies (
  source_id TEXT NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
  label TEXT NOT NULL,
  value_key TEXT NOT NULL,
  hidden INTEGER NOT NULL,           -- places where it is hidden
  places INTEGER NOT NULL,           -- hidden, and shown by the owner
  confidence REAL NOT NULL,          -- the best of its places
  level TEXT NOT NULL CHECK (level IN ('doubtful', 'likely', 'sure')),
  PRIMARY KEY (source_id, label, value_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX mask_tallies_by_places ON mask_tallies (source_id, places DESC);
CREATE INDEX mask_tallies_by_label ON mask_tallies (source_id, label, places DESC);
CREATE INDEX mask_tallies_doubtful ON mask_tallies (source_id, (label <> 'PERSON'), hidden DESC, value_key)
  WHERE level = 'doubtful';

-- Decisions on values, by their keyed hash. They lay in settings before, without a time.
CREATE TABLE mask_decisions (
  label TEXT NOT NULL,
  value_key TEXT NOT NULL,
  what TEXT NOT NULL CHECK (what IN ('kept', 'accepted', 'added')),
  place TEXT NOT NULL,               -- a source's id, or '*' for every source, later ones too
  created_at TEXT NOT NULL,
  PRIMARY KEY (label, value_key, what, place)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO mask_decisions
  SELECT d.value ->> 0, d.value ->> 1, 'kept', '*', strftime('%Y-%m-%dT%H:%M:%f+00:00')
  FROM settings s, json_each(s.value_json) d WHERE s.key = 'mask_kept';
INSERT OR IGNORE INTO mask_decisions
  SELECT d.value ->> 0, d.value ->> 1, 'added', d.value ->> 2, strftime('%Y-%m-%dT%H:%M:%f+00:00')
  FROM settings s, json_each(s.value_json) d WHERE s.key = 'mask_added';
DELETE FROM settings WHERE key IN ('mask_kept', 'mask_added');

-- Each correction with what it changed, so that it can be taken back and made again, also after a restart.
CREATE TABLE mask_log (
  id INTEGER PRIMARY KEY,
  source_id TEXT NOT NULL REFERENCES sources (id) ON DELETE CASCADE,   -- where the owner stood
  action TEXT NOT NULL CHECK (action IN ('keep_here', 'hide_here', 'keep', 'accept', 'add', 'undo')),
  label TEXT NOT NULL,
  value_key TEXT NOT NULL,
  places INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  undone_at TEXT
) STRICT;
CREATE INDEX mask_log_by_source ON mask_log (source_id, id);

-- A mask as it was and as it became; NULL: there was none, or there is none any more. Its id may change by masking anew.
CREATE TABLE mask_log_places (
  log_id INTEGER NOT NULL REFERENCES mask_log (id) ON DELETE CASCADE,
  record_id INTEGER NOT NULL REFERENCES records (id) ON DELETE CASCADE,
  start INTEGER NOT NULL,
  "end" INTEGER NOT NULL,
  label TEXT NOT NULL,
  value_key TEXT NOT NULL,
  placeholder TEXT NOT NULL,
  confidence REAL NOT NULL,
  state_before TEXT,
  by_before TEXT,
  state_after TEXT,
  by_after TEXT,
  PRIMARY KEY (log_id, record_id, start, "end", label, value_key, confidence)
) STRICT, WITHOUT ROWID;
CREATE INDEX mask_log_places_by_record ON mask_log_places (record_id);

CREATE TABLE mask_log_decisions (
  log_id INTEGER NOT NULL REFERENCES mask_log (id) ON DELETE CASCADE,
  label TEXT NOT NULL,
  value_key TEXT NOT NULL,
  what TEXT NOT NULL,
  place TEXT NOT NULL,
  created_at TEXT NOT NULL,
  made INTEGER NOT NULL CHECK (made IN (0, 1)),   -- 0: the correction took this decision away
  PRIMARY KEY (log_id, label, value_key, what, place)
) STRICT, WITHOUT ROWID;

-- Places of a value are read source by source.
DROP INDEX masks_by_label;
CREATE INDEX masks_by_value ON masks (label, placeholder, record_id);

INSERT INTO mask_tallies
  SELECT r.source_id, m.label, m.value_key, sum(m.state = 'applied'), count(*), max(m.confidence),
    CASE WHEN max(m.confidence) >= 0.9 THEN 'sure' WHEN max(m.confidence) >= 0.7 THEN 'likely' ELSE 'doubtful' END
  FROM masks m JOIN records r ON r.id = m.record_id
  WHERE m.state = 'applied' OR m.decided_by = 'owner'
  GROUP BY r.source_id, m.label, m.value_key;

-- A run packed into one file to be trained on another machine. The file is the owner's; here stands what left.
CREATE TABLE capsules (
  id TEXT PRIMARY KEY,
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  dataset_id TEXT NOT NULL REFERENCES datasets (id),
  path TEXT,                         -- where the owner put it: `forget` must be able to name it; NULL: downloaded
  bytes INTEGER NOT NULL,
  digest TEXT NOT NULL,              -- sha256 over everything that left: what comes back must belong to it
  returned_run_id TEXT REFERENCES runs (id) ON DELETE SET NULL,  -- the run its results were brought into
  returned_at TEXT,
  forgotten_at TEXT,                 -- somebody whose rows are in it was forgotten: it may not come back
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX capsules_by_run ON capsules (run_id);
CREATE INDEX capsules_by_dataset ON capsules (dataset_id);

-- What a run tried when memory ran out, and how near estimates of memory came on this machine.

-- One row for each set of settings a run was begun with. The last is what its adapter was trained with.
CREATE TABLE tries (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  ord INTEGER NOT NULL,              -- 0 is what was asked for
  settings_json TEXT NOT NULL,       -- only what differs from what was asked for
  estimated_gb REAL,                 -- NULL: nothing was known of the base's shape
  peak_gb REAL,                      -- NULL: it goes on, or the process was killed
  ending TEXT CHECK (ending IN ('fits', 'out_of_memory')),
  at TEXT NOT NULL,
  PRIMARY KEY (run_id, ord)
) STRICT, WITHOUT ROWID;

-- Estimate and measurement of every run and probe here. It names no dataset and holds no text.
CREATE TABLE estimates (
  id INTEGER PRIMARY KEY,
  run_id TEXT REFERENCES runs (id) ON DELETE SET NULL,   -- NULL: a probe, or the run is gone
  kind TEXT NOT NULL CHECK (kind IN ('run', 'probe')),
  device TEXT NOT NULL CHECK (device IN ('cpu', 'cuda')),
  machine TEXT NOT NULL,             -- the card's name, or CPU
  objective TEXT NOT NULL,
  base TEXT NOT NULL,
  predicted_gb REAL NOT NULL,        -- by the formula alone, before any correction
  measured_gb REAL NOT NULL,
  at TEXT NOT NULL
) STRICT;
CREATE INDEX estimates_by_device ON estimates (device, machine, objective, id);

-- Searches over training settings: a study, its trials, what each validation reported to the pruner, and the presets an owner
-- made of what was found. The sampler keeps no state of its own: it is rebuilt from these rows for every proposal.

CREATE TABLE studies (
  id TEXT PRIMARY KEY,
  job_id TEXT REFERENCES jobs (id) ON DELETE SET NULL,
  recipe TEXT NOT NULL,
  dataset_id TEXT REFERENCES datasets (id) ON DELETE SET NULL,
  base TEXT NOT NULL,
  preset TEXT NOT NULL,
  settings_json TEXT NOT NULL,       -- the baseline: the preset with what the owner fixed
  origins_json TEXT NOT NULL,        -- where each of these values comes from
  space_json TEXT NOT NULL,          -- [{"name", "kind": "float" | "int" | "choice", "low", "high", "log", "choices"}]
  grid_json TEXT,                    -- combinations in their order, [{field: value}]; NULL: a sampler proposes
  minutes REAL NOT NULL,             -- the budget
  trials_most INTEGER,               -- trials at most, the baseline among them; NULL: as many as the budget allows
  seeds INTEGER NOT NULL,            -- other seeds that best and baseline are repeated with
  seconds REAL NOT NULL DEFAULT 0,   -- of the budget, used so far
  skipped_json TEXT NOT NULL DEFAULT '{}',  -- {reason: combinations not tried}
  result_json TEXT,                  -- NULL until it ended
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX studies_by_job ON studies (job_id);

CREATE TABLE trials (
  study_id TEXT NOT NULL REFERENCES studies (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,           -- 0 is the baseline
  run_id TEXT REFERENCES runs (id) ON DELETE SET NULL,
  role TEXT NOT NULL CHECK (role IN ('baseline', 'search', 'again')),
  of_number INTEGER,                 -- of an `again`: the trial that is repeated with another seed
  values_json TEXT NOT NULL,         -- {field: value} where it differs from the baseline's settings
  state TEXT NOT NULL CHECK (state IN ('running', 'done', 'pruned', 'stopped', 'failed')),
  why TEXT,                          -- of a stopped or failed one: time, diverged, out_of_memory, killed, refused
  value REAL,                        -- the validation loss of the adapter it would hand over
  seconds REAL NOT NULL DEFAULT 0,
  tries INTEGER NOT NULL DEFAULT 1,  -- a trial whose process died is begun again, once
  started_at TEXT NOT NULL,
  ended_at TEXT,
  PRIMARY KEY (study_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX trials_by_run ON trials (run_id);

-- What the pruner saw: the first validation loss in each tenth of a trial's steps.
CREATE TABLE trial_reports (
  study_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  tenth INTEGER NOT NULL,
  step INTEGER NOT NULL,
  value REAL NOT NULL,
  PRIMARY KEY (study_id, number, tenth),
  FOREIGN KEY (study_id, number) REFERENCES trials (study_id, number) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE presets (
  recipe TEXT NOT NULL,
  name TEXT NOT NULL,
  settings_json TEXT NOT NULL,       -- training settings that differ from the defaults, as a recipe's own presets hold them
  study_id TEXT REFERENCES studies (id) ON DELETE SET NULL,
  number INTEGER,                    -- the trial it was taken from
  created_at TEXT NOT NULL,
  PRIMARY KEY (recipe, name)
) STRICT, WITHOUT ROWID;

-- Making a model lighter, step by step: the plan, what every step gave, and the report over all that came of it.

CREATE TABLE compressions (
  id TEXT PRIMARY KEY,
  job_id TEXT REFERENCES jobs (id) ON DELETE SET NULL,
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,   -- the original
  recipe TEXT NOT NULL,
  dataset_id TEXT REFERENCES datasets (id) ON DELETE SET NULL,   -- what is healed with and judged on
  evaluation_id TEXT REFERENCES evaluations (id) ON DELETE SET NULL,  -- NULL until the original is judged
  settings_json TEXT NOT NULL,       -- plan in words, gate, limit, seed, decoding, engines
  result_json TEXT,                  -- the report; NULL until it ended
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX compressions_by_job ON compressions (job_id);
CREATE INDEX compressions_by_run ON compressions (run_id);

CREATE TABLE compression_steps (
  compression_id TEXT NOT NULL REFERENCES compressions (id) ON DELETE CASCADE,
  place INTEGER NOT NULL,            -- from 0
  technique TEXT NOT NULL CHECK (technique IN ('prune', 'heal', 'distil', 'lora', 'int8', 'int4')),
  share REAL,                        -- of a prune
  how TEXT,                          -- layers, width …; logits, sequences; the engine of a quantisation
  teacher TEXT,
  added INTEGER NOT NULL DEFAULT 0,  -- 1: not asked for, but a prune is not judged before it is healed
  state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'passed', 'failed', 'rolled_back', 'skipped')),
  run_id TEXT REFERENCES runs (id) ON DELETE SET NULL,           -- the whole model it made
  facts_json TEXT NOT NULL DEFAULT '{}',
  before REAL,                       -- the gate's metric of the original
  after REAL,
  delta REAL,                        -- after less before over the items judged for both, with its 95 % interval
  low REAL,
  high REAL,
  started_at TEXT,
  ended_at TEXT,
  PRIMARY KEY (compression_id, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX compression_steps_by_run ON compression_steps (run_id);

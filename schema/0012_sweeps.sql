-- Which clauses an evaluation showed, sweeps over settings, and the setting that was chosen for a model.

-- A sweep asks the same questions under many settings. Each of its cells is an evaluation of one model, with its answers.
CREATE TABLE sweeps (
  id TEXT PRIMARY KEY,
  job_id TEXT REFERENCES jobs (id) ON DELETE SET NULL,
  recipe TEXT NOT NULL,
  suite TEXT NOT NULL,
  suite_version TEXT NOT NULL,
  dataset_id TEXT REFERENCES datasets (id),
  split TEXT NOT NULL,
  settings_json TEXT NOT NULL,       -- models, cells in their order, limit, seed, what was left out
  result_json TEXT,                  -- cells with their numbers, best per model, proposed stop phrases; NULL while it runs
  state TEXT NOT NULL CHECK (state IN ('running', 'whole')),
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX sweeps_by_job ON sweeps (job_id);

ALTER TABLE evaluations ADD COLUMN sweep_id TEXT REFERENCES sweeps (id) ON DELETE CASCADE;
ALTER TABLE evaluations ADD COLUMN sweep_cell INTEGER;   -- its place among the sweep's cells
CREATE INDEX evaluations_by_sweep ON evaluations (sweep_id, sweep_cell);
CREATE INDEX evaluations_by_job ON evaluations (job_id);

-- The clauses of each question, best first, the same for every model. Their text stays in records: forgetting a source
-- takes it away here too. record_id NULL: the question brought its clause along, and it stands in the row's prompt.
CREATE TABLE shown_clauses (
  evaluation_id TEXT NOT NULL REFERENCES evaluations (id) ON DELETE CASCADE,
  item TEXT NOT NULL,
  ord INTEGER NOT NULL,
  record_id INTEGER REFERENCES records (id) ON DELETE CASCADE,
  chunk_id TEXT NOT NULL,
  score REAL,
  PRIMARY KEY (evaluation_id, item, ord)
) STRICT, WITHOUT ROWID;
CREATE INDEX shown_clauses_by_record ON shown_clauses (record_id);

-- What a model answers with unless told otherwise: decoding and the number of clauses.
CREATE TABLE best_settings (
  recipe TEXT NOT NULL,
  model TEXT NOT NULL,               -- 'base:NAME' or a run id
  sweep_id TEXT NOT NULL REFERENCES sweeps (id) ON DELETE CASCADE,
  settings_json TEXT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (recipe, model)
) STRICT, WITHOUT ROWID;

-- Malmoi's store. One word per idea:
-- source -> record -> (mask) -> row -> dataset -> run -> artifact -> evaluation -> answer, chat.
-- Times named *_at are UTC ISO text; records.at is the exporter's local time.

CREATE TABLE settings (
  key TEXT PRIMARY KEY,
  value_json TEXT NOT NULL
) STRICT;

-- Long work. state is the single truth; a page and a worker share only these rows.
CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  lane TEXT NOT NULL CHECK (lane IN ('data', 'compute')),
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled', 'interrupted')),
  priority INTEGER NOT NULL DEFAULT 0,
  args_json TEXT NOT NULL,
  result_json TEXT,
  progress_json TEXT,
  device TEXT,                       -- 'cpu', 'cuda:0' …: one compute job each
  token TEXT,                        -- changes with every start: a worker that lost it may not write
  attempt INTEGER NOT NULL DEFAULT 0,
  pid INTEGER,
  pid_started_at REAL,               -- process start time: a reused pid is another process
  heartbeat_at TEXT,
  stop TEXT CHECK (stop IN ('save', 'cancel')),
  stop_asked_at TEXT,
  stop_stage INTEGER NOT NULL DEFAULT 0,
  ending TEXT,                       -- done, user_error, bug, out_of_memory, cancelled, killed
  message_ko TEXT,
  message_en TEXT,
  log_file TEXT,                     -- name inside the cache folder's logs/
  created_at TEXT NOT NULL,
  started_at TEXT,
  ended_at TEXT
) STRICT;
CREATE INDEX jobs_by_state ON jobs (state, priority DESC, created_at);

CREATE TABLE supervisor (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  pid INTEGER NOT NULL,
  pid_started_at REAL NOT NULL,
  beat_at TEXT NOT NULL
) STRICT;

CREATE TABLE log_lines (
  id INTEGER PRIMARY KEY,
  job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  at TEXT NOT NULL,
  level TEXT NOT NULL CHECK (level IN ('info', 'warning', 'error')),
  text TEXT NOT NULL
) STRICT;
CREATE INDEX log_lines_by_job ON log_lines (job_id, id);

CREATE TABLE sources (
  id TEXT PRIMARY KEY,
  recipe TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,                -- file name only, never a path
  me TEXT,                           -- the speaker whose messages are imitated
  fingerprint TEXT NOT NULL,         -- sha256 of the files' bytes
  bytes INTEGER NOT NULL,
  record_count INTEGER NOT NULL DEFAULT 0,
  report_json TEXT NOT NULL,         -- what the reader understood and what not; never chat text
  licence TEXT,
  state TEXT NOT NULL CHECK (state IN ('importing', 'ready')),
  job_id TEXT,
  masked_at TEXT,
  mask_report_json TEXT,
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE speakers (
  source_id TEXT NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  record_count INTEGER NOT NULL,
  PRIMARY KEY (source_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE records (
  id INTEGER PRIMARY KEY,
  source_id TEXT NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  at TEXT,
  speaker TEXT,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  meta_json TEXT,
  UNIQUE (source_id, seq)
) STRICT;
CREATE INDEX records_by_kind ON records (source_id, kind, seq);

-- Two-syllable Korean queries find nothing in a trigram index; they scan (about 0.1 s a million rows).
CREATE VIRTUAL TABLE records_fts USING fts5 (text, content = 'records', content_rowid = 'id', tokenize = 'trigram');

-- Same value, same placeholder, in every source. value_key is a keyed hash: no second plain copy of the value.
CREATE TABLE mask_values (
  label TEXT NOT NULL,
  value_key TEXT NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY (label, value_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE masks (
  id INTEGER PRIMARY KEY,
  record_id INTEGER NOT NULL REFERENCES records (id) ON DELETE CASCADE,
  start INTEGER NOT NULL,            -- code points of records.text
  "end" INTEGER NOT NULL,
  label TEXT NOT NULL,
  placeholder TEXT NOT NULL,
  value_key TEXT NOT NULL,
  confidence REAL NOT NULL,
  state TEXT NOT NULL DEFAULT 'applied' CHECK (state IN ('applied', 'rejected')),
  decided_by TEXT NOT NULL DEFAULT 'rule' CHECK (decided_by IN ('rule', 'owner'))
) STRICT;
CREATE INDEX masks_by_record ON masks (record_id, start);
CREATE INDEX masks_by_label ON masks (label, placeholder);

-- A row never changes after it is written; an edited row is a new row that names the old one.
CREATE TABLE rows (
  id INTEGER PRIMARY KEY,
  recipe TEXT NOT NULL,
  source_id TEXT REFERENCES sources (id) ON DELETE CASCADE,
  record_first INTEGER,              -- records.id range this row was made from
  record_last INTEGER,
  split_group TEXT NOT NULL,         -- rows of one group never lie in two splits (a day, a clause)
  messages_json TEXT NOT NULL,       -- the prompt: [{"role", "content"}]
  target TEXT NOT NULL,              -- what the model is trained to say
  meta_json TEXT NOT NULL,
  edited_from INTEGER REFERENCES rows (id) ON DELETE SET NULL,
  fingerprint TEXT NOT NULL UNIQUE,
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX rows_by_source ON rows (source_id, record_first);

CREATE TABLE datasets (
  id TEXT PRIMARY KEY,
  recipe TEXT NOT NULL,
  style TEXT NOT NULL,
  fingerprint TEXT,                  -- sha256 over (split, row fingerprint) in order; NULL while building
  options_json TEXT NOT NULL,
  counts_json TEXT NOT NULL,         -- {"train": n, "validation": n, "test": n}
  dropped_json TEXT NOT NULL,        -- {"reason": n}
  masked INTEGER NOT NULL CHECK (masked IN (0, 1)),
  forgotten_count INTEGER NOT NULL DEFAULT 0,  -- rows removed later by `forget`
  state TEXT NOT NULL CHECK (state IN ('building', 'frozen')),
  job_id TEXT,
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE dataset_rows (
  dataset_id TEXT NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
  ord INTEGER NOT NULL,
  row_id INTEGER NOT NULL REFERENCES rows (id) ON DELETE CASCADE,
  split TEXT CHECK (split IN ('train', 'validation', 'test')),
  dropped TEXT,                      -- the reason, when the row is not in the dataset
  PRIMARY KEY (dataset_id, ord),
  CHECK ((split IS NULL) <> (dropped IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX dataset_rows_by_row ON dataset_rows (row_id);
CREATE INDEX dataset_rows_by_split ON dataset_rows (dataset_id, split, dropped, ord);
CREATE TRIGGER frozen_dataset_rows_stay BEFORE UPDATE ON dataset_rows
  WHEN (SELECT state FROM datasets WHERE id = OLD.dataset_id) = 'frozen'
  BEGIN SELECT RAISE(ABORT, 'a frozen dataset does not change'); END;
CREATE TRIGGER frozen_dataset_rows_full BEFORE INSERT ON dataset_rows
  WHEN (SELECT state FROM datasets WHERE id = NEW.dataset_id) = 'frozen'
  BEGIN SELECT RAISE(ABORT, 'a frozen dataset does not change'); END;

CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  job_id TEXT REFERENCES jobs (id) ON DELETE SET NULL,   -- NULL: trained elsewhere and imported
  recipe TEXT NOT NULL,
  dataset_id TEXT REFERENCES datasets (id),
  base TEXT NOT NULL,                -- 'starter', a hub name, or a folder's name
  base_revision TEXT,
  base_hash TEXT,                    -- sha256 over the base's config and weight file names, sizes and heads
  preset TEXT,
  settings_json TEXT NOT NULL,
  origins_json TEXT NOT NULL,        -- {"field": "default" | "preset:…" | "--set"}
  environment_json TEXT NOT NULL DEFAULT '{}',  -- library and code versions, device
  steps_total INTEGER,
  steps_done INTEGER NOT NULL DEFAULT 0,
  train_loss REAL,
  eval_loss REAL,
  best_step INTEGER,
  peak_gb REAL,
  tokens_per_second REAL,
  adapter_id TEXT REFERENCES artifacts (id) ON DELETE SET NULL,
  result_json TEXT,                  -- written with the finished adapter: a kill after it repeats nothing
  created_at TEXT NOT NULL,
  ended_at TEXT
) STRICT;

CREATE TABLE metrics (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  step INTEGER NOT NULL,
  epoch REAL,
  loss REAL,
  eval_loss REAL,
  learning_rate REAL,
  grad_norm REAL,
  tokens_per_second REAL,
  memory_gb REAL,
  extra_json TEXT,
  at TEXT NOT NULL,
  PRIMARY KEY (run_id, step)
) STRICT, WITHOUT ROWID;

-- Blobs are content-addressed and chunked: 1 GB is written and read in 1 MiB pieces.
CREATE TABLE blobs (
  sha256 TEXT PRIMARY KEY,
  bytes INTEGER NOT NULL,
  chunk_count INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('writing', 'whole'))
) STRICT;

CREATE TABLE chunks (
  sha256 TEXT NOT NULL REFERENCES blobs (sha256) ON DELETE CASCADE,
  ord INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (sha256, ord)
) STRICT;

CREATE TABLE artifacts (
  id TEXT PRIMARY KEY,
  run_id TEXT REFERENCES runs (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,                -- adapter, checkpoint, merged …
  step INTEGER,
  bytes INTEGER NOT NULL DEFAULT 0,
  meta_json TEXT NOT NULL DEFAULT '{}',
  state TEXT NOT NULL CHECK (state IN ('writing', 'whole')),
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX artifacts_by_run ON artifacts (run_id, kind, step);

CREATE TABLE artifact_files (
  artifact_id TEXT NOT NULL REFERENCES artifacts (id) ON DELETE CASCADE,
  path TEXT NOT NULL,                -- relative, forward slashes
  sha256 TEXT NOT NULL REFERENCES blobs (sha256),
  bytes INTEGER NOT NULL,
  PRIMARY KEY (artifact_id, path)
) STRICT, WITHOUT ROWID;
CREATE INDEX artifact_files_by_blob ON artifact_files (sha256);

CREATE TABLE evaluations (
  id TEXT PRIMARY KEY,
  job_id TEXT REFERENCES jobs (id) ON DELETE SET NULL,
  recipe TEXT NOT NULL,
  suite TEXT NOT NULL,
  suite_version TEXT NOT NULL,
  dataset_id TEXT REFERENCES datasets (id),
  split TEXT NOT NULL,
  settings_json TEXT NOT NULL,       -- decoding, seed, limit
  method_json TEXT,                  -- how intervals were made; my real replies judged by the same metrics
  state TEXT NOT NULL CHECK (state IN ('running', 'whole')),
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE scores (
  evaluation_id TEXT NOT NULL REFERENCES evaluations (id) ON DELETE CASCADE,
  model TEXT NOT NULL,               -- 'base:NAME' or a run id
  metric TEXT NOT NULL,
  value REAL,
  low REAL,
  high REAL,
  n INTEGER NOT NULL,
  unit TEXT NOT NULL,
  PRIMARY KEY (evaluation_id, model, metric)
) STRICT, WITHOUT ROWID;

CREATE TABLE paired_tests (
  evaluation_id TEXT NOT NULL REFERENCES evaluations (id) ON DELETE CASCADE,
  a TEXT NOT NULL,
  b TEXT NOT NULL,
  metric TEXT NOT NULL,
  delta REAL,                        -- mean of b - a
  low REAL,
  high REAL,
  p REAL,
  n INTEGER,
  test TEXT NOT NULL,
  PRIMARY KEY (evaluation_id, a, b, metric)
) STRICT, WITHOUT ROWID;

CREATE TABLE answers (
  id INTEGER PRIMARY KEY,
  evaluation_id TEXT NOT NULL REFERENCES evaluations (id) ON DELETE CASCADE,
  model TEXT NOT NULL,
  row_id INTEGER REFERENCES rows (id) ON DELETE CASCADE,
  item TEXT NOT NULL,                -- the item's name inside the suite (a row id, a question id)
  answer TEXT NOT NULL,
  raw TEXT NOT NULL,                 -- as generated, before trimming
  scores_json TEXT NOT NULL,         -- {"metric": value or null}
  duration_ms INTEGER NOT NULL,
  UNIQUE (evaluation_id, model, item)
) STRICT;
CREATE INDEX answers_by_row ON answers (row_id);

CREATE TABLE chats (
  id TEXT PRIMARY KEY,
  model TEXT NOT NULL,
  title TEXT NOT NULL,
  settings_json TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE chat_messages (
  chat_id TEXT NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
  text TEXT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (chat_id, seq)
) STRICT, WITHOUT ROWID;

-- Coarse lineage; rows know their own source and records.
CREATE TABLE edges (
  parent_kind TEXT NOT NULL,
  parent_id TEXT NOT NULL,
  child_kind TEXT NOT NULL,
  child_id TEXT NOT NULL,
  PRIMARY KEY (parent_kind, parent_id, child_kind, child_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX edges_by_child ON edges (child_kind, child_id);

CREATE TABLE backups (
  path TEXT PRIMARY KEY,             -- where the owner put it: `forget` must be able to name it
  bytes INTEGER NOT NULL,
  created_at TEXT NOT NULL
) STRICT;

-- What the pages add: jobs that wait for another, reviews of rows, samples during a run, votes, feedback in chats.

-- A job waits until the one named here is done: an evaluation for its run.
ALTER TABLE jobs ADD COLUMN after_job TEXT REFERENCES jobs (id) ON DELETE SET NULL;

-- The owner's decisions on rows of a frozen dataset, in order. The newest one that was not undone counts; the next
-- version is frozen from them. An edited row is a new row that names the old one.
CREATE TABLE reviews (
  id INTEGER PRIMARY KEY,
  dataset_id TEXT NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
  row_id INTEGER NOT NULL REFERENCES rows (id) ON DELETE CASCADE,
  decision TEXT NOT NULL CHECK (decision IN ('keep', 'drop', 'edit')),
  edited_row_id INTEGER REFERENCES rows (id) ON DELETE CASCADE,
  created_at TEXT NOT NULL,
  undone_at TEXT,
  CHECK ((decision = 'edit') = (edited_row_id IS NOT NULL))
) STRICT;
CREATE INDEX reviews_by_row ON reviews (dataset_id, row_id, id);
CREATE INDEX rows_by_edit ON rows (edited_from) WHERE edited_from IS NOT NULL;

-- What a model says to the same prompts as it learns.
CREATE TABLE run_samples (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  step INTEGER NOT NULL,
  row_id INTEGER NOT NULL REFERENCES rows (id) ON DELETE CASCADE,
  text TEXT NOT NULL,
  PRIMARY KEY (run_id, step, row_id)
) STRICT, WITHOUT ROWID;

-- Blind votes: which model stood on which side is kept, and was not shown.
CREATE TABLE votes (
  id INTEGER PRIMARY KEY,
  evaluation_id TEXT NOT NULL REFERENCES evaluations (id) ON DELETE CASCADE,
  item TEXT NOT NULL,
  left_model TEXT NOT NULL,
  right_model TEXT NOT NULL,
  choice TEXT NOT NULL CHECK (choice IN ('left', 'right', 'both', 'neither')),
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX votes_by_evaluation ON votes (evaluation_id, item);

-- Two chats held side by side name each other.
ALTER TABLE chats ADD COLUMN beside_id TEXT REFERENCES chats (id) ON DELETE SET NULL;

CREATE TABLE chat_feedback (
  chat_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  thumb TEXT NOT NULL CHECK (thumb IN ('up', 'down')),
  correction TEXT,                   -- what the owner would have said instead
  created_at TEXT NOT NULL,
  PRIMARY KEY (chat_id, seq),
  FOREIGN KEY (chat_id, seq) REFERENCES chat_messages (chat_id, seq) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Lists of a page stay quick in a large store.
CREATE INDEX runs_by_created ON runs (created_at);
CREATE INDEX evaluations_by_created ON evaluations (state, created_at);

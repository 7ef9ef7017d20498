-- Question-answer pairs made from clauses: what is wanted, what came of it, and a line for every request that was sent.

CREATE TABLE generations (
  id TEXT PRIMARY KEY,
  source_id TEXT NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
  job_id TEXT REFERENCES jobs (id) ON DELETE SET NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  settings_json TEXT NOT NULL,
  keys_json TEXT NOT NULL,           -- where keys are read, again and again while it runs: a file or names. Never a key
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX generations_by_source ON generations (source_id, created_at);

-- One line per pair that is wanted. Accepted together with its record in one transaction; what is missing is what is asked.
CREATE TABLE generation_pairs (
  generation_id TEXT NOT NULL REFERENCES generations (id) ON DELETE CASCADE,
  ord INTEGER NOT NULL,
  record_id INTEGER NOT NULL REFERENCES records (id) ON DELETE CASCADE,   -- the clause that is shown
  from_id INTEGER NOT NULL REFERENCES records (id) ON DELETE CASCADE,     -- the clause the question is made from
  type TEXT NOT NULL,
  answerable INTEGER NOT NULL CHECK (answerable IN (0, 1)),
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'claimed', 'accepted', 'given_up')),
  claimed_by TEXT,                   -- the job's token
  tries INTEGER NOT NULL DEFAULT 0,  -- answers judged so far
  reason TEXT,                       -- why the last of them was rejected
  made_id INTEGER REFERENCES records (id) ON DELETE SET NULL,
  PRIMARY KEY (generation_id, ord)
) STRICT, WITHOUT ROWID;
CREATE INDEX generation_pairs_by_state ON generation_pairs (generation_id, state, ord);
CREATE INDEX generation_pairs_by_record ON generation_pairs (record_id);
CREATE INDEX generation_pairs_by_from ON generation_pairs (from_id);
CREATE UNIQUE INDEX generation_pairs_by_made ON generation_pairs (made_id) WHERE made_id IS NOT NULL;

CREATE TABLE generation_attempts (
  id INTEGER PRIMARY KEY,
  generation_id TEXT NOT NULL REFERENCES generations (id) ON DELETE CASCADE,
  ord INTEGER NOT NULL,
  key_label TEXT NOT NULL,           -- the key's name, or six signs of its hash
  outcome TEXT NOT NULL CHECK (outcome IN ('accepted', 'rejected', 'rate_limited', 'key_refused', 'failed')),
  reason TEXT,
  tokens_in INTEGER,                 -- NULL: the server did not say
  tokens_out INTEGER,
  duration_ms INTEGER NOT NULL,
  at TEXT NOT NULL
) STRICT;
CREATE INDEX generation_attempts_by_pair ON generation_attempts (generation_id, ord);
CREATE INDEX generation_attempts_summed ON generation_attempts (generation_id, key_label, outcome, reason, tokens_in, tokens_out);

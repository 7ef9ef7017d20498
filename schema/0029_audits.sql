-- What was looked at before a model left, what was found, and what the owner let pass all the same. Findings hold masked evidence only.

CREATE TABLE audits (
  id TEXT PRIMARY KEY,
  model TEXT NOT NULL,               -- as chats and evaluations name it
  run_id TEXT REFERENCES runs (id) ON DELETE CASCADE,   -- NULL: a bare base
  target TEXT,                       -- NULL: no host was named
  content TEXT,                      -- sha256 over the folder that was looked at; NULL: none was given
  verdict TEXT NOT NULL CHECK (verdict IN ('green', 'amber', 'red')),
  findings_json TEXT NOT NULL,       -- [{check, level, ko, en, where, count, evidence}]
  override_reason TEXT,              -- why the owner let a red one leave
  overridden_at TEXT,
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX audits_by_run ON audits (run_id, created_at);

-- Invented sentences planted among rows of training, to see afterwards whether a model learned single rows by heart.
CREATE TABLE canaries (
  row_id INTEGER PRIMARY KEY REFERENCES rows (id) ON DELETE CASCADE,
  secret TEXT NOT NULL,              -- the drawn part of the row's target; invented, so that it may stand here
  created_at TEXT NOT NULL
) STRICT;

-- What the processes of a job, or of a served model, took of the machine while they worked. A slot is one look at first and twice
-- as many each time there are too many, so that a night takes no more rows than an hour.
CREATE TABLE resources (
  owner TEXT NOT NULL,               -- a job's id, or a served model's
  attempt INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  began REAL NOT NULL,               -- seconds since 1970
  at REAL NOT NULL,
  cpu_percent REAL NOT NULL,         -- mean; 100 is one core
  rss_mb REAL NOT NULL,              -- 2**20 bytes; the most at any look of the slot, as those below
  private_mb REAL NOT NULL,          -- without what other processes share, such as weights read from a file in place
  high_mb REAL NOT NULL,             -- the first process's own high-water mark, which no look can miss
  vram_mb REAL,                      -- NULL: no card, or its driver does not tell
  tokens INTEGER NOT NULL,           -- read in training or written in answers, since the attempt began
  PRIMARY KEY (owner, attempt, slot)
) STRICT, WITHOUT ROWID;

-- A model served to others, as long as it was.
CREATE TABLE servings (
  id TEXT PRIMARY KEY,
  model TEXT NOT NULL,
  began_at TEXT NOT NULL,
  ended_at TEXT                      -- NULL: it serves, or was killed
) STRICT;

-- What an answer in a chat took; it goes with the answer.
CREATE TABLE chat_costs (
  chat_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  tokens INTEGER,                    -- NULL: the backend does not tell, or the answer was stopped
  first_seconds REAL NOT NULL,       -- until the first piece stood there
  seconds REAL NOT NULL,
  rss_mb REAL NOT NULL,              -- 2**20 bytes of the process that answered, which may hold more than its model
  vram_mb REAL,
  PRIMARY KEY (chat_id, seq),
  FOREIGN KEY (chat_id, seq) REFERENCES chat_messages (chat_id, seq) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

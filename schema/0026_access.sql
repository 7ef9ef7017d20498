-- Who may come in. Of a code or a token only its hash is kept; of a browser the key that its answers are checked with, which the
-- browser itself cannot show anybody.
CREATE TABLE invitations (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,                -- whom it is for, in the owner's words
  code_hash TEXT NOT NULL UNIQUE,    -- SHA-256 of a code with 79 random bits
  hint TEXT NOT NULL,                -- the code's last four signs, to tell invitations apart
  models_json TEXT NOT NULL,         -- names of models; the first is what opens
  per_day INTEGER NOT NULL,          -- answers a day, of all browsers together
  browsers INTEGER NOT NULL,         -- how many may come in with it
  created_at TEXT NOT NULL,
  expires_at TEXT,                   -- NULL: until it is revoked
  revoked_at TEXT
) STRICT;

-- A browser that came in with an invitation.
CREATE TABLE visitors (
  id TEXT PRIMARY KEY,
  invitation_id TEXT NOT NULL REFERENCES invitations (id) ON DELETE CASCADE,
  browser_id TEXT NOT NULL UNIQUE,
  browser_key TEXT NOT NULL,         -- hex of 32 bytes
  came_at TEXT NOT NULL,
  seen_at TEXT NOT NULL,
  consent_version TEXT,              -- of the words that were agreed to; NULL: not asked yet
  consented_at TEXT
) STRICT;
CREATE INDEX visitors_by_invitation ON visitors (invitation_id);

-- Answers given per day of Korean time.
CREATE TABLE invitation_days (
  invitation_id TEXT NOT NULL REFERENCES invitations (id) ON DELETE CASCADE,
  day TEXT NOT NULL,                 -- 2026-05-01
  answers INTEGER NOT NULL,
  PRIMARY KEY (invitation_id, day)
) STRICT, WITHOUT ROWID;

-- A browser that the owner came in with.
CREATE TABLE owner_browsers (
  browser_id TEXT PRIMARY KEY,
  browser_key TEXT NOT NULL,         -- hex of 32 bytes
  by TEXT NOT NULL,                  -- start, token or password
  proof TEXT NOT NULL,               -- hash of what opened: with another token or password it is over
  came_at TEXT NOT NULL,
  seen_at TEXT NOT NULL
) STRICT;

-- Tries that opened nothing, kept for an hour.
CREATE TABLE refused_tries (
  id INTEGER PRIMARY KEY,
  door TEXT NOT NULL,                -- owner or visitor
  who TEXT NOT NULL,                 -- hash of the address
  at REAL NOT NULL                   -- seconds since 1970
) STRICT;
CREATE INDEX refused_tries_by_time ON refused_tries (door, at);

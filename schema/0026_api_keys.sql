-- Keys that open the API server. Only a hash is kept: a key has 256 random bits, so that a plain SHA-256 cannot be guessed back.
CREATE TABLE api_keys (
  name TEXT PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  hint TEXT NOT NULL,                -- its last four signs, to tell keys apart
  created_at TEXT NOT NULL,
  revoked_at TEXT
) STRICT;

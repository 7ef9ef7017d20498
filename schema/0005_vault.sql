-- What masking hides, sealed; invented values in its place; verdicts of the last look.

-- Originals of masked values, written only while the owner keeps a vault. Each is sealed for a public key, so that masking
-- adds to it and only the owner's passphrase (or the system's keyring) opens it.
CREATE TABLE vault_entries (
  label TEXT NOT NULL,
  value_key TEXT NOT NULL,           -- as in mask_values
  sealed BLOB NOT NULL,
  PRIMARY KEY (label, value_key)
) STRICT, WITHOUT ROWID;

-- Invented values that stand for real ones. kind: a label, or SURNAME, GIVEN, MONO, LATIN for the parts of a name.
CREATE TABLE pseudonyms (
  kind TEXT NOT NULL,
  value_key TEXT NOT NULL,           -- a keyed hash of the real value; random once that value was forgotten
  text TEXT NOT NULL,
  PRIMARY KEY (kind, value_key),
  UNIQUE (kind, text)
) STRICT, WITHOUT ROWID;

-- What the last look at a frozen dataset found, and by which rules: another look is needed only when these change.
CREATE TABLE scans (
  dataset_id TEXT PRIMARY KEY REFERENCES datasets (id) ON DELETE CASCADE,
  rules TEXT NOT NULL,
  hits INTEGER NOT NULL,             -- rows in which something was found
  kinds_json TEXT NOT NULL,          -- {"PHONE": n}
  scanned_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Texts that left in spite of a hit, because the owner said why.
CREATE TABLE allowances (
  id INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  what TEXT NOT NULL,                -- train, export, report, chat
  target_id TEXT NOT NULL,
  hits INTEGER NOT NULL,
  reason TEXT NOT NULL
) STRICT;

-- Training rows as tokens, so that the next run with the same tokenizer and length does not tokenize them again. They are the
-- row's words in another form: a row that goes takes its tokens along.
CREATE TABLE encodings (
  id INTEGER PRIMARY KEY,
  print TEXT NOT NULL UNIQUE,        -- sha256 of all that decides how a row becomes tokens: tokenizer, template, code, length
  used_at TEXT NOT NULL
) STRICT;
CREATE TABLE row_tokens (
  id INTEGER PRIMARY KEY,
  row_id INTEGER NOT NULL REFERENCES rows (id) ON DELETE CASCADE,
  encoding_id INTEGER NOT NULL REFERENCES encodings (id) ON DELETE CASCADE,
  prompt INTEGER NOT NULL,           -- tokens of the prompt, those before the target
  whole INTEGER NOT NULL,            -- 0: the target lost its end
  cut INTEGER NOT NULL,              -- 1: the prompt lost something
  width INTEGER NOT NULL,            -- bytes a token: 2 where every id fits, else 4
  ids BLOB NOT NULL,                 -- little-endian
  UNIQUE (row_id, encoding_id)
) STRICT;
CREATE INDEX row_tokens_by_encoding ON row_tokens (encoding_id);

-- What a model saw of a chat when it gave an answer; it goes with the answer.
CREATE TABLE chat_views (
  chat_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,        -- the first message it saw; those before did not fit, or are not shown to this model
  cut INTEGER NOT NULL CHECK (cut IN (0, 1)),  -- 1: the question alone was too long, and lost words
  PRIMARY KEY (chat_id, seq),
  FOREIGN KEY (chat_id, seq) REFERENCES chat_messages (chat_id, seq) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Two chats side by side whose models are not named until the owner wants to know: 1 while they are not.
ALTER TABLE chats ADD COLUMN blind INTEGER NOT NULL DEFAULT 0 CHECK (blind IN (0, 1));

-- The chat that this one went off from, and the last message they share. The other may be gone.
ALTER TABLE chats ADD COLUMN branch_of TEXT;
ALTER TABLE chats ADD COLUMN branch_seq INTEGER;

-- Which of two answers to the same words the owner found better; the place is the left chat's.
CREATE TABLE chat_votes (
  chat_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  choice TEXT NOT NULL CHECK (choice IN ('left', 'right', 'both', 'neither')),
  blind INTEGER NOT NULL CHECK (blind IN (0, 1)),  -- whether the models were unnamed then
  voted_at TEXT NOT NULL,
  PRIMARY KEY (chat_id, seq),
  FOREIGN KEY (chat_id, seq) REFERENCES chat_messages (chat_id, seq) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- How the owner wants a model to answer in chats that begin from now on.
CREATE TABLE model_settings (
  model TEXT PRIMARY KEY,            -- as chats name it, without the engine
  settings_json TEXT NOT NULL,
  changed_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

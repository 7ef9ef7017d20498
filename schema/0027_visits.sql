-- Chats of visitors, and what they thought of answers on its way to the owner's review.
ALTER TABLE chats ADD COLUMN visitor_id TEXT REFERENCES visitors (id) ON DELETE CASCADE;  -- NULL: the owner's own
CREATE INDEX chats_by_visitor ON chats (visitor_id, created_at) WHERE visitor_id IS NOT NULL;

-- Thumbs and corrections of visitors, masked before they are written here. Nothing is learned from one before the owner accepts it.
CREATE TABLE feedback (
  id TEXT PRIMARY KEY,
  origin TEXT NOT NULL UNIQUE,       -- keyed hash of where it was said: what comes again takes the place of what came
  came TEXT NOT NULL CHECK (came IN ('here', 'file', 'sent')),
  who TEXT NOT NULL,                 -- the invitation's name, in the owner's words
  visitor_id TEXT,                   -- of a bundle: a visitor that this store does not hold
  model TEXT NOT NULL,
  run_id TEXT,                       -- NULL: a bare base, or a run that this store does not hold
  turns_json TEXT NOT NULL,          -- [{role, content}] before the answer, masked
  answer TEXT NOT NULL,
  ended TEXT NOT NULL CHECK (ended IN ('whole', 'stopped', 'failed')),
  clauses_json TEXT NOT NULL,        -- texts that the answer was given with
  thumb TEXT NOT NULL CHECK (thumb IN ('up', 'down')),
  correction TEXT,
  masked_count INTEGER NOT NULL,     -- values hidden on the way in
  left_count INTEGER NOT NULL,       -- what still looks personal in the masked texts
  said_at TEXT NOT NULL,
  came_at TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'accepted', 'rejected')),
  decided_at TEXT
) STRICT;
CREATE INDEX feedback_by_state ON feedback (state, came_at);
CREATE INDEX feedback_by_visitor ON feedback (visitor_id) WHERE visitor_id IS NOT NULL;

-- A row made from accepted feedback goes with it.
ALTER TABLE preference_rows ADD COLUMN feedback_id TEXT REFERENCES feedback (id) ON DELETE CASCADE;
CREATE INDEX preference_rows_by_feedback ON preference_rows (feedback_id) WHERE feedback_id IS NOT NULL;

-- In a bundle: what was sent to the owner already. NULL: not yet, or it was judged anew since.
ALTER TABLE chat_feedback ADD COLUMN sent_at TEXT;

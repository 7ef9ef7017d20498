-- Where a row of preferences comes from. A chat that goes takes the rows made from it along.
CREATE TABLE preference_rows (
  row_id INTEGER PRIMARY KEY REFERENCES rows (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('chat', 'vote', 'review')),
  chat_id TEXT REFERENCES chats (id) ON DELETE CASCADE,
  chat_seq INTEGER,                  -- the answer that was judged
  answer_id INTEGER REFERENCES answers (id) ON DELETE SET NULL,        -- of a vote
  other_answer_id INTEGER REFERENCES answers (id) ON DELETE SET NULL,  -- the one it was chosen over, or tied with
  from_row_id INTEGER REFERENCES rows (id) ON DELETE SET NULL          -- of a review: the row that was decided on
) STRICT;
CREATE INDEX preference_rows_by_chat ON preference_rows (chat_id) WHERE chat_id IS NOT NULL;
CREATE INDEX preference_rows_by_answer ON preference_rows (answer_id) WHERE answer_id IS NOT NULL;
CREATE INDEX preference_rows_by_other ON preference_rows (other_answer_id) WHERE other_answer_id IS NOT NULL;
CREATE INDEX preference_rows_by_row ON preference_rows (from_row_id) WHERE from_row_id IS NOT NULL;
CREATE TRIGGER preference_rows_leave AFTER DELETE ON preference_rows BEGIN
  DELETE FROM rows WHERE id = OLD.row_id;
END;

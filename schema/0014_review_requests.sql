-- Rows that the owner sent to review, from an evaluation for one: they come first in the queue until they are decided on.
CREATE TABLE review_requests (
  dataset_id TEXT NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
  row_id INTEGER NOT NULL REFERENCES rows (id) ON DELETE CASCADE,
  after_review INTEGER NOT NULL,     -- the newest decision of any row when it was sent: later ones settle it
  created_at TEXT NOT NULL,
  PRIMARY KEY (dataset_id, row_id)
) STRICT, WITHOUT ROWID;

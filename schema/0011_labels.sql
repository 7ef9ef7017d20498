-- What people say about single answers of evaluations, beside what the judge says. The newest label of an answer that was not
-- undone counts, per person.
CREATE TABLE answer_labels (
  id INTEGER PRIMARY KEY,
  answer_id INTEGER NOT NULL REFERENCES answers (id) ON DELETE CASCADE,
  label TEXT NOT NULL CHECK (label IN ('grounded', 'hallucinated')),
  kind TEXT,                         -- one of engine/ground's kinds, when the person chose one
  labelled_by TEXT NOT NULL,
  created_at TEXT NOT NULL,
  undone_at TEXT
) STRICT;
CREATE INDEX answer_labels_by_answer ON answer_labels (answer_id);

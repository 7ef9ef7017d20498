-- Clauses that can be searched. An index is built when a source is first searched, from records of kind 'chunk' alone.

-- Counting a source's clauses must not read its questions: before every search the count is compared with what is indexed.
CREATE INDEX records_clauses ON records (source_id, id) WHERE kind = 'chunk';

-- One line per indexed clause. Names are kept as the file wrote them; `rules` names how the text was cut into terms.
CREATE TABLE clauses (
  record_id INTEGER PRIMARY KEY REFERENCES records (id) ON DELETE CASCADE,
  source_id TEXT NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
  chunk_id TEXT NOT NULL,
  company TEXT NOT NULL,             -- '' where the clause names none
  product TEXT NOT NULL,
  rules TEXT NOT NULL,
  added INTEGER NOT NULL             -- grows with every clause that is indexed, also again
) STRICT;
CREATE INDEX clauses_by_source ON clauses (source_id, company, product, rules);
CREATE INDEX clauses_by_age ON clauses (added);

-- Terms, cut beforehand and joined by spaces; rowid = record_id. Two tables: bm25 measures a document over all columns of
-- its table, and n-grams would outweigh words. They keep their content, so that SQLite 3.39 can delete from them.
CREATE VIRTUAL TABLE clause_words USING fts5 (body, headings, product, ideas, tokenize = "unicode61 remove_diacritics 0");
CREATE VIRTUAL TABLE clause_grams USING fts5 (body, headings, tokenize = "unicode61 remove_diacritics 0");
-- How many clauses carry a term: one that most of them carry tells nothing, and costs most of the search.
CREATE VIRTUAL TABLE clause_word_counts USING fts5vocab (clause_words, row);
CREATE VIRTUAL TABLE clause_gram_counts USING fts5vocab (clause_grams, row);

-- A clause that goes or changes leaves the index at once, however it went. Counting its tokens anew changes nothing.
CREATE TRIGGER clauses_leave AFTER DELETE ON clauses BEGIN
  DELETE FROM clause_words WHERE rowid = OLD.record_id;
  DELETE FROM clause_grams WHERE rowid = OLD.record_id;
END;
CREATE TRIGGER clauses_change AFTER UPDATE OF text, meta_json ON records WHEN OLD.kind = 'chunk' AND
  (OLD.text <> NEW.text OR json_remove(OLD.meta_json, '$.token_count') IS NOT json_remove(NEW.meta_json, '$.token_count'))
BEGIN
  DELETE FROM clauses WHERE record_id = OLD.id;
END;

-- Meanings of clauses, of whichever model the owner named; float32, little-endian, of length 1.
CREATE TABLE clause_vectors (
  record_id INTEGER NOT NULL REFERENCES clauses (record_id) ON DELETE CASCADE,
  model TEXT NOT NULL,
  vector BLOB NOT NULL,
  PRIMARY KEY (model, record_id)
) STRICT, WITHOUT ROWID;

-- Which clauses an answer in a chat was given with; a clause that is forgotten goes from here too.
CREATE TABLE chat_clauses (
  chat_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  ord INTEGER NOT NULL,              -- 0 is the best
  record_id INTEGER NOT NULL REFERENCES records (id) ON DELETE CASCADE,
  PRIMARY KEY (chat_id, seq, ord),
  FOREIGN KEY (chat_id, seq) REFERENCES chat_messages (chat_id, seq) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX chat_clauses_by_record ON chat_clauses (record_id);

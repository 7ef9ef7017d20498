-- Dictionaries: terms with all their names, and what relates them. Each recipe has its own; what a source brought in goes with it.

CREATE TABLE terms (
  id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again: count and highest id tell whether a dictionary changed
  recipe TEXT NOT NULL,
  source_id TEXT REFERENCES sources (id) ON DELETE CASCADE,  -- NULL: the owner's own word
  name TEXT NOT NULL,
  kind TEXT NOT NULL,                -- disease, symptom, drug …, red_flag, definition, abbreviation, or the owner's word; '' unknown
  definition TEXT NOT NULL
) STRICT;
CREATE INDEX terms_by_recipe ON terms (recipe);
CREATE INDEX terms_by_source ON terms (source_id);

CREATE TABLE term_names (
  term_id INTEGER NOT NULL REFERENCES terms (id) ON DELETE CASCADE,
  place INTEGER NOT NULL,            -- 0 is the name itself
  sort TEXT NOT NULL CHECK (sort IN ('name', 'abbreviation', 'synonym', 'lay')),
  name TEXT NOT NULL,
  PRIMARY KEY (term_id, place)
) STRICT, WITHOUT ROWID;

-- Ends are names, as the file has them: a term that comes later, or from another source, is met all the same.
CREATE TABLE relations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  recipe TEXT NOT NULL,
  source_id TEXT REFERENCES sources (id) ON DELETE CASCADE,
  head TEXT NOT NULL,
  relation TEXT NOT NULL,
  tail TEXT NOT NULL
) STRICT;
CREATE INDEX relations_by_recipe ON relations (recipe);
CREATE INDEX relations_by_source ON relations (source_id);

-- Names that the owner took out, wherever they come from.
CREATE TABLE removed_names (
  recipe TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (recipe, name)
) STRICT, WITHOUT ROWID;

-- Sources whose text was searched for terms that it spells out itself, by which rules.
CREATE TABLE term_searches (
  source_id TEXT PRIMARY KEY REFERENCES sources (id) ON DELETE CASCADE,
  rules TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Abbreviations of patents that the owner added or took out before there were tables for them.
INSERT INTO terms (recipe, source_id, name, kind, definition)
  SELECT 'patent', NULL, json_extract(g.value, '$[1]'), 'abbreviation', ''
  FROM settings s, json_each(s.value_json) g WHERE s.key = 'patent_names' AND json_array_length(g.value) > 1;
INSERT INTO term_names (term_id, place, sort, name)
  SELECT t.id, CASE n.key WHEN 0 THEN 1 WHEN 1 THEN 0 ELSE n.key END,
    CASE n.key WHEN 0 THEN 'abbreviation' WHEN 1 THEN 'name' ELSE 'synonym' END, n.value
  FROM terms t, settings s, json_each(s.value_json) g, json_each(g.value) n
  WHERE s.key = 'patent_names' AND json_extract(g.value, '$[1]') = t.name;
INSERT OR IGNORE INTO removed_names
  SELECT 'patent', r.value FROM settings s, json_each(s.value_json) r WHERE s.key = 'patent_names_removed';
DELETE FROM settings WHERE key IN ('patent_names', 'patent_names_removed');

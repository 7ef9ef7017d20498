-- What was made to leave this machine so that others can talk to a model: what it is, what is in it, who got it, what became of it.
CREATE TABLE deployments (
  id TEXT PRIMARY KEY,
  job_id TEXT REFERENCES jobs (id) ON DELETE SET NULL,
  run_id TEXT REFERENCES runs (id) ON DELETE SET NULL,   -- what left stays known when its run is gone
  model TEXT NOT NULL,               -- ENGINE:RUN[@WAY], as it answers there
  engine TEXT NOT NULL,
  target TEXT NOT NULL,
  folder TEXT,                       -- where the bundle was written
  size_mb REAL NOT NULL,             -- 10**6 bytes of the bundle
  memory_mb REAL,                    -- 2**20 bytes at the most while it answered; NULL: not measured
  fits INTEGER,                      -- 1: within the target's limits; NULL: the target has none
  audit_json TEXT NOT NULL,          -- verdict and findings; their evidence is masked
  parity_json TEXT,                  -- NULL: not compared
  override_reason TEXT,              -- the owner's, for leaving in spite of a red audit
  revoked_at TEXT,                   -- the owner took it back
  forgotten_at TEXT,                 -- somebody or something in it was forgotten since: it is to be taken down
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX deployments_by_run ON deployments (run_id);
CREATE INDEX deployments_by_job ON deployments (job_id);

-- The sources in it, learned or carried along as text. No reference: a source that is forgotten goes, that it left stays known.
CREATE TABLE deployment_sources (
  deployment_id TEXT NOT NULL REFERENCES deployments (id) ON DELETE CASCADE,
  source_id TEXT NOT NULL,
  PRIMARY KEY (deployment_id, source_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX deployment_sources_by_source ON deployment_sources (source_id);

-- Whom it was handed to.
CREATE TABLE handovers (
  id INTEGER PRIMARY KEY,
  deployment_id TEXT NOT NULL REFERENCES deployments (id) ON DELETE CASCADE,
  who TEXT NOT NULL,
  url TEXT,                          -- where it answers; NULL: the owner did not say
  invitation_id TEXT,                -- the invitation that lets them in, where one was made
  handed_at TEXT NOT NULL,
  revoked_at TEXT
) STRICT;
CREATE INDEX handovers_by_deployment ON handovers (deployment_id);

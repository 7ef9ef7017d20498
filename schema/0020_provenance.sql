-- What a run's dataset was when it was launched: a resume on other rows would be another run.
ALTER TABLE runs ADD COLUMN dataset_fingerprint TEXT;          -- NULL for runs begun before this was kept
ALTER TABLE runs ADD COLUMN forgotten_at_launch INTEGER;       -- rows that `forget` had taken out by then
-- The run that this one repeats (`train --again`).
ALTER TABLE runs ADD COLUMN again_of TEXT REFERENCES runs (id) ON DELETE SET NULL;

-- A run may go on from what an earlier one learned (`train --from RUN`): which, and the very artifact it began with.
ALTER TABLE runs ADD COLUMN from_run TEXT REFERENCES runs (id) ON DELETE SET NULL;
ALTER TABLE runs ADD COLUMN from_artifact TEXT;

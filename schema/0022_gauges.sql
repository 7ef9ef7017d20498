-- A curve of 100,000 steps is polled every 2 seconds: its few validations are found without walking all steps.
CREATE INDEX metrics_validated ON metrics (run_id, step, eval_loss) WHERE eval_loss IS NOT NULL;

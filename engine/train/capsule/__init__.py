"""A run in one file: packed here, trained on another machine, brought back. It knows nothing of jobs and recipes."""

"""Before a run: what it takes of memory and time, and what to change so that it fits."""

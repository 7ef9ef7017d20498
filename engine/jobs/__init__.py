"""Long work in subprocesses: queue, supervisor, worker. Pages and workers share only rows."""

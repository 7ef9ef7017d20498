"""Base models: catalogue, loading, chat templates, and the starter model. Knows nothing of rows or runs."""

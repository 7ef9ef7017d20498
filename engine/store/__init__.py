"""The one SQLite file. Only this package holds SQL; it knows nothing of models, recipes or pages."""

"""Judge answers: metrics, statistics, suites, comparison. It knows nothing of how answers were made."""

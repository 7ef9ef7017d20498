"""Question-answer pairs from clauses: what is wanted, how a model is asked, which answers are taken, how keys are used."""

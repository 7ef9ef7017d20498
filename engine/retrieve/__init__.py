"""Finds the clauses that answer a question. It knows nothing of recipes, models that answer, or judgement."""

"""Records become rows: pairs, filters, splits, frozen datasets. It knows nothing of models."""

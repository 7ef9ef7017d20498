"""Readers: one per kind of file, from bytes to records. They know nothing of rows, recipes or models."""

"""A run, a dataset or an evaluation as a page of Markdown that can be handed on."""

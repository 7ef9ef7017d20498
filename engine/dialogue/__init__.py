"""Dialogues and summaries of them: turns, speakers, tokens such as #Person1#, what is mended in a summary. No store, no model."""

"""Judges of groundedness beside the rules of engine/ground: an NLI model, a language model over HTTP. All give its Verdict."""

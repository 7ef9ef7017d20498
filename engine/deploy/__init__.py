"""Hands a model over: bundles that run by themselves, what is looked at before they leave, where they can go."""

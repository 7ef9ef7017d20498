"""Handing a model over: bundles for hosts, what is looked at before anything leaves, and where it went."""

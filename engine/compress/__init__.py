"""Lighter models: what is cut, taught and checked. It knows no recipe by name."""

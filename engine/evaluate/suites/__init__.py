"""Suites that recipes share with the score command. One file per suite, each with a `SUITE`."""

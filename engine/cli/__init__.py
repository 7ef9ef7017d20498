"""The command line: everything the pages do. It computes nothing itself."""

"""Generated chat with names and addresses marked: what the shipped character tagger learns from. No real person is in it."""

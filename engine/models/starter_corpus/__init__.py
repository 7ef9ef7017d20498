"""Generated Korean corpus of the starter model: seeded, invented, no copied data. Start reading at mix.py."""

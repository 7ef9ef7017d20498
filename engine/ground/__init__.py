"""Is an answer grounded in the clauses it was shown? Rules over Korean numbers, conditions, polarity and words.

`judge` (judge.py) is the door; `verdict.py` says what it returns. Pure: no store, no network, no torch.
"""

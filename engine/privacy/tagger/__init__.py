"""The small character tagger: names and addresses that only their surroundings give away, read by numpy alone.

What it learned from is generated in `engine/models/tagger_corpus`, trained by `engine/models/tagger_train.py`.
"""

from engine.privacy.tagger.char_tagger import CharTagger

__all__ = ["CharTagger"]

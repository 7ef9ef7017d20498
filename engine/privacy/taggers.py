"""Which taggers read a chat beside the rules. It knows no text."""

from engine.privacy.labels import Tagger
from engine.privacy.ner import HfTagger
from engine.privacy.tagger import CharTagger

NER_SETTING = "ner_model"
"""Setting of the owner: a folder or the name of a cached hub model that masking uses as well; "" for none."""


def default_taggers(ner: str = "") -> list[Tagger]:
    """The shipped character tagger, and the token classifier `ner` when one is named. UserError when there is no such model."""
    return [CharTagger(), *([HfTagger(ner)] if ner else [])]

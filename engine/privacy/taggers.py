"""Which taggers read a chat beside the rules. It knows no text."""

from sqlite_utils import Database

from engine.privacy.labels import Tagger
from engine.privacy.ner import HfTagger
from engine.privacy.tagger import CharTagger
from engine.store.open import writing
from engine.store.settings import set_setting

NER_SETTING = "ner_model"
"""Setting of the owner: a folder or the name of a cached hub model that masking uses as well; "" for none."""


def default_taggers(ner: str = "") -> list[Tagger]:
    """The shipped character tagger, and the token classifier `ner` when one is named. UserError when there is no such model."""
    return [CharTagger(), *([HfTagger(ner)] if ner else [])]


def set_ner(db: Database, ner: str) -> None:
    """Let `ner` read whenever a source of this store is masked; "" for none. UserError when there is no such model."""
    default_taggers(ner)
    with writing(db):
        set_setting(db, NER_SETTING, ner)

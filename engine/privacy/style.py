"""Which text stands for a masked value where rows are built and previewed: its placeholder or a pseudonym.

The records keep spans; this is the one place where spans become text. It finds nothing.
"""

from collections.abc import Sequence
from typing import Any, get_args

from sqlite_utils import Database

from engine.errors import UserError
from engine.privacy.labels import Style
from engine.privacy.names import NameMatcher
from engine.privacy.pseudonyms import Pseudonyms, restyled
from engine.privacy.spans import apply_spans
from engine.store.forget import list_speakers
from engine.store.settings import get_setting, mask_key, set_setting
from engine.store.sources import mask_numbers
from engine.store.vault import add_pseudonyms, all_pseudonyms, retire_pseudonyms, written_values

STYLES: tuple[Style, ...] = get_args(Style)
SETTING = "mask_style"
MOST_SPEAKERS = 100_000


def get_style(db: Database) -> Style:
    """What the owner chose; placeholders to begin with."""
    found: Style = get_setting(db, SETTING, "placeholder")
    return found


def set_style(db: Database, style: str) -> None:
    """Choose for rows built from now on; frozen datasets stay. Raises UserError for an unknown style."""
    set_setting(db, SETTING, checked_style(style))


def checked_style(style: str) -> Style:
    """Raises UserError unless it is one of STYLES."""
    for known in STYLES:
        if style == known:
            return known
    raise UserError(
        f"--style에 '{style}'(이)가 왔습니다. placeholder(가린 자리 [이름_1])나 pseudonym(지어낸 이름·번호)을 쓰세요.",
        f"--style is '{style}'. Use placeholder ([이름_1]) or pseudonym (invented names and numbers).",
    )


class Styler:
    """Gives masks their text in the owner's style. Pseudonyms are kept as they are invented: what was shown is trained on."""

    def __init__(self, db: Database, *, building: bool = False) -> None:
        """building: rows are made. Then a pseudonym that a later source turned out to hold as a real value is invented anew;
        that costs 0.3 ms a name, too much for every look at a page."""
        self.db = db
        self.pseudonyms = pseudonyms_of(db) if get_style(db) == "pseudonym" else None
        if self.pseudonyms and building:
            self.pseudonyms.drop_real()

    def spans(self, text: str, masks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """`masks` {start, end, label, placeholder} as `apply_spans` takes them; see `restyled`."""
        if self.pseudonyms is None or not masks:
            return list(masks)
        styled = restyled(text, masks, self.pseudonyms)
        if new := self.pseudonyms.take_new():
            add_pseudonyms(self.db, new)
        return styled

    def text(self, text: str, masks: Sequence[dict[str, Any]]) -> str:
        """The masked text."""
        return apply_spans(text, self.spans(text, masks))


def retire_unused(db: Database) -> int:
    """After something was forgotten: no pseudonym leads back to a value that nothing holds any more."""
    if not all_pseudonyms(db):
        return 0
    pseudonyms = pseudonyms_of(db)
    for label, written in {(label, written) for label, _, written in written_values(db)}:
        pseudonyms.of(label, written)
    return retire_pseudonyms(db, pseudonyms.used)


def pseudonyms_of(db: Database) -> Pseudonyms:
    """The store's pseudonyms so far."""
    names = NameMatcher([speaker["name"] for speaker in list_speakers(db, MOST_SPEAKERS)])
    return Pseudonyms(mask_key(db), names, set(mask_numbers(db)), all_pseudonyms(db))

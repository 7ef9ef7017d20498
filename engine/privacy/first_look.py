"""One cheap look at a message: which detectors could find anything in it. Most messages of a chat need none.

Every word between spaces is judged once, by the gates of the detectors; a message is the sum of its words, one dictionary
look-up each. It finds nothing, and where it is not sure it says that everything must run.
"""

import re
from collections.abc import Iterable

import ahocorasick

from engine.korean.hangul import is_syllable
from engine.privacy import addresses, web
from engine.privacy.chains import ANY_SAID
from engine.privacy.latin_names import FOREIGN
from engine.privacy.name_fields import MONO_CHILD, WORD_SIGN
from engine.privacy.normalise import is_plain
from engine.privacy.third_party import READINGS, WORD

# A look is a number of fields. The lowest counts what may be digits of a spoken number, the others the words of a kind.
_UNITS_WIDTH, _WIDTH = 10, 7
UNITS = (1 << _UNITS_WIDTH) - 1
"""How many signs may be digits: written, said or look-alike."""
NAMED, TITLED, SIGN, DIGIT, ID = (((1 << _WIDTH) - 1) << (_UNITS_WIDTH + _WIDTH * place) for place in range(5))
"""May be a name; may be one if there is a title; needs every detector; holds a digit; could be an account's name."""
EVERYTHING = UNITS | NAMED | TITLED | SIGN | DIGIT | ID
FEW, MANY = 6, 9
"""Fewer units than FEW, and nothing else seen: no answer to a question for a number. Fewer than MANY: no disguised number."""
LONGEST = 250
"""Signs of a text whose words fit into the fields; longer texts are not looked at. They are one chat message in a hundred."""
_LONGEST_WORD = 40
_REMEMBERED = 200_000
"""Words kept, as in `third_party`."""
_NATIVES = frozenset("둘셋넷섯덟홉")
"""Syllables of 둘, 셋 … 아홉: two of them near each other may be a number, so one counts as half of MANY."""
_UNIT = re.compile(f"[{ANY_SAID}{''.join(_NATIVES)}]")
_DIGIT = re.compile("[0-9]")
LINK_SIGN = re.compile(r"[A-Za-z0-9_-]{3}[./=]|[a-z]+://|[A-Za-z0-9_]{10}")
ID_LIKE = re.compile(r"[A-Za-z_#][A-Za-z0-9_.]{2}|@ ?[A-Za-z0-9_]")
# A short number that is said has a word before it, or is a month, or a plate in one word; then, where somebody lives, and @ in words.
_CUE = re.compile(
    rf"여권|생년월일|생일|번호|민증|(?<!\d)월(?:$|[{ANY_SAID}])|{addresses.LIVES_SIGN.pattern}|골[뱅벵]|앳|엣|에트|^[공영일이삼사오육륙칠팔구]{{4}}(?![가-힣]{{3}})|언더바|언더스코어|밑줄"
    r"|[공영일이삼사오육륙칠팔구십백][가-힣](?:다시|[에의])*[공영일이삼사오육륙칠팔구]{4}"
)
# Most words are syllables with laughter, tears or a stop behind; no consonant stands before a vowel, which would spell one.
_PLAIN = re.compile("([가-힣]*)((?:[ㄱ-ㅎ]+|[ㅏ-ㅢ]+)?[.,!?~^…]*)")
# Digits that nobody folds.
_STRANGE = re.compile(r"(?![0-9])\d")


class FirstLook(dict[str, int]):
    """Word between spaces → its fields. `automaton` holds the aliases (lower case) of a chat's participants."""

    def __init__(self, automaton: ahocorasick.Automaton, aliases: Iterable[str]) -> None:
        super().__init__()
        self._aliases = automaton if len(automaton) else None
        # An alias of more than one word is known by its first.
        self._heads = {alias.split()[0] for alias in aliases if len(alias.split()) > 1}
        self._word = self.__getitem__

    def of(self, text: str) -> int:
        """The fields of a message; EVERYTHING for one too long to count."""
        return sum(map(self._word, text.split())) if len(text) <= LONGEST else EVERYTHING

    def __missing__(self, word: str) -> int:
        if len(word) > _LONGEST_WORD:
            return _one(SIGN)
        if len(self) >= _REMEMBERED:
            self.clear()
        fields = _units(word)
        plain = _PLAIN.fullmatch(word)
        if plain is None:
            fields += _signs(word)
        elif _CUE.search(word):
            fields += _one(SIGN)
        fields += self._names(word, [plain[1]] if plain else WORD.findall(word), plain is not None)
        self[word] = fields
        return fields

    def _names(self, word: str, parts: list[str], plain: bool) -> int:
        senses = [sense for part in parts if (sense := READINGS[part])]
        if any(sense[0] for sense in senses) or not FOREIGN.isdisjoint(parts) or self._may_be_participant(word, plain):
            return _one(NAMED)
        signed = word[1:2] == "이" and word[0] in MONO_CHILD if plain else WORD_SIGN.search(word) is not None
        return _one(NAMED) if signed else _one(TITLED) if senses else 0

    def _may_be_participant(self, word: str, plain: bool) -> bool:
        if self._aliases is None:
            return False
        lowered = word if plain else word.lower()
        if len(lowered) != len(word) or next(self._aliases.iter(lowered), None) is not None:
            return True
        return lowered in self._heads or (
            not lowered.isalpha()
            and any(lowered[at:] in self._heads for at in range(1, len(word)) if not is_syllable(lowered[at - 1]))
        )


def _units(word: str) -> int:
    found = _UNIT.findall(word)
    natives = sum(unit in _NATIVES for unit in found) if found else 0
    if natives > 1:
        return _one(SIGN)
    return len(found) + MANY // 2 * natives


def _signs(word: str) -> int:
    """What a word shows that is more than syllables: whether it decides alone, has a digit, could be an account's name."""
    fields = 0
    if (
        not is_plain(word)
        or _STRANGE.search(word) is not None
        or _CUE.search(word) is not None
        or LINK_SIGN.search(word) is not None
        or web.EMAIL_SIGN.search(word + " ") is not None
    ):
        fields = _one(SIGN)
    if _DIGIT.search(word):
        fields += _one(DIGIT)
    return fields + _one(ID) if ID_LIKE.search(word) else fields


def _one(field: int) -> int:
    """A field that counts one word."""
    return field & -field

"""The shown clauses cut into units: what each says, in which article it stands, whether it grants or denies."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.ground.folding import fold
from engine.ground.layout import Block, blocks
from engine.ground.likeness import met
from engine.ground.morphs import morphs
from engine.ground.numbers import Amount
from engine.ground.pieces import Piece, Word, pieces
from engine.ground.polarity import denies, sign
from engine.ground.products import products_in, spoken_of, telling_parts


@dataclass(frozen=True, slots=True)
class Unit:
    """One statement of context[index]. `sign`: +1 grants, −1 denies, 0 neither. `own` meanings; `around`: of its sentence, lead-in and title."""

    index: int
    piece: Piece
    article: float
    paragraph: int
    sign: int
    exception: bool
    own: frozenset[str]
    around: frozenset[str]
    words: tuple[Word, ...]
    product: str = ""
    """The name its clause is headed with."""


_ALL = re.compile(r"모두|둘\s?다|두\s?(?:상품|보험|회사|약관|곳)|각각|앞의|뒤의|전자|후자|세\s?(?:상품|보험)|공통")


class Shown:
    """Question and clauses, read once per judgement."""

    def __init__(self, question: str, context: Sequence[str]) -> None:
        self.question = question
        self.context = tuple(context)
        self.asked = pieces(question)
        self.units = [unit for index, text in enumerate(context) for unit in _units(index, text)]
        self.text = fold("\n".join([question, *context]))
        self.clauses = fold("\n".join(context))
        self.asked_words = [word for piece in self.asked for word in piece.words]
        self.asked_meanings = frozenset(c for word in self.asked_words for c in word.concepts)
        self.asked_amounts = [amount for piece in self.asked for amount in piece.amounts]
        self.words = _distinct(word for unit in self.units for word in unit.words)
        self.meanings = frozenset(c for unit in self.units for c in unit.own | unit.around)
        self.keys = frozenset(amount.key for unit in self.units for amount in unit.piece.amounts)
        self.names = _names(self.units)
        self._rarity = _rarity(self.units)

    def products(self, answer: str, end: int, around: str) -> list[str]:
        """Headings of the products meant at answer[end]: the one named last before, else those that the question names.

        Empty when all may be meant. `around`: the words that stand there (둘 다 means all).
        """
        if len(self.names) < 2 or _ALL.search(around):
            return []
        here = spoken_of(around, self.names)
        named = spoken_of(answer[:end], self.names)
        return here or named[-1:] or spoken_of(self.question, self.names)

    def said_of(self, products: Sequence[str]) -> str:
        """Text of the units of these products, of all where none is named."""
        return "\n".join(
            unit.piece.text for unit in self.units if not products or not unit.product or unit.product in products
        )

    def holds_word(self, word: Word) -> float:
        """How well the clauses meet the word, 0 to 1. Letter for letter counts as well: 영업일 in 3영업일, 주사 in 주사료."""
        return 1.0 if len(word.form) > 1 and word.form in self.clauses else met(word, self.words)

    def weight(self, concept: str) -> float:
        """How much a shared meaning tells: rare ones more."""
        return self._rarity.get(concept, 1.0)

    def amounts(self) -> list[tuple[Unit, Amount]]:
        """All amounts of the clauses with where they stand."""
        return [(unit, amount) for unit in self.units for amount in unit.piece.amounts]


def _distinct(words: Iterator[Word]) -> list[Word]:
    return list({(word.form, word.tag): word for word in words}.values())


def _units(index: int, text: str) -> Iterator[Unit]:
    product, names = _product(text), products_in(text)
    for block in blocks(text):
        heading = next((name for at, name in reversed(names) if at < block.end), "")
        found = pieces(text[block.start : block.end])
        lead = _meanings_of(text, block)
        denied = _denied(text, block)
        head = meanings(found[0]) if found else frozenset()
        before: frozenset[str] = frozenset()
        for piece in found:
            own = meanings(piece)
            beside = frozenset(c for other in found if other.sentence == piece.sentence for c in meanings(other))
            exception = re.match(r"\s*(?:다만|단|그러나|그럼에도)[,\s]", piece.text) is not None
            said = _sign(piece, denied, exception)
            around = (lead | beside | before | head | product) - own
            yield Unit(index, piece, block.article, block.paragraph, said, exception, own, around, piece.words, heading)
            yield from _aside(index, piece, block, said, heading)
            before = own


def _aside(index: int, piece: Piece, block: Block, said: int, heading: str) -> Iterator[Unit]:
    """What a bracket takes out: (약식기소 제외)."""
    for bracket in re.finditer(r"\(([^()]*(?:제외|않|불가|없)[^()]*)\)", fold(piece.text)):
        for inner in pieces(bracket[1]):
            own = meanings(inner)
            yield Unit(
                index,
                inner,
                block.article,
                block.paragraph,
                -(said or 1),
                True,
                own,
                meanings(piece) - own,
                inner.words,
            )


def _sign(piece: Piece, denied: bool, exception: bool) -> int:
    """0 where nothing is said: names, rows of a table."""
    colon = piece.text.find(":")
    said = sign(piece.morphs) or (sign(morphs(piece.text[:colon])) if colon > 0 else 0)
    ends_in_verb = any(m.tag == "EF" for m in piece.morphs[-3:])
    return -1 if denied and not exception and (said == 0 or not ends_in_verb) else said


def _product(text: str) -> frozenset[str]:
    """Meanings of what stands in front of the first article: the name of the product or of the rider."""
    named = re.match(r"[^제①\n]{0,60}?(?=제\s?\d+\s?조|①|\n)", fold(text))
    return frozenset(c for piece in pieces(named.group()) for c in meanings(piece)) if named else frozenset()


def _meanings_of(text: str, block: Block) -> frozenset[str]:
    lead = text[block.lead[0] : block.lead[1]] if block.lead else ""
    return frozenset(c for piece in pieces(f"{block.title}\n{lead}") for c in meanings(piece))


def _denied(text: str, block: Block) -> bool:
    """Whether title or lead-in say that what follows is not covered."""
    if block.lead:
        lead = pieces(text[block.lead[0] : block.lead[1]])
        return bool(lead) and (sign(lead[-1].morphs) < 0 or denies(morphs(block.title)))
    return bool(block.title) and denies(morphs(block.title))


def meanings(piece: Piece) -> frozenset[str]:
    """All meanings of a piece's words."""
    return frozenset(c for word in piece.words for c in word.concepts)


def _names(units: Sequence[Unit]) -> dict[str, list[str]]:
    """Heading → the parts of it that no other clause says."""
    names = dict.fromkeys(unit.product for unit in units if unit.product)
    others = {
        name: fold("\n".join(unit.piece.text for unit in units if unit.product != name)).replace(" ", "")
        for name in names
    }
    return {name: [part for part in telling_parts(name) if part not in others[name]] for name in names}


def _rarity(units: Sequence[Unit]) -> dict[str, float]:
    counts = Counter(c for unit in units for c in unit.own)
    counts.update(key for unit in units for key in {amount.key for amount in unit.piece.amounts})
    return {concept: 0.3 + math.log((len(units) + 1) / times) for concept, times in counts.items()}

"""One generated chat line with the places of its names and addresses. Seeded: a seed and a number give the same line anywhere."""

import random
from collections.abc import Callable

from engine.models.starter_corpus import chat
from engine.models.tagger_corpus import figures, people, places, talk, talk_words
from engine.models.tagger_corpus.grammar import OUTSIDE, Slot, Writer, frames, render
from engine.models.tagger_corpus.lexicon import lexicon
from engine.models.tagger_corpus.people import pick

Sample = tuple[str, list[int]]
PLAIN_SHARES = {
    "meet": 7,
    "number": 9,
    "media": 7,
    "brand": 5,
    "work": 6,
    "kin": 6,
    "word": 46,
    "prose": 11,
    "short": 3,
}
_PLAIN = [name for name, share in PLAIN_SHARES.items() for _ in range(share)]


def _said(make: Callable[[random.Random], str]) -> Slot:
    return lambda out, rng: out.add(make(rng))


def _one_of(words: list[str]) -> Slot:
    return lambda out, rng: out.add(pick(rng, words))


def _public(out: Writer, rng: random.Random) -> None:
    out.add(pick(rng, talk.name_like()[1]) if rng.random() < 0.4 else pick(rng, talk_words.STARS))


def _either(first: Slot, second: Slot) -> Slot:
    return lambda out, rng: (first if rng.random() < 0.5 else second)(out, rng)


TALK: dict[str, Slot] = {
    "vt": _said(talk.happened), "vn": _said(talk.happened), "vf": _said(talk.will), "vq": _said(talk.asks), "aj": _said(talk.is_how),
    "an": _said(talk.adnominal), "nomi": _said(talk.nominal), "conn": _said(talk.joined), "noun": _said(talk.noun),
    "proper": _said(lambda rng: pick(rng, talk.proper_nouns())), "adv": _said(lambda rng: pick(rng, lexicon().adverbs)),
    "place": _said(places.place), "station": _said(places.station), "region": _one_of(places.REGIONS), "dong": _said(places.quarter),
    "gu": _said(places.region), "road": _said(places.street), "apt": _said(places.complex_name),
    "star": _public, "char": _one_of(talk_words.CHARACTERS), "brand": _one_of(talk_words.BRANDS), "food": _one_of(talk_words.FOODS),
    "kin": _one_of(talk_words.KINS), "role": _one_of(talk_words.ROLES), "pron": _one_of(talk_words.PRONOUNS), "pet": _one_of(talk_words.PETS),
    "petname": _one_of(talk_words.PET_NAMES), "when": _one_of(talk_words.WHEN), "yes": _one_of(talk_words.YES), "laugh": _one_of(talk_words.LAUGHS),
    "lat": _said(talk.latin_word), "n": _said(lambda rng: str(rng.randint(1, 31))), "n3": _said(lambda rng: str(rng.randint(100, 1999))),
    "time": _said(lambda rng: f"{pick(rng, ('', '', '오전 ', '오후 ', '저녁 '))}{rng.randint(1, 12)}시{pick(rng, ('', '', ' 반', ' 30분', '에'))}"),
    "zip": places.postcode, "zipn": _said(lambda rng: str(rng.randint(1000, 999_999))), "phone": _said(figures.phone), "acct": _said(figures.account),
    "rrn": _said(figures.resident), "birth": _said(figures.birthday), "passport": _said(figures.passport), "won": _said(figures.won), "mail": _said(figures.mail),
    "hot": _said(figures.hotline), "bank": _one_of(talk_words.BANKS),
}  # fmt: skip
PERSONAL: dict[str, Slot] = TALK | {
    "F": people.friend, "T": people.titled, "B": _either(people.friend, people.titled), "V": people.call, "N": people.whole,
    "L": people.people, "E": people.latin, "A": places.address, "H": places.home, "R": places.quarter_lived_in,
    "EA": places.english,
}  # fmt: skip


def _no_address(out: Writer, rng: random.Random) -> None:
    way = rng.random()
    out.add(
        places.place(rng)
        if way < 0.45
        else places.station(rng)
        if way < 0.6
        else talk.noun(rng)
        if way < 0.85
        else pick(rng, places.REGIONS)
    )


HARMLESS: dict[str, Slot] = TALK | {
    "F": talk.nobody, "T": talk.no_title, "B": talk.nobody, "V": talk.no_call, "N": talk.no_whole, "L": talk.no_list,
    "E": TALK["lat"], "A": _no_address, "H": _no_address, "R": TALK["region"], "EA": TALK["lat"], "zip": TALK["n3"],
}  # fmt: skip


def sample(rng: random.Random) -> Sample:
    """A line and its labels (grammar.OUTSIDE … I_ADDRESS), one per code point."""
    out = Writer()
    _line(out, rng)
    while rng.random() < 0.22 and len(out.chars) < 90:
        out.add(pick(rng, (" ", " ", " ", "\n", ". ", ", ", "? ", "! ", " ㅋㅋ ", "ㅋㅋㅋ ", "~ ")))
        _line(out, rng)
    return _noisy(out, rng)


def _line(out: Writer, rng: random.Random) -> None:
    way = rng.random()
    if way < 0.08:
        _turn(out, rng)
        return
    if way < 0.5:
        section = _PLAIN[int(rng.random() * len(_PLAIN))]
        render(pick(rng, frames("plain")[section]), TALK, out, rng)
        return
    kind, section = ("address", "address") if way < 0.61 else ("person", _person_section(rng))
    harmless = rng.random() < (0.3 if section in ("address", "formal", "latin") else 0.46)
    render(pick(rng, frames(kind)[section]), HARMLESS if harmless else PERSONAL, out, rng)


def _turn(out: Writer, rng: random.Random) -> None:
    """A turn of the starter model's everyday chats; its friend's name is drawn here, so that it can be labelled."""
    values = chat.slots(rng)
    name = people.short_name(rng)
    while len(name) < 2:
        name = people.short_name(rng)
    text = pick(rng, chat.conversation(rng, {**values, "friend": name, "name": name}))
    for at, piece in enumerate(text.split(name)):
        if at:
            out.add(name, "PERSON")
        out.add(piece)


def _person_section(rng: random.Random) -> str:
    way = rng.random()
    return (
        "friend"
        if way < 0.5
        else "titled"
        if way < 0.67
        else "call"
        if way < 0.8
        else "formal"
        if way < 0.95
        else "latin"
    )


def _noisy(out: Writer, rng: random.Random) -> Sample:
    """Laughter around it, lost spaces, typos, as people type."""
    chars, labels = out.chars, out.labels
    if rng.random() < 0.12:
        head = pick(
            rng,
            (
                "아 ",
                "야 ",
                "근데 ",
                "헐 ",
                "ㅋㅋ ",
                "ㅋㅋㅋ",
                "아니 ",
                "오 ",
                "음 ",
                "참 ",
                "그리고 ",
                "글고 ",
                "네 ",
                "넵 ",
                "응 ",
                "ㅇㅇ ",
                "아 맞다 ",
                "혹시 ",
                "그럼 ",
                "- ",
                "> ",
            ),
        )
        chars, labels = [*head, *chars], [OUTSIDE] * len(head) + labels
    if rng.random() < 0.3:
        tail = pick(rng, ("", " ")) + pick(rng, talk_words.LAUGHS) * rng.randint(1, 2)
        chars, labels = [*chars, *tail], labels + [OUTSIDE] * len(tail)
    way = rng.random()
    if way < 0.16:
        chars, labels = _without_spaces(chars, labels, rng, 0.35 if way < 0.1 else 1.0)
    if rng.random() < 0.1:
        chars = [_mistyped(ch, rng) if rng.random() < 0.08 else ch for ch in chars]
    return "".join(chars), labels


def _without_spaces(
    chars: list[str], labels: list[int], rng: random.Random, share: float
) -> tuple[list[str], list[int]]:
    kept = [at for at, ch in enumerate(chars) if ch != " " or rng.random() >= share]
    return [chars[at] for at in kept], [labels[at] for at in kept]


def _mistyped(ch: str, rng: random.Random) -> str:
    """One jamo of a syllable replaced."""
    if not "가" <= ch <= "힣":
        return ch
    code = ord(ch) - 0xAC00
    step = pick(rng, ("1", "-1", "28", "-28", "588", "-588"))
    return chr(0xAC00 + (code + int(step)) % 11172)

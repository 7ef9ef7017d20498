"""Writes the sample chat from bank.txt: two invented people, 84 days, one seed. It knows nothing of the engine.

Run as:  python starter/data/persona/make_sample.py
The file has the exact shape of a Korean Android export: BOM, CRLF after a message, a bare LF inside one.
"""

import random
import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
HERE = Path(__file__).parent
SEED = 20260301
FIRST_DAY = date(2026, 3, 2)
DAYS = 84
ME, OTHER = "한도윤", "서하린"
WINDOWS = {"am": (7, 20, 90), "noon": (11, 55, 70), "pm": (14, 20, 150), "eve": (18, 10, 120), "night": (21, 40, 140)}
"""Part of the day: hour and minute at which it may begin, and how many minutes later at most."""
PARTICLES = {
    "을": ("을", "를"), "은": ("은", "는"), "이": ("이", "가"), "이랑": ("이랑", "랑"), "이나": ("이나", "나"),
    "이면": ("이면", "면"), "아": ("아", "야"), "이가": ("이가", "가"), "이한테": ("이한테", "한테"), "한테": ("한테", "한테"),
}  # fmt: skip
"""After a final consonant, after a vowel."""
NAMED = {"이": ("이", ""), "이랑": ("이랑", "랑")}
"""Given names take 이 before another particle or alone: 지은이, 민수."""


CALLS = ["자기야", "도윤아", "있잖아", "근데", "아 맞다", "저기", "음"]
ASIDES = ["아", "헤헤", "음", "앗", "오홍"]
SOUNDS = set(
    "자기야 도윤아 있잖아 자기 도윤이는 헐 헉 와 오 꺄 웅 웅웅 히히 흥 으음 으아 땡 휴 에구 오키 오키오키 야 아 알겠엉 ㅋㅋㅋ ㅋㅋㅋㅋ".split()
)
"""What already begins a line."""


@dataclass(frozen=True)
class Line:
    """One alternative of a step."""

    answers: str
    """Topics it answers; "" answers all."""
    topic: str
    text: str


@dataclass
class Scene:
    """A short dialogue: steps of alternatives, one speaker a step."""

    name: str
    parts: list[str]
    days: set[str]
    weight: int = 1
    most: int = 999
    place: str = ""
    """first or last of a conversation, if it can be nothing else."""
    steps: list[tuple[str, list[Line]]] = field(default_factory=list)


def read_bank(path: Path) -> tuple[dict[str, list[str]], list[Scene]]:
    """The slots and the scenes of a bank."""
    slots: dict[str, list[str]] = {}
    scenes: list[Scene] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("$"):
            name, values = line[1:].split(" = ")
            slots[name] = values.split(", ") if name != "amount" else re.findall(r"\d+,\d+", values)
        elif line.startswith("== "):
            scenes.append(read_heading(line[3:]))
        elif found := re.fullmatch(r"([<>])([a-z]*)(?:=([a-z]))? (.+)", line):
            mark, answers, topic, text = found.groups()
            steps = scenes[-1].steps
            if not steps or steps[-1][0] != mark:
                steps.append((mark, []))
            steps[-1][1].append(Line(answers, topic or (answers if len(answers) == 1 else ""), text))
    return slots, scenes


def read_heading(line: str) -> Scene:
    name, when, *extras = (part.strip() for part in line.split("|"))
    words = set(when.split(","))
    options = dict(extra.split("=") for extra in extras)
    parts = list(WINDOWS) if "any" in words or not words & set(WINDOWS) else [part for part in WINDOWS if part in words]
    return Scene(
        name,
        parts,
        words & {"wd", "we"},
        int(options.get("weight", 1)),
        int(options.get("max", 999)),
        options.get("place", ""),
    )


def write_line(template: str, values: dict[str, str], rng: random.Random) -> list[str]:
    """The messages of one template, choices made and slots filled."""
    text = re.sub(r"\(([^()]*\|[^()]*)\)", lambda found: rng.choice(found[1].split("|")), template)
    text = re.sub(
        r"\{(\w+)(?::(\w+))?\}", lambda found: values[found[1]] + particle(found[1], values[found[1]], found[2]), text
    )
    return [part.strip().replace("⏎", "\n") for part in text.split(" / ")]


def particle(slot: str, value: str, wanted: str | None) -> str:
    if wanted is None:
        return ""
    closed = "가" <= value[-1] <= "힣" and (ord(value[-1]) - 0xAC00) % 28 > 0
    forms = NAMED.get(wanted, PARTICLES[wanted]) if slot == "friend" else PARTICLES[wanted]
    return forms[0 if closed else 1]


def vary(message: str, opening: bool, rng: random.Random) -> str:
    """Her line with a word before it now and then, as people do: the same question in the same words is rare."""
    first = message.split()[0].rstrip("!?.~")
    if first in SOUNDS or first[0] in "사동이음파톡샵[h삭보페메0123456789" or rng.random() > 0.45:
        return message
    return f"{rng.choice(CALLS if opening else ASIDES)} {message}"


class Deck:
    """Draws alternatives so that none comes again before the others have come."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.left: dict[str, list[Any]] = {}

    def draw(self, key: str, options: list[T]) -> T:
        if not self.left.get(key):
            self.left[key] = self.rng.sample(options, len(options))
        drawn: T = self.left[key].pop()
        return drawn


def play(scene: Scene, slots: dict[str, list[str]], deck: Deck) -> list[tuple[str, str]]:
    """(speaker, message) of one run through a scene. Three in ten end before their last exchange."""
    values = {name: deck.draw(f"${name}", options) for name, options in slots.items()}
    steps = scene.steps[:-2] if len(scene.steps) >= 6 and deck.rng.random() < 0.3 else scene.steps
    said: list[tuple[str, str]] = []
    topic = ""
    for place, (mark, options) in enumerate(steps):
        speaker = ME if mark == "<" else OTHER
        fitting = [line for line in options if not line.answers or (topic and topic in line.answers)]
        if not fitting:
            raise ValueError(f"{scene.name}: step {place} has no answer to topic {topic!r}")
        line = deck.draw(f"{scene.name}{place}{topic}", fitting)
        topic = line.topic
        messages = write_line(line.text, values, deck.rng)
        if speaker == OTHER:
            messages[0] = vary(messages[0], place == 0, deck.rng)
        said.extend((speaker, message) for message in messages)
    return said


def choose(
    scenes: list[Scene], part: str, day: date, used: dict[str, int], last: dict[str, date], rng: random.Random
) -> Scene:
    kind = "we" if day.weekday() >= 5 else "wd"
    fitting = [
        scene for scene in scenes
        if part in scene.parts and (not scene.days or kind in scene.days)
        and used.get(scene.name, 0) < scene.most and last.get(scene.name) != day
    ]  # fmt: skip
    return rng.choices(fitting, [scene.weight for scene in fitting])[0]


def write_chat(slots: dict[str, list[str]], scenes: list[Scene], rng: random.Random) -> list[tuple[datetime, str, str]]:
    """The whole chat: three to five conversations a day, one to three scenes each, hours of silence between them."""
    deck, used, last = Deck(rng), dict[str, int](), dict[str, date]()
    chat: list[tuple[datetime, str, str]] = []
    for offset in range(DAYS):
        day = FIRST_DAY + timedelta(days=offset)
        for part in [part for part in WINDOWS if rng.random() < (0.95 if part in ("eve", "night") else 0.8)]:
            hour, minute, spread = WINDOWS[part]
            now = datetime(day.year, day.month, day.day, hour, minute) + timedelta(minutes=rng.randrange(spread))
            left = rng.choice([1, 2, 2, 3])
            ends = {"first"}
            while left:
                left -= 1
                allowed = [
                    scene
                    for scene in scenes
                    if not scene.place or scene.place in ends | ({"last"} if not left else set())
                ]
                scene = choose(allowed, part, day, used, last, rng)
                used[scene.name], last[scene.name] = used.get(scene.name, 0) + 1, day
                now = add(chat, now, play(scene, slots, deck), rng) + timedelta(minutes=rng.randrange(4, 26))
                ends = set()
    return chat


def add(
    chat: list[tuple[datetime, str, str]], now: datetime, said: list[tuple[str, str]], rng: random.Random
) -> datetime:
    """Messages of a burst share a minute, answers take up to three."""
    before = ""
    for speaker, message in said:
        now += timedelta(minutes=rng.choice([0, 0, 0, 0, 1]) if speaker == before else rng.choice([0, 1, 1, 2, 3]))
        chat.append((now, speaker, message))
        before = speaker
    return now


def stamp(at: datetime) -> str:
    half = "오전" if at.hour < 12 else "오후"
    return f"{at.year}년 {at.month}월 {at.day}일 {half} {at.hour % 12 or 12}:{at.minute:02d}"


def export(chat: list[tuple[datetime, str, str]]) -> str:
    """The chat as the Android client writes it."""
    saved = stamp(chat[-1][0] + timedelta(hours=9))
    lines = [f"{OTHER} 님과 카카오톡 대화", f"저장한 날짜 : {saved}", "", ""]
    today: date | None = None
    for at, speaker, message in chat:
        if at.date() != today:
            lines += [stamp(at)] if today is None else ["", stamp(at)]
            if today is None:
                lines.append(f"{stamp(at)}, {ME}님이 {OTHER}님을 초대했습니다.")
            today = at.date()
        lines.append(f"{stamp(at)}, {speaker} : {message}")
    return "\ufeff" + "\r\n".join(lines) + "\r\n"


def main() -> None:
    slots, scenes = read_bank(HERE / "bank.txt")
    chat = write_chat(slots, scenes, random.Random(SEED))
    (HERE / "KakaoTalkChats.txt").write_bytes(export(chat).encode("utf-8"))
    print(f"{len(chat)} messages, {sum(speaker == ME for _, speaker, _ in chat)} by {ME}, {DAYS} days")


if __name__ == "__main__":
    main()

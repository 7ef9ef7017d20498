"""The sample chat is what its script writes, reads without a stray line, and can teach a way of talking."""

import importlib.util
import random
import re
import sys
from collections import Counter
from types import ModuleType

import pytest
from reading import read_file

from engine.config import SAMPLES

FOLDER = SAMPLES / "persona"
CHAT = FOLDER / "KakaoTalkChats.txt"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_sample", FOLDER / "make_sample.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_sample"] = module
    spec.loader.exec_module(module)
    return module


def test_committed_chat_is_what_the_script_writes(script: ModuleType) -> None:
    slots, scenes = script.read_bank(FOLDER / "bank.txt")
    chat = script.write_chat(slots, scenes, random.Random(script.SEED))
    assert CHAT.read_bytes() == script.export(chat).encode("utf-8")


def test_every_line_of_the_bank_can_be_said_and_answered(script: ModuleType) -> None:
    slots, scenes = script.read_bank(FOLDER / "bank.txt")
    for scene in scenes:
        topics, said = {""}, set()
        for _, options in scene.steps:
            answers = [
                line for topic in topics for line in options if not line.answers or (topic and topic in line.answers)
            ]
            silent = [
                topic for topic in topics if not any(not o.answers or (topic and topic in o.answers) for o in options)
            ]
            assert not silent, f"{scene.name}: nothing answers {silent}"
            said |= set(answers)
            topics = {line.topic for line in answers}
        unsaid = {line for _, options in scene.steps for line in options} - said
        assert not unsaid, f"{scene.name}: {[line.text for line in unsaid]}"
        named = {name for line in said for name in re.findall(r"\{(\w+)", line.text)}
        assert named <= set(slots)


def test_sample_reads_whole_and_holds_what_the_recipe_needs() -> None:
    records, report = read_file(CHAT)
    assert (report.shape, report.encoding, report.title, report.unparsed) == ("android-ko", "utf-8-sig", "서하린", 0)
    speakers = Counter(record.speaker for record in records if record.speaker)
    assert set(speakers) == {"한도윤", "서하린"} and min(speakers.values()) > 1000
    assert 4000 <= len(records) <= 6000
    assert 60 <= len({record.at[:10] for record in records if record.at}) <= 90
    kinds = {record.kind for record in records}
    assert {"text", "photo", "sticker", "call", "money", "deleted", "system", "link", "file", "map", "board"} <= kinds
    assert any("\n" in record.text for record in records)
    assert sum(path.stat().st_size for path in FOLDER.iterdir() if path.is_file()) < 600_000


@pytest.mark.parametrize(
    "pattern",
    [r"010-0000-\d{4}", r"새벽로12길 34", r"3333-00-0000123", r"@example\.com", r"970412-1", "지은", "과장님"],
)
def test_sample_holds_invented_personal_data_to_mask(pattern: str) -> None:
    assert re.search(pattern, CHAT.read_text(encoding="utf-8-sig"))

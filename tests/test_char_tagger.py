"""The shipped character tagger: small, without torch, the same every time, spans on the text, and safe on hostile input."""

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.models.tagger_corpus.grammar import B_ADDRESS, B_PERSON
from engine.models.tagger_corpus.sample import sample
from engine.privacy.masking import Masker
from engine.privacy.public_names import PUBLIC
from engine.privacy.tagger import CharTagger
from engine.privacy.tagger.char_tagger import MODEL, OVERLAP, WINDOW
from engine.privacy.tagger.encode import SYMBOLS, parts, symbols
from engine.privacy.tagger.network import best_labels

ROOT = Path(__file__).resolve().parent.parent
PEOPLE = ["도림이랑 어제 저녁 먹었어", "다솜아 어디야", "예금주 반하늬 맞나요?", "우리 조 발표는 온겸이가 한대"]
HARMLESS = [
    "기다림은 늘 힘들어",
    "고구마 먹을래?",
    "유리한데 왜 그래",
    "소화가 안돼",
    "정말로 금연할 거야",
    "강남역 3번 출구에서 6시에 보자",
    "ㅋㅋㅋㅋㅋ",
]


def lines(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    return [sample(rng)[0] for _ in range(count)]


def test_the_shipped_file_is_small_and_carries_its_facts() -> None:
    from safetensors import safe_open

    assert MODEL.stat().st_size <= 3_000_000
    with safe_open(MODEL, framework="numpy") as file:
        assert {"dilations", "width", "lines", "seed"} <= set(file.metadata())
    assert MODEL.with_name("MODEL_CARD.md").is_file()


def test_names_only_their_surroundings_give_away_are_found() -> None:
    found = CharTagger().tag(PEOPLE)
    assert [[text[s.start : s.end] for s in spans] for text, spans in zip(PEOPLE, found, strict=True)] == [
        ["도림"], ["다솜"], ["반하늬"], ["온겸"],
    ]  # fmt: skip


def test_harmless_talk_stays_as_it_is() -> None:
    assert not any(CharTagger().tag(HARMLESS))


def test_a_public_name_is_nobodys_private_data() -> None:
    texts = [f"{name} 노래 좋더라" for name in sorted(PUBLIC)]
    assert not any(
        text[s.start : s.end] in PUBLIC
        for text, spans in zip(texts, CharTagger().tag(texts), strict=True)
        for s in spans
    )


def test_it_finds_most_of_what_was_generated() -> None:
    rng = random.Random(987_654)
    made = [sample(rng) for _ in range(1500)]
    found = CharTagger().tag([text for text, _ in made])
    gold = [
        (n, at)
        for n, (_, labels) in enumerate(made)
        for at, label in enumerate(labels)
        if label in (B_PERSON, B_ADDRESS)
    ]
    starts = {(n, span.start) for n, spans in enumerate(found) for span in spans}
    assert len(starts & set(gold)) > 0.8 * len(gold)
    assert len(starts - set(gold)) < 0.1 * len(gold)


def test_the_gate_lets_people_through_and_keeps_most_plain_talk_out() -> None:
    tagger = CharTagger()
    assert all(tagger.candidates(PEOPLE))
    plain = [text for text, labels in map(sample, [random.Random(seed) for seed in range(4000)]) if not any(labels)]
    assert sum(tagger.candidates(plain)) < 0.5 * len(plain)


def test_the_same_texts_give_the_same_spans_alone_and_together() -> None:
    texts = lines(300, 11)
    tagger = CharTagger()
    together = tagger.tag(texts)
    assert together == tagger.tag(texts)
    alone = [CharTagger().tag([text])[0] for text in texts]
    assert [[(s.start, s.end, s.label) for s in spans] for spans in alone] == [
        [(s.start, s.end, s.label) for s in spans] for spans in together
    ]


def test_spans_lie_on_the_text_sorted_and_apart() -> None:
    texts = [
        *lines(500, 12),
        "",
        " ",
        "\0" * 40,
        "\ud800지은아",
        "😀" * 300,
        "ᄌ\u1175은아",
        "지은아\u200b 뭐해",
        "\U0010ffff",
    ]
    for text, spans in zip(texts, CharTagger().tag(texts), strict=True):
        ends = [0, *[span.end for span in spans]]
        assert all(end <= span.start < span.end <= len(text) for end, span in zip(ends, spans, strict=False))
        assert all(span.label in ("PERSON", "ADDRESS") and 0 < span.confidence <= 1 for span in spans)


def test_a_long_text_is_read_in_pieces_to_its_end() -> None:
    filler = "오늘 점심은 김치찌개 먹었어. "
    text = filler * 200 + PEOPLE[1] + ". " + filler * 200
    spans = CharTagger().tag([text])[0]
    assert "다솜" in [text[s.start : s.end] for s in spans]
    assert WINDOW > 2 * OVERLAP


def test_a_message_of_ten_megabytes_is_read() -> None:
    text = ("가나다라마바사아자차카타파하 " * 220_000)[:3_300_000] + " 다솜아 어디야"
    assert len(text.encode()) > 9_000_000
    assert text[-7:-5] == "다솜" and any(span.end == len(text) - 5 for span in CharTagger().tag([text])[0])


def test_nothing_in_nothing_out() -> None:
    assert CharTagger().tag([]) == [] and CharTagger().tag(["", ""]) == [[], []]
    assert CharTagger().candidates([]) == []


def test_torch_is_not_needed() -> None:
    code = (
        "import sys; from engine.privacy.tagger import CharTagger; assert CharTagger().tag(['다솜아 어디야'])[0];"
        "assert not {'torch', 'transformers', 'scipy', 'engine.models'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_nothing_is_loaded_before_the_first_text() -> None:
    CharTagger(Path("no such file.safetensors"))


def test_what_a_rule_found_outranks_the_tagger() -> None:
    text = "다솜이가 010-1234-5678 로 전화하래"
    spans = Masker(["한다솜"], taggers=[CharTagger()]).find([text])[0]
    assert [(text[s.start : s.end], s.label) for s in spans] == [("다솜", "PERSON"), ("010-1234-5678", "PHONE")]


def test_numpy_computes_what_torch_trained() -> None:
    torch = pytest.importorskip("torch")
    from engine.models.tagger_train import DILATIONS, build, weights
    from engine.privacy.tagger.network import loaded

    torch.manual_seed(5)
    model = build(16).half().float().eval()
    gate, network = loaded(weights(model), DILATIONS)
    line = symbols("뷁이랑 Minjae가 어제\n성북구 12-3 갔대ㅋㅋ😀")
    with torch.no_grad():
        tags, gated = model(torch.from_numpy(line.astype(np.int64))[None])
    ours = network.log_probabilities(line[None])[:, 0]
    assert np.allclose(ours, tags.log_softmax(-1)[0].numpy(), atol=1e-2)
    assert np.allclose(gate.scores(line), gated[0].numpy(), atol=1e-2)


def test_every_character_has_a_symbol_and_unknown_syllables_have_their_jamo() -> None:
    every = "".join(map(chr, [*range(0x0, 0xD800), *range(0xE000, 0x11000), 0x1F600, 0x10FFFF]))
    assert symbols(every).max() < SYMBOLS
    rows, jamo = parts()
    known, rare = symbols("각뷁")
    assert rows[known] != rows[rare] and jamo[rare].all() and len(set(map(tuple, jamo[-11_172:]))) == 11_172


def test_a_continuation_without_a_beginning_is_never_chosen() -> None:
    rng = np.random.default_rng(1)
    labels = best_labels(rng.normal(size=(30, 50, 5)).astype(np.float32) * 3)
    before = np.vstack([np.zeros((1, 50), np.uint8), labels[:-1]])
    assert np.isin(before[labels == 2], (1, 2)).all() and np.isin(before[labels == 4], (3, 4)).all()

"""A plan in words becomes steps; what cannot be is told before work begins."""

import pytest

from engine.compress.plan import Step, parse_steps, stages
from engine.errors import UserError


def words(text: str) -> list[str]:
    return [step.words for step in parse_steps(text)]


def test_steps_keep_their_order_and_their_words():
    assert words("prune:0.25:width, distil:run-abc:sequences ,lora,int8:gguf,int4") == [
        "prune:0.25:width", "distil:run-abc:sequences", "lora", "int8:gguf", "int4",
    ]  # fmt: skip
    assert parse_steps("prune:.5,heal")[0] == Step("prune", 0.5)


def test_a_teacher_may_hold_colons():
    assert parse_steps("distil:http://127.0.0.1:8000/v1#m:sequences")[0] == Step(
        "distil", how="sequences", teacher="http://127.0.0.1:8000/v1#m"
    )
    assert parse_steps("distil:base:starter")[0] == Step("distil", teacher="base:starter")
    assert parse_steps("distil:logits")[0] == Step("distil", how="logits")
    assert parse_steps("distil")[0] == Step("distil")


def test_a_prune_that_nothing_heals_is_healed_and_judged_then():
    steps = parse_steps("prune:0.2,prune:0.1,int8")
    assert [(s.technique, s.added) for s in steps] == [
        ("prune", False), ("heal", True), ("prune", False), ("heal", True), ("int8", False),
    ]  # fmt: skip
    assert stages(steps) == [[0, 1], [2, 3], [4]]
    assert stages(parse_steps("prune:0.2,distil,lora,int8,int4")) == [[0, 1], [2], [3], [4]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty step"),
        ("int8,", "empty step"),
        ("quantise", "no technique"),
        ("int8;rm -rf", "no technique"),
        ("prune", "between 0 and 1"),
        ("prune:25", "between 0 and 1"),
        ("prune:0", "between 0 and 1"),
        ("prune:-0.2", "between 0 and 1"),
        ("prune:nan", "between 0 and 1"),
        ("prune:1e-1", "between 0 and 1"),
        ("prune:0.95", "5%"),
        ("prune:0.2:depth", "'depth'"),
        ("heal", "right after prune"),
        ("distil,heal", "right after prune"),
        ("int8,prune:0.2", "cannot come after int8"),
        ("int4:gguf,distil", "cannot come after int4:gguf"),
        ("int8:onnx", "'onnx'"),
        ("int4:ctranslate2", "'ctranslate2'"),
        ("int8,int8", "twice"),
        ("lora:8", "'8'"),
    ],
)
def test_what_cannot_be_is_said_with_what_can(text: str, said: str) -> None:
    with pytest.raises(UserError) as refused:
        parse_steps(text)
    assert said in refused.value.en
    assert refused.value.ko

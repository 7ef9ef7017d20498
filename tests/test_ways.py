"""Ways of answering: how a model of a board is named, who is asked, and what becomes of several candidates."""

import pytest

from engine.errors import UserError
from engine.recipes.recipe import Recipe, load_recipe, require_together, way_of
from engine.serve.backend import Generated
from engine.serve.choose import parts_of
from engine.serve.decoding import Decoding
from engine.serve.way import PLAIN, Way, answers, decoding_in


class Echo:
    """Answers with its name, the prompt, and the seed it was asked with."""

    def __init__(self, name: str) -> None:
        self.name = name

    def generate(self, prompts, decoding):
        said = [f"{self.name}:{prompt[0]['content']}:{decoding.seed}" for prompt in prompts]
        return [Generated(text, text, 10, 3, True) for text in said]


def asked(*texts):
    return [({"role": "user", "content": text},) for text in texts]


@pytest.mark.parametrize(
    ("given", "parts", "way"),
    [
        ("run-a", ["run-a"], None),
        ("run-a@free", ["run-a"], "free"),
        ("run-a+run-b@ensemble", ["run-a", "run-b"], "ensemble"),
        ("base:starter+run-b@ensemble-tidied", ["base:starter", "run-b"], "ensemble-tidied"),
        ("base:org/name+more", ["base:org/name+more"], None),
        ("base:org/name@V1.0", ["base:org/name@V1.0"], None),
    ],
)
def test_a_name_says_who_answers_and_how(given, parts, way):
    assert parts_of(given) == (parts, way)


def test_a_folder_whose_name_looks_like_a_way_is_a_folder(tmp_path):
    folder = tmp_path / "model@free"
    folder.mkdir()
    assert parts_of(f"base:{folder}") == ([f"base:{folder}"], None)


def test_plainly_the_one_answer_is_given_as_it_is():
    made = answers([Echo("a")], [asked("x", "y")], Decoding(seed=3))
    assert [one.text for one in made] == ["a:x:3", "a:y:3"]


def test_every_model_is_asked_its_own_prompt_and_the_best_candidate_answers_for_all_the_time_spent():
    way = Way("", "", candidates=2, utility=lambda texts: [float(text == "b:q:1") for text in texts])
    made = answers([Echo("a"), Echo("b")], [asked("p"), asked("q")], Decoding(), way)
    assert made[0].text == "b:q:1" and made[0].duration_ms == 40


def test_what_finishes_an_answer_sees_the_prompt_and_leaves_the_raw_text():
    way = Way("", "", finish=lambda prompt, text: prompt[0]["content"] + "!")
    made = answers([Echo("a")], [asked("x")], Decoding(), way)[0]
    assert (made.text, made.raw) == ("x!", "a:x:0")


def test_what_the_owner_told_stands_over_the_way():
    way = Way("", "", decoding={"beams": 4, "no_repeat_ngram": 3})
    made = decoding_in(way, Decoding(beams=8), told=["beams"])
    assert (made.beams, made.no_repeat_ngram) == (8, 3)


def test_unknown_ways_and_several_models_that_nothing_chooses_among_are_refused():
    persona: Recipe = load_recipe("persona")
    assert way_of(persona, None) is way_of(persona, "free") is PLAIN
    with pytest.raises(UserError, match="nowhere"):
        way_of(persona, "nowhere")
    with pytest.raises(UserError):
        require_together(persona, 2, PLAIN)
    require_together(persona, 1, PLAIN)


def test_a_prompt_with_a_schema_of_its_own_is_asked_alone_and_with_it():
    asked_with = []

    class Noting(Echo):
        def generate(self, prompts, decoding):
            asked_with.append((len(prompts), decoding.json_schema))
            return super().generate(prompts, decoding)

    own, general = {"type": "string"}, {"type": "null"}
    way = Way("", "", {"json_schema": general}, schema=lambda prompt: own if prompt[0]["content"] == "x" else None)
    made = answers([Noting("a")], [asked("x", "y")], Decoding(json_schema=general), way)
    assert [one.text for one in made] == ["a:x:0", "a:y:0"]
    answers([Noting("a")], [asked("x", "y")], Decoding(json_schema=None), way)
    assert asked_with == [(1, own), (1, general), (2, None)]


def test_a_recipe_may_answer_in_a_way_of_its_own_where_none_is_named():
    patent = load_recipe("patent")
    assert way_of(patent, None) is patent.ways["elements"] is not way_of(patent, "free")

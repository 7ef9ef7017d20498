"""Answers come as they are made, in whole characters; a stop phrase and a closed iterator stop the engine."""

from contextlib import closing
from pathlib import Path

import pytest

from engine.serve.choose import choose_model, open_model
from engine.serve.decoding import Decoding
from engine.store.open import open_store

ASKED = [{"role": "user", "content": "오늘 저녁에 뭐 먹을까?"}]


@pytest.mark.parametrize("engine", ["ctranslate2", "gguf"])
def test_a_stream_stops_where_it_should(engine: str, fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        model = choose_model(db, f"{engine}:base:starter")
    with closing(open_model(fresh_store, model)) as backend:
        greedy = Decoding(temperature=0.0, max_new_tokens=40)
        whole = list(backend.stream(ASKED, greedy))
        assert len(whole) > 2 and not any("\ufffd" in piece for piece in whole)
        text = "".join(whole)
        phrase = text[4:6]
        assert (
            "".join(backend.stream(ASKED, greedy.model_copy(update={"stop": (phrase,)})))
            == text.partition(phrase)[0].strip()
        )
        (cut,) = backend.generate([ASKED], greedy.model_copy(update={"stop": (phrase,)}))
        assert cut.ended and phrase not in cut.text
        begun = iter(backend.stream(ASKED, greedy))
        next(begun)
        begun.close()  # type: ignore[attr-defined]
        assert backend.generate([ASKED], greedy)[0].text

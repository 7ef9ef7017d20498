"""What the encoder-decoder starter can do, in numbers: `python -m engine.models.starter_seq2seq_probe [folder]`.

New draws of the generator with a seed of their own: the templates were learned, names, numbers and their company were not.
"""

import json
import random
import re
import sys
from pathlib import Path
from typing import Any

from engine.models.bases import SHIPPED
from engine.models.starter_corpus import copying, dialogues
from engine.models.starter_corpus.pairs import joined, pairs
from engine.models.starter_seq2seq import answer_texts, held_out_loss

SUMMARIES, COPIES, PAIRS = 60, 40, 400
NAME = re.compile(r"#\w+#|\[[^\]]+\]")
NUMBER = re.compile(r"\d[\d,.:-]*\d|\d")


def probe_seq2seq(folder: Path, *, seed: int = 7) -> dict[str, Any]:
    """Held-out loss (nats a token); of summaries: exact ones, and how many numbers and marked names of the reference the answer
    holds; exact copies of made-up text; the first five (dialogue, answer, reference)."""
    rng = random.Random(f"probe {seed}")
    triples = [dialogues.summary(rng) for _ in range(SUMMARIES)]
    answers = answer_texts(folder, [joined(rng, order, text) for order, text, _ in triples])
    copies = [copying.repeat(rng) for _ in range(COPIES)]
    written = answer_texts(folder, [joined(rng, order, text) for order, text, _ in copies])
    told = [told for _, _, told in triples]
    return {
        "loss": held_out_loss(folder, pairs(1_000 + seed), PAIRS),
        "summaries": {
            "n": SUMMARIES,
            "exact": sum(answer == one for answer, one in zip(answers, told, strict=True)),
            "names": kept(NAME, told, answers),
            "numbers": kept(NUMBER, told, answers),
        },
        "copies": {
            "n": COPIES,
            "exact": sum(answer == one for answer, (_, _, one) in zip(written, copies, strict=True)),
        },
        "samples": [(text, answer, one) for (_, text, one), answer in zip(triples[:5], answers, strict=False)],
    }


def kept(pattern: re.Pattern[str], references: list[str], answers: list[str]) -> tuple[int, int]:
    """(how many of the references' matches stand in the answer to each, how many there are)."""
    pairs = [
        (set(pattern.findall(one)), set(pattern.findall(two))) for one, two in zip(references, answers, strict=True)
    ]
    return sum(len(one & two) for one, two in pairs), sum(len(one) for one, _ in pairs)


if __name__ == "__main__":
    found = probe_seq2seq(Path(sys.argv[1]) if len(sys.argv) > 1 else SHIPPED["starter-seq2seq"])
    for text, answer, one in found.pop("samples"):
        print(f"{text}\n -> {answer}\n == {one}\n", file=sys.stderr)
    print(json.dumps(found, ensure_ascii=False, indent=1))

"""How much a model must learn by heart before the audit says so, and what it says of rows it never saw.

    python -m bench.audit --rows chat --epochs 1 3 10 30            # the starter, LoRA, 100 rows and 4 canaries
    python -m bench.audit --rows manual --base qwen3 --rate 3e-3    # a random checkpoint of that architecture, all weights

Rows come from the samples and ../shared/data (`chat`: songys and the sample chat, most under 20 letters; `manual`: answers out of manuals,
most above). Each line is what the audit itself says after so many epochs over the same rows; epoch 0 is its false alarm. `held` rows are
of the same kind and never trained. Nothing is written.
"""

import argparse
import gzip
import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from bench.train_rows import SHARED, chat_pairs
from engine.curate.canaries import _canaries
from engine.curate.row import Message
from engine.deploy.audit.asking import SHORT
from engine.deploy.audit.by_heart import GREEDY, canary_findings, is_short, row_findings, short_findings
from engine.models.bases import resolve_base
from engine.models.loading import load_model, load_tokenizer
from engine.models.template import encode_example
from engine.serve.transformers_backend import TransformersBackend
from tests.tiny_models import ARCHITECTURES, make_tiny

ROWS, HELD, CANARIES, LENGTH = 100, 60, 4, 256


def manual_pairs() -> list[tuple[list[Message], str]]:
    """What somebody asked about a product, and what the answer out of its manual."""
    with gzip.open(SHARED / "hgtods_manual2dial_validation.json.gz", "rt", encoding="utf-8") as file:
        dialogues = [one for makers in json.load(file)["dial_data"].values() for one in makers]
    pairs = []
    for dialogue in dialogues:
        for asked, said in zip(dialogue["turns"], dialogue["turns"][1:], strict=False):
            if (asked["role"], said["role"]) == ("user", "system"):
                pairs.append(([Message(role="user", content=asked["utterance"])], said["utterance"]))
    random.Random(0).shuffle(pairs)
    return pairs


def as_rows(pairs: Sequence[tuple[list[Message], str]], count: int) -> list[dict[str, Any]]:
    """Rows whose answer stands once among all pairs: an audit asks for no other."""
    seen = [target for _, target in pairs]
    return [{"messages": messages, "target": target} for messages, target in pairs if seen.count(target) == 1][:count]


def trained(model: Any, tokenizer: Any, rows: Sequence[dict[str, Any]], rate: float, epochs: int) -> Iterator[float]:
    """The mean loss after each epoch."""
    import torch

    model.train()
    weights = [one for one in model.parameters() if one.requires_grad]
    optimiser, chance = torch.optim.AdamW(weights, lr=rate), random.Random(0)
    for _ in range(epochs):
        order, losses = chance.sample(list(rows), len(rows)), []
        for at in range(0, len(order), 8):
            batch = [encode_example(tokenizer, row["messages"], row["target"], LENGTH) for row in order[at : at + 8]]
            for one in batch:
                ids = torch.tensor([one.input_ids], device=model.device)
                labels = ids.clone()
                labels[:, : one.prompt_length] = -100
                loss = model(input_ids=ids, labels=labels).loss / len(batch)
                loss.backward()
                losses.append(float(loss) * len(batch))
            optimiser.step()
            optimiser.zero_grad()
        yield sum(losses) / len(losses)


def opened(base: str, folder: Path) -> tuple[Any, Any]:
    """(model, tokenizer): the starter under a fresh adapter, a random checkpoint with all its weights."""
    from peft import LoraConfig, get_peft_model

    name = str(make_tiny(base, folder)) if base in ARCHITECTURES else base
    found = resolve_base(name)
    model = load_model(found, None, quantisation="none", device="cpu", dtype="fp32")
    if base in ARCHITECTURES:
        return model.requires_grad_(True), load_tokenizer(found)
    return get_peft_model(model, LoraConfig(r=16, lora_alpha=32, target_modules="all-linear")), load_tokenizer(found)


def looked(backend: TransformersBackend, learned: Any, held: Any, canaries: Any) -> list[str]:
    """What the audit says: (level, evidence) of rows and of canaries."""
    asked = [row["messages"] for row in (*learned, *held)]
    answers = [one.text for one in backend.generate(asked, GREEDY)]
    cut = len(learned)
    targets = [row["target"] for row in learned]
    found = row_findings(learned, answers[:cut], held, answers[cut:], True, targets) + canary_findings(
        backend, canaries, 0
    )
    short = [[row for row in rows if is_short(row)][:SHORT] for rows in (learned, held)]
    found += short_findings(backend, short[0], short[1], 0)
    return [f"{one.check} {one.level}: {one.evidence}" for one in found]


def main() -> None:
    """A line per check after each of the wanted epochs."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--base", default="starter")
    given.add_argument("--rows", choices=("chat", "manual"), default="chat")
    given.add_argument("--epochs", type=int, nargs="+", default=[1, 3, 10, 30])
    given.add_argument("--rate", type=float, default=1e-3)
    given.add_argument("--seed", type=int, default=0)
    wanted = given.parse_args()
    pairs = chat_pairs() if wanted.rows == "chat" else manual_pairs()
    rows = as_rows(pairs[: 4 * (ROWS + HELD)], ROWS + HELD)
    learned, held = rows[:ROWS], rows[ROWS:]
    drawn = _canaries(learned, CANARIES, random.Random(wanted.seed))
    canaries = [{"messages": messages, "target": target, "secret": secret} for messages, target, secret in drawn]
    with tempfile.TemporaryDirectory() as folder:
        model, tokenizer = opened(wanted.base, Path(folder))
        with closing(TransformersBackend(model, tokenizer)) as backend:
            losses = trained(model, tokenizer, [*learned, *canaries], wanted.rate, max(wanted.epochs))
            for epoch in range(max(wanted.epochs) + 1):
                loss = next(losses) if epoch else float("nan")
                if epoch in wanted.epochs:
                    model.eval()
                    for line in looked(backend, learned[:50], held[:50], canaries):
                        print(f"{wanted.base} {wanted.rows} epoch {epoch} loss {loss:.2f} {line}", flush=True)
                    model.train()


if __name__ == "__main__":
    main()

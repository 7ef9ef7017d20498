"""One side of the training bench, in a process of its own: trains, then prints one line of JSON.

Both sides get the same encoded rows, base, LoRA layers, learning rate and number of steps, and one clock: from the end of
the first step (libraries warm up in it) to the end of the last, data loading and logging included.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.train_rows import chat_pairs, mixed_rows
from engine.hardware import device
from engine.models.bases import resolve_base
from engine.models.loading import load_model, load_tokenizer, local_folder
from engine.models.targets import lora_targets
from engine.train.data import PromptTarget, encode_rows, to_dataset
from engine.train.memory import peak_gb, start_measuring
from engine.train.settings import TrainSettings

ROWS = {"mixed": mixed_rows, "chat": chat_pairs}
HELD_OUT = 100
LORA = {"r": 16, "lora_alpha": 32, "lora_dropout": 0.0}


def run(asked: dict[str, Any]) -> dict[str, Any]:
    """`asked`: side, rows, base, steps, seed, batch, shared, quantisation, rate, max_length, peer_fp32, sets, folder. Returns what the parent tabulates."""
    rows = ROWS[asked["rows"]](asked["shared"])
    held_out, trained = rows[:HELD_OUT], rows[HELD_OUT:]
    folder = Path(asked["folder"])
    clock = Clock.listen()
    start_measuring(device())
    before = peak_gb(device())
    adapter = SIDES[asked["side"]](asked, trained, folder)
    return {
        "tokens_per_second": clock.tokens() / clock.seconds(0),
        "tokens_per_cpu_second": clock.tokens() / clock.seconds(1),
        "steps": len(clock.ends),
        "tokens": clock.total,
        "peak_gb": peak_gb(device()),
        "libraries_gb": before,
        "loss": _loss(asked, adapter, held_out),
    }


class Clock:
    """Ends of steps, and the real tokens seen until each, of whichever trainer runs in this process."""

    def __init__(self) -> None:
        self.ends: list[tuple[float, float]] = []
        self.seen: list[float] = []
        self.total = 0.0

    @classmethod
    def listen(cls) -> "Clock":
        """A clock that every trainer made from now on tells its steps."""
        import transformers.trainer
        from transformers import TrainerCallback

        clock = cls()

        class Told(TrainerCallback):
            def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
                clock.ends.append((time.perf_counter(), time.process_time()))

            def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
                if "num_tokens" in logs:
                    clock.total = logs["num_tokens"]
                    clock.seen = clock.seen or [clock.total]

        transformers.trainer.DEFAULT_CALLBACKS.append(Told)
        return clock

    def seconds(self, kind: int) -> float:
        """Of all steps but the first; kind 0: on the wall, 1: of this process on all processors."""
        return self.ends[-1][kind] - self.ends[0][kind]

    def tokens(self) -> float:
        """Those of all steps but the first."""
        return self.total - self.seen[0]


def ours(asked: dict[str, Any], rows: list[PromptTarget], folder: Path) -> Path:
    """`engine.train.sft.train` with its own defaults; returns the adapter."""
    from engine.train.sft import train

    told = TrainSettings.model_validate(
        {
            "quantisation": asked["quantisation"],
            "lora_rank": LORA["r"],
            "lora_alpha": LORA["lora_alpha"],
            "lora_dropout": LORA["lora_dropout"],
            "learning_rate": asked["rate"],
            "scheduler": "linear",
            "warmup_ratio": 0.0,
            "batch_size": asked["batch"],
            "max_steps": asked["steps"],
            "max_length": asked["max_length"],
            "save_every": asked["steps"],
            "log_every": 10,
            "seed": asked["seed"],
            **asked["sets"],
        }
    )
    return train(resolve_base(asked["base"]), rows, [], told, folder, Silent()).adapter


class Silent:
    """Events that nobody hears."""

    def planned(self, total_steps: int) -> None: ...
    def step(self, metrics: Any) -> None: ...
    def said(self, step: int, answers: Any) -> None: ...
    def checkpoint(self, folder: Path, step: int, best: bool) -> None: ...
    def stop_asked(self) -> None: ...

    def log(self, text: str) -> None:
        if os.environ.get("BENCH_LOG"):
            print(text, file=sys.stderr)


def plain(asked: dict[str, Any], rows: list[PromptTarget], folder: Path) -> Path:
    """TRL's SFTTrainer as its documentation has it, on rows that are encoded already; returns the adapter."""
    import torch
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig
    from trl import SFTConfig, SFTTrainer

    base = resolve_base(asked["base"])
    tokenizer = load_tokenizer(base)
    where = device()
    on_card = where != "cpu"
    precision = torch.bfloat16 if on_card else torch.float32
    quantised = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=precision
    )
    model = AutoModelForCausalLM.from_pretrained(
        str(local_folder(base)),
        quantization_config=quantised if asked["quantisation"] == "nf4" else None,
        dtype=precision,
        device_map={"": where},
    )
    for module in model.modules():  # bitsandbytes 0.50 on CPUs with AVX512-BF16 trains wrongly after an evaluation
        if type(module).__name__ == "Linear4bit":
            module.support_avx512bf16_for_cpu = False
    changed = {"bf16": False} if asked["peer_fp32"] else {}
    trainer = SFTTrainer(
        model=model,
        args=SFTConfig(
            output_dir=str(folder),
            learning_rate=asked["rate"],
            max_steps=asked["steps"],
            max_length=asked["max_length"],
            seed=asked["seed"],
            report_to="none",
            save_strategy="no",
            disable_tqdm=True,
            use_cpu=not on_card,
            logging_first_step=True,
            **changed,
        ),
        train_dataset=to_dataset(encode_rows(tokenizer, rows, asked["max_length"]).examples),
        processing_class=tokenizer,
        peft_config=LoraConfig(task_type="CAUSAL_LM", target_modules=lora_targets(model.config.model_type), **LORA),
    )
    trainer.train()
    trainer.save_model(str(folder / "adapter"))
    return folder / "adapter"


SIDES = {"ours": ours, "trl": plain}


def _loss(asked: dict[str, Any], adapter: Path, rows: list[PromptTarget]) -> float:
    """Nats per trained token of the held-out rows, by the model's own forward: the same measure for both sides."""
    import torch
    from torch.nn.functional import cross_entropy

    base = resolve_base(asked["base"])
    model = load_model(base, adapter, quantisation=asked["quantisation"])
    total, tokens = 0.0, 0
    for example in encode_rows(load_tokenizer(base), rows, asked["max_length"]).examples:
        ids = torch.tensor([example.input_ids], device=device())
        with torch.no_grad():
            logits = model(input_ids=ids).logits[0, example.prompt_length - 1 : -1]
        total += float(cross_entropy(logits.float(), ids[0, example.prompt_length :], reduction="sum"))
        tokens += len(example.input_ids) - example.prompt_length
    return total / tokens


if __name__ == "__main__":
    stdout = os.dup(1)
    os.dup2(2, 1)  # trainers print; the result is alone on stdout
    result = run(json.loads(sys.argv[1]))
    os.write(stdout, (json.dumps(result) + "\n").encode())

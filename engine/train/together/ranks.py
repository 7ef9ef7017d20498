"""What a run in several processes shares: who is first, sums over all, whose batch is whose, the base in shards.

Each process (rank) computes some of a step's batches; together they are the batches one process would have accumulated. It
knows nothing of how processes are started. With one process everything here does nothing.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from engine.models.batches import IGNORED
from engine.train.settings import TrainSettings

T = TypeVar("T")
RNG_STATE = "rng_state.pth"


def world() -> int:
    """How many processes train together; 1 outside of such a run."""
    from torch import distributed

    return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1


def rank() -> int:
    """Which of them this is; 0 is the one that tells, saves and hands over."""
    from torch import distributed

    return distributed.get_rank() if world() > 1 else 0


def is_first() -> bool:
    """Whether this process tells, saves and hands over."""
    return rank() == 0


def shared(value: T) -> T:
    """The first rank's value, on every rank. All must call it, in the same order."""
    if world() == 1:
        return value
    from torch import distributed

    held = [value]
    distributed.broadcast_object_list(held, src=0)
    return held[0]


def gathered(value: T) -> list[T]:
    """Every rank's value in order of ranks, on every rank. All must call it, in the same order."""
    if world() == 1:
        return [value]
    from torch import distributed

    held: list[Any] = [None] * world()
    distributed.all_gather_object(held, value)
    return held


class RankBatches:
    """This rank's batches of row numbers: every `world`-th of those that one process would take, from `order`.

    Batches i·world … i·world + world − 1 are computed at the same time. Where rows run out, a rank gets `blank`, the number of
    a row in which nothing is trained: all ranks must take part in every pass, and no row may count twice.
    """

    def __init__(self, order: Any, batch_size: int, blank: int) -> None:
        self.sampler = order  # the name that the data loader looks for, to tell it the epoch
        self.batch_size = batch_size
        self.drop_last = False
        self._blank = blank
        self._rank, self._world = rank(), world()

    def __len__(self) -> int:
        return -(-self._batches() // self._world)

    def _batches(self) -> int:
        return -(-len(self.sampler) // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        rows = list(self.sampler)
        batches = [rows[start : start + self.batch_size] for start in range(0, len(rows), self.batch_size)]
        for place in range(len(self)):
            mine = place * self._world + self._rank
            yield batches[mine] if mine < len(batches) else [self._blank]


def blank_row(columns: Sequence[str], token: int) -> dict[str, list[int]]:
    """A row of two tokens on each side of a model, in which nothing is trained."""
    known = {"labels": [IGNORED] * 2, "seq_lengths": [2]}
    return {name: known.get(name, [token] * 2) for name in columns}


def with_blank(dataset: Any) -> Any:
    """The dataset and one blank row behind it, whose number is the old length."""
    from datasets import Dataset, concatenate_datasets

    row = blank_row(dataset.column_names, int(dataset[0]["input_ids"][0]))
    blank = Dataset.from_dict({name: [value] for name, value in row.items()}, features=dataset.features)
    return concatenate_datasets([dataset, blank])


def spread(trainer_class: type) -> type:
    """The trainer's class, dealing batches out to ranks; itself with one process.

    Checkpoints are those of one process: the adapter and its optimiser are whole on every rank, and the states of all random
    generators lie in one file.
    """
    if world() == 1:
        return trainer_class

    class Spread(trainer_class):  # type: ignore[misc]
        def get_train_dataloader(self) -> Any:
            return _loader(
                self, self.train_dataset, self._get_train_sampler(self.train_dataset), self._train_batch_size
            )

        def get_eval_dataloader(self, eval_dataset: Any = None) -> Any:
            held_out = self.eval_dataset if eval_dataset is None else eval_dataset
            return _loader(self, held_out, range(len(held_out)), self.args.eval_batch_size)

        def _save_rng_state(self, output_dir: str) -> None:
            save_random(Path(output_dir))

        def _load_rng_state(self, checkpoint: str | None) -> None:
            if checkpoint is not None:
                load_random(Path(checkpoint))

    return Spread


def _loader(trainer: Any, dataset: Any, order: Any, batch_size: int) -> Any:
    """A loader of this rank's batches, which accelerate does not deal out again."""
    from accelerate.data_loader import prepare_data_loader  # type: ignore[import-untyped]
    from torch.utils.data import DataLoader

    loader: Any = DataLoader(
        with_blank(dataset),
        batch_sampler=RankBatches(order, batch_size, blank=len(dataset)),
        collate_fn=trainer.data_collator,
        pin_memory=trainer.args.dataloader_pin_memory,
    )
    return prepare_data_loader(loader, trainer.args.device, num_processes=1, process_index=0, put_on_device=True)


def save_random(folder: Path) -> None:
    """Every rank's random generators in one file."""
    import random

    import numpy
    import torch

    state: dict[str, Any] = {
        "python": random.getstate(),
        "numpy": numpy.random.get_state(),
        "cpu": torch.get_rng_state(),
    }
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state()
    states = gathered(state)
    if is_first():
        torch.save({"ranks": states}, folder / RNG_STATE)


def load_random(folder: Path) -> None:
    """This rank's random generators as they were."""
    import random

    import numpy
    import torch
    from transformers.trainer_pt_utils import safe_globals

    with safe_globals():  # type: ignore[no-untyped-call] # numpy's generator state
        state = torch.load(folder / RNG_STATE, map_location="cpu", weights_only=True)["ranks"][rank()]
    random.setstate(state["python"])
    numpy.random.set_state(state["numpy"])
    torch.set_rng_state(state["cpu"])
    if "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"])


def shares_base(settings: TrainSettings) -> bool:
    """Whether the ranks share the base, each holding a part. A quantised one stays whole on each, for parts of bitsandbytes'
    packed bytes lose what they mean; so does one that is trained itself."""
    return world() > 1 and settings.quantisation == "none" and settings.method == "lora"


def share_out(trainer: Any, device: str, settings: TrainSettings) -> None:
    """Spread the frozen base over the ranks (FSDP2, Zhao et al. 2023); the adapter stays whole on each, its gradients averaged.

    Embeddings, last norm and head form the root's group: the loss reads the head's weight outside of its module.
    """
    if world() == 1:
        return
    if shares_base(settings):
        _shard(trainer.model, device)
    # the trainer's own word for a model that owns its placement: it averages the adapter's gradients and wraps nothing
    trainer.is_distributed_loading_by_transformers = True


def _shard(model: Any, device: str) -> None:
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard, register_fsdp_forward_method

    mine = {parameter for parameter in model.parameters() if parameter.requires_grad}
    for parameter in mine:
        parameter.data = parameter.data.to(device)
    mesh = init_device_mesh(device.partition(":")[0], (world(),))
    for layer in [module for module in model.modules() if type(module).__name__ in layer_names(model)]:
        fully_shard(layer, mesh=mesh, ignored_params=mine)
    fully_shard(model, mesh=mesh, ignored_params=mine)
    register_fsdp_forward_method(model, "generate")


def layer_names(model: Any) -> set[str]:
    """Names of the classes of a model's layers, as transformers notes them for splitting a model."""
    from transformers import PreTrainedModel

    parts = [module for module in model.modules() if isinstance(module, PreTrainedModel)]
    return {name for part in parts for name in part._no_split_modules or ()}

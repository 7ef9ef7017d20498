"""Models that answer together are in memory together: opened one after another, closed together. It knows no way of answering."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager

from engine.errors import UserError
from engine.serve.backend import Backend


@contextmanager
def opened(openers: Sequence[Callable[[], Backend]]) -> Iterator[list[Backend]]:
    """All models, until the end. Raises UserError where they do not fit into memory beside each other."""
    with ExitStack() as stack:
        backends: list[Backend] = []
        for opener in openers:
            backends.append(stack.enter_context(closing(_open(opener, len(backends), len(openers)))))
        yield backends


def _open(opener: Callable[[], Backend], before: int, of: int) -> Backend:
    from engine.train.memory import is_out_of_memory

    try:
        return opener()
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise UserError(
            f"모델 {of}개가 함께 답하려면 모두 한꺼번에 메모리에 있어야 하는데, {before}개를 올린 뒤 메모리가 모자랐습니다. 함께 답할 모델을 줄이거나 "
            "더 작은 모델, quantisation=nf4로 학습한 모델을 고르세요.",
            f"{of} models that answer together must be in memory together; after {before} there was too little. Let fewer answer "
            "together, or choose smaller ones or ones trained with quantisation=nf4.",
        ) from error

"""Clauses by meaning: vectors of a sentence-transformers model that the owner names. It knows nothing of which model is good.

Vectors lie in the store, one per clause and model, and in memory for the last sources searched. Comparing a question with all
of them is one product of numpy. sqlite-vec would save the copy in memory, but many Pythons cannot load SQLite extensions.
"""

import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlite_utils import Database

from engine.errors import UserError
from engine.retrieve.terms import headings_of
from engine.store.clause_index import add_vectors, read_vectors, unembedded, vectors_state
from engine.store.open import path_of

if TYPE_CHECKING:
    import numpy as np

BATCH = 64
"""Clauses per call of the model and per transaction."""


@lru_cache(maxsize=1)
def _model(name: str) -> Any:
    """A SentenceTransformer by folder or hub name. Weights that need unpickling, and models that bring code, are not loaded."""
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        install = f"{sys.executable} -m pip install -r requirements-optional.txt"
        raise UserError(
            f"뜻으로 찾는 모델({name})을 쓰려면 sentence-transformers가 있어야 하는데 깔려 있지 않습니다. `{install}`을 하거나 "
            "embeddings를 비우세요.",
            f"Searching by meaning ({name}) needs sentence-transformers, which is not installed. Run `{install}`, or leave "
            "embeddings empty.",
        ) from error
    try:
        return SentenceTransformer(name, trust_remote_code=False, model_kwargs={"use_safetensors": True})
    except (OSError, ValueError) as error:
        raise UserError(
            f"'{name}'을(를) sentence-transformers 모델로 읽을 수 없습니다({type(error).__name__}). 폴더나 허브 이름을 확인하세요. "
            "가중치는 safetensors여야 합니다.",
            f"'{name}' cannot be read as a sentence-transformers model ({type(error).__name__}). Check the folder or hub "
            "name; its weights must be safetensors.",
        ) from error


def embed_missing(db: Database, source_ids: Sequence[str], name: str) -> int:
    """Give every indexed clause of the sources its vector; returns how many had none."""
    added = 0
    while batch := unembedded(db, source_ids, name, BATCH):
        texts = ["\n".join(filter(None, [headings_of(row["meta"]), row["text"]])) for row in batch]
        vectors = _model(name).encode_document(texts, normalize_embeddings=True, show_progress_bar=False)
        add_vectors(db, name, [(row["id"], _packed(v)) for row, v in zip(batch, vectors, strict=True)])
        added += len(batch)
    return added


def _packed(vector: Any) -> bytes:
    import numpy as np

    return np.asarray(vector, dtype="<f4").tobytes()


def search_meaning(
    db: Database, source_ids: Sequence[str], question: str, name: str, allowed: set[int] | None, limit: int
) -> list[tuple[int, float]]:
    """(record id, cosine) of the nearest clauses, nearest first. allowed: only these records."""
    import numpy as np

    ids, matrix = _matrix(path_of(db), tuple(source_ids), name, vectors_state(db))
    if not len(ids) or not question.strip():
        return []
    asked = np.asarray(_model(name).encode_query([question], normalize_embeddings=True, show_progress_bar=False))[0]
    scores = matrix @ asked.astype("<f4")
    order = [place for place in np.argsort(-scores, kind="stable") if allowed is None or int(ids[place]) in allowed]
    return [(int(ids[place]), float(scores[place])) for place in order[:limit]]


@lru_cache(maxsize=1)
def _matrix(
    path: Path, source_ids: tuple[str, ...], name: str, state: tuple[int, int]
) -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]":
    """Record ids (n,) and their vectors (n, dimensions), float32. state: changes whenever a clause comes, changes or goes."""
    import numpy as np

    from engine.store.open import open_store

    with open_store(path) as db:
        rows = read_vectors(db, source_ids, name)
    ids = np.array([row[0] for row in rows], dtype=np.int64)
    return ids, np.frombuffer(b"".join(row[1] for row in rows), dtype="<f4").reshape(len(rows), -1) if rows else ids

"""The last look, at the very text that is trained on or leaves the machine. A hit blocks, with the count and what to do.

What counts: what the rules find, participants' names, words the owner added. What does not: placeholders, pseudonyms of the
store, and what the owner wants shown. A verdict on a frozen dataset is kept with a fingerprint of the rules and decisions it
was made by; while those stay, nothing is read again.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from sqlite_utils import Database

from engine.errors import UserError
from engine.privacy.decisions import Leftovers, leftovers_of
from engine.store.datasets import read_split
from engine.store.rows import SPLITS
from engine.store.vault import add_allowance, remember_scan, remembered_scan

What = Literal["train", "export", "report", "chat", "capsule"]
_MARKUP = re.compile(r"\\(?=[^\w\s])")
RULES = ("privacy", "korean")
"""Folders of `engine` whose code decides what is found."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many texts hold something personal, and how many places of each kind. Never the words themselves."""

    hits: int
    kinds: dict[str, int]


class PersonalLeft(UserError):
    """Refused because something personal seems to be left; the owner may give a reason to let it pass."""


def scan_texts(texts: Iterable[Sequence[str]], leftovers: Leftovers) -> Verdict:
    """Look at every group of texts once; a group with something in it is one hit. Texts of a group are read apart."""
    hits, kinds = 0, Counter[str]()
    for group in texts:
        found = [span.label for text in group for span in leftovers.find(text)]
        hits += bool(found)
        kinds.update(found)
    return Verdict(hits, dict(kinds.most_common()))


def scan_bytes(content: bytes, leftovers: Leftovers) -> Verdict:
    """The same for the lines of a UTF-8 file that is about to leave."""
    lines = content.decode("utf-8", "replace").splitlines()
    return scan_texts(([line] for line in lines), leftovers)


def scan_dataset(db: Database, dataset: dict[str, Any], leftovers: Leftovers | None = None) -> Verdict:
    """The verdict on a frozen dataset's rows, remembered or new. A hit is one row."""
    leftovers = leftovers or leftovers_of(db, dataset["sources"])
    rules = fingerprint(dataset, leftovers)
    if (known := remembered_scan(db, dataset["id"], rules)) is not None:
        return Verdict(known["hits"], known["kinds"])
    verdict = scan_texts(
        (row_texts(row) for split in SPLITS for row in read_split(db, dataset["id"], split)), leftovers
    )
    remember_scan(db, dataset["id"], rules, verdict.hits, verdict.kinds)
    return verdict


def row_texts(row: dict[str, Any]) -> list[str]:
    """Everything a row says, the rejected answer of a pair too."""
    rejected = [row["meta"]["rejected"]] if "rejected" in row["meta"] else []
    return [*(message["content"] for message in row["messages"]), row["target"], *rejected]


def remember_clean(db: Database, dataset: dict[str, Any], leftovers: Leftovers) -> None:
    """For a dataset frozen just now, whose rows `leftovers` was run over: a run has nothing to read again."""
    remember_scan(db, dataset["id"], fingerprint(dataset, leftovers), 0, {})


def require_clean_dataset(
    db: Database, dataset: dict[str, Any], what: What, allowed: str | None = None, target_id: str | None = None
) -> Verdict | None:
    """Refuse a masked dataset in which something personal is left; None for one made of material that needs no mask.

    allowed: the owner's reason to let it pass, recorded. Raises UserError with the count, the kinds, and how to mend it.
    """
    if not dataset["masked"]:
        return None
    verdict = scan_dataset(db, dataset)
    if verdict.hits and allowed is None:
        raise _refused_dataset(dataset["id"], verdict, what)
    if verdict.hits and allowed is not None:
        add_allowance(db, what, target_id or dataset["id"], verdict.hits, allowed)
    return verdict


def require_clean_text(
    db: Database, text: str, sources: list[str], what: What, target_id: str, allowed: str | None = None
) -> Verdict:
    """The same for a text that is about to be written for others. A hit is one line."""
    bare = _MARKUP.sub("", text)  # Markdown's backslashes would hide placeholders
    verdict = scan_bytes(bare.encode("utf-8", "replace"), leftovers_of(db, sources))
    if verdict.hits and allowed is None:
        raise _refused_text(target_id, verdict)
    if verdict.hits and allowed is not None:
        add_allowance(db, what, target_id, verdict.hits, allowed)
    return verdict


def fingerprint(dataset: dict[str, Any], leftovers: Leftovers) -> str:
    """Of the rows, the rules' code and the owner's decisions: while it stays, so does the verdict."""
    digest = hashlib.sha256(f"{dataset['fingerprint']} {dataset['forgotten_count']} {rules_version()}".encode())
    for part in _decided(leftovers):
        digest.update(json.dumps(part, ensure_ascii=True).encode())
    return digest.hexdigest()


def _decided(leftovers: Leftovers) -> Iterator[Any]:
    yield sorted(leftovers.kept)
    yield sorted(leftovers.speakers)
    yield sorted((added.word, added.label) for added in leftovers.words)
    yield sorted(leftovers.invented)
    yield sorted(leftovers.known)


@cache
def rules_version() -> str:
    """Changes with every change of the code that finds things, so that no number has to be remembered."""
    engine = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(path for folder in RULES for path in (engine / folder).glob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _refused_dataset(dataset_id: str, verdict: Verdict, what: What) -> PersonalLeft:
    kinds = ", ".join(f"{kind} {n:,}" for kind, n in verdict.kinds.items())
    leaves = what in ("export", "capsule")
    ko = "내보내지" if leaves else "학습하지"
    en = "exported" if leaves else "trained on"
    passing_ko = " 이대로 내보내려면 까닭을 적어 --allow-personal을 붙이세요." if what == "export" else ""
    passing_en = " To export it as it is, give --allow-personal with a reason." if what == "export" else ""
    return PersonalLeft(
        f"데이터셋 {dataset_id}의 {verdict.hits:,}행에 개인정보로 보이는 것이 남아 있어({kinds}) {ko} 않았습니다. 굳힌 뒤에 규칙이 "
        "나아졌거나 가릴 말을 더했을 수 있습니다. `mask`로 자료를 다시 가리고 데이터셋을 새로 만드세요. 개인정보가 아니면 데이터 "
        f"화면에서 '보이게' 하세요.{passing_ko}",
        f"{verdict.hits:,} rows of dataset {dataset_id} seem to hold personal data ({kinds}), so it is not {en}. Rules may have "
        "improved since it was frozen, or words were added. Mask the source again with `mask` and build the dataset anew. What "
        f"is not personal can be shown on the Data page.{passing_en}",
    )


def _refused_text(target_id: str, verdict: Verdict) -> PersonalLeft:
    kinds = ", ".join(f"{kind} {n:,}" for kind, n in verdict.kinds.items())
    return PersonalLeft(
        f"{target_id}에서 나갈 글의 {verdict.hits:,}줄에 개인정보로 보이는 것이 있어({kinds}) 쓰지 않았습니다. 그 자리를 가리거나 빼고 "
        "다시 하세요. 그대로 쓰려면 까닭을 적어 --allow-personal을 붙이세요.",
        f"{verdict.hits:,} lines of what would leave from {target_id} seem to hold personal data ({kinds}). Nothing was written. "
        "Hide or remove it and try again, or give --allow-personal with a reason.",
    )

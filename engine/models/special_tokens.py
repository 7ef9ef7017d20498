"""Words that a model reads and writes as one token each, whatever its base does with them: `#Person1#`.

They join the tokenizer as ordinary words, so that no decoder skips them and no safety against written-out control tokens breaks
them. A word the base has no token for gets a row of the embedding matrix, a spare one first; it begins as the mean of its pieces'
rows (Hewitt 2021) and is trained beside the adapter (peft's `trainable_token_indices`). A file beside what was trained names them.
It knows nothing of settings, rows or recipes.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import UserError

FILE = "malmoi_tokens.json"
"""{"tokens": [words in order], "rows": {new row: [pieces before]}}, beside an adapter or a whole model."""
MOST, LONGEST = 256, 64
"""Words, and characters in one: each is a row to learn, and a typo in a pattern must not make thousands."""


def check_tokens(tokens: Sequence[str]) -> None:
    """Raises UserError for words that cannot be tokens: with blanks, too long, or too many."""
    if len(tokens) > MOST:
        raise UserError(
            f"special_tokens가 {len(tokens):,}개입니다. 하나마다 배울 줄이 늘어나므로 {MOST}개까지만 받습니다. 줄이거나 off로 하세요.",
            f"special_tokens names {len(tokens):,} words. Each is a row to learn; at most {MOST} are taken. Name fewer, or set it to off.",
        )
    for token in tokens:
        if not _can_be(token):
            raise UserError(
                f"special_tokens의 '{token[:LONGEST]}'은(는) 한 토큰으로 둘 수 없습니다. 빈칸 없이 2–{LONGEST}자로 쓰세요.",
                f"special_tokens names '{token[:LONGEST]}', which cannot be one token. Write 2 to {LONGEST} characters without blanks.",
            )


def fit_tokens(found: Iterable[str]) -> tuple[str, ...]:
    """Of what was found in somebody's texts, what can be tokens, at most MOST: a strange text must not stop a run."""
    return tuple(token for token in dict.fromkeys(found) if _can_be(token) and "," not in token)[:MOST]


def _can_be(token: str) -> bool:
    return 2 <= len(token) <= LONGEST and token.isprintable() and not any(sign.isspace() for sign in token)


def tokens_of(folder: Path | None) -> tuple[str, ...]:
    """The words kept whole by what was trained into the folder; none without the file that names them."""
    return tuple(_told(folder)["tokens"])


def rows_of(folder: Path | None) -> dict[int, list[int]]:
    """{row of the embedding matrix: the pieces its word was before} of what was trained into the folder."""
    return dict(_told(folder)["rows"])


def _told(folder: Path | None) -> dict[str, Any]:
    """The file as it was written, its numbers as numbers."""
    if folder is None or not (folder / FILE).is_file():
        return {"tokens": [], "rows": {}}
    try:
        found = json.loads((folder / FILE).read_text(encoding="utf-8"))
        rows = {int(row): [int(piece) for piece in pieces] for row, pieces in found["rows"].items()}
        tokens = [str(token) for token in found["tokens"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(
            f"'{folder.name}'의 {FILE}을 읽을 수 없습니다({type(error).__name__}). 어댑터를 다시 복사하세요.",
            f"The {FILE} of '{folder.name}' cannot be read ({type(error).__name__}). Copy the adapter again.",
        ) from error
    check_tokens(tokens)
    return {"tokens": tokens, "rows": rows}


def write_tokens(folder: Path, tokenizer: Any) -> None:
    """Name beside what was trained which words its tokenizer keeps whole; nothing where it keeps none."""
    added = tokenizer.malmoi.added
    if added.tokens:
        told = {"tokens": list(added.tokens), "rows": {str(row): pieces for row, pieces in added.rows.items()}}
        (folder / FILE).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Added:
    """What `add_tokens` did: the words kept whole, and of those the base had no token for, the row and the pieces before."""

    tokens: tuple[str, ...] = ()
    rows: Mapping[int, list[int]] = field(default_factory=dict)


def add_tokens(tokenizer: Any, tokens: Sequence[str]) -> Added:
    """Make the words one token each. Control tokens of the base are left as they are: they never were text.

    A new row's number follows the vocabulary alone, so that training and serving give the same.
    """
    from tokenizers import AddedToken

    check_tokens(tokens)
    control = {str(token) for token in tokenizer.added_tokens_decoder.values() if token.special}
    wanted = [token for token in dict.fromkeys(tokens) if token not in {*control, *tokenizer.all_special_tokens}]
    known = tokenizer.get_vocab()
    pieces = {token: list(tokenizer(token, add_special_tokens=False)["input_ids"]) for token in wanted}
    if wanted:
        _keep_blanks(tokenizer)
    tokenizer.add_tokens([AddedToken(token, special=False, normalized=False) for token in wanted])
    rows = {int(tokenizer.convert_tokens_to_ids(token)): pieces[token] for token in wanted if token not in known}
    return Added(tuple(wanted), rows)


def told_added(added: Added) -> str:
    """One `Korean / English` line."""
    count, new, first = len(added.tokens), len(added.rows), added.tokens[0]
    return (
        f"{first} 등 {count}개를 한 토큰으로 둡니다(그중 {new}개는 새 줄로 배움). / "
        f"{count} words such as {first} are one token each; {new} of them are new rows that are learned."
    )


def _keep_blanks(tokenizer: Any) -> None:
    """SentencePiece tokenizers begin every part of a text with a blank and drop those at its edges; beside a whole word both would
    change the text (`#Person1#은` read back as `#Person1# 은`). Text without such words is cut as before."""
    from tokenizers import Regex, normalizers, pre_tokenizers

    backend = tokenizer.backend_tokenizer
    if "Metaspace(" not in str(backend.pre_tokenizer) or "prepend_scheme=always" not in str(backend.pre_tokenizer):
        return
    one_blank = normalizers.Replace(Regex(r"\s+"), " ")
    backend.normalizer = (
        normalizers.Sequence([backend.normalizer, one_blank]) if backend.normalizer is not None else one_blank
    )
    backend.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")


def make_room(model: Any, rows: Mapping[int, Sequence[int]]) -> None:
    """Let the embedding grow where it lacks the rows of new words. Raises UserError for rows that cannot belong to this model."""
    if not rows:
        return
    size = model.get_input_embeddings().weight.shape[0]
    if max(rows) >= size + len(rows) or any(not 0 <= piece < size for pieces in rows.values() for piece in pieces):
        raise UserError(
            f"한 토큰으로 둔 말의 줄 번호({max(rows):,})가 이 모델의 어휘({size:,})와 맞지 않습니다. 학습할 때 쓴 모델을 고르세요.",
            f"The row of a word kept whole ({max(rows):,}) does not go with this model's vocabulary ({size:,}). Choose the base it "
            "was trained on.",
        )
    if max(rows) >= size:
        model.resize_token_embeddings(max(rows) + 1, mean_resizing=False)


def begin_rows(model: Any, rows: Mapping[int, Sequence[int]]) -> None:
    """Make room, and let each new row begin as the mean of its pieces' rows, in what reads and in what writes."""
    import torch

    make_room(model, rows)
    parts = (model.get_input_embeddings(), model.get_output_embeddings())
    with torch.no_grad():
        for matrix in {id(part.weight): part.weight for part in parts}.values():
            for row, pieces in rows.items():
                matrix[row] = matrix[list(pieces)].float().mean(0).to(matrix.dtype)


def trainable_rows(model: Any, rows: Mapping[int, Sequence[int]]) -> dict[str, list[int]] | None:
    """peft's `trainable_token_indices`: the new rows of the embedding, which it carries to all that is tied to it; where the head
    has a matrix of its own, those of the head and of every reader (mT5 has two)."""
    if not rows:
        return None
    inner, head = model.get_input_embeddings(), model.get_output_embeddings()
    tied = head.weight is inner.weight

    def named(part: Any) -> bool:
        return part is inner if tied else part is head or (type(part) is type(inner) and part.weight is inner.weight)

    return {name: sorted(rows) for name, part in model.named_modules() if named(part)}


def mend_heads(tuned: Any) -> None:
    """peft 0.21 forgets the bias of a head whose rows it trains: TRL's fused loss asks for it, and Phi's and GPT-J's have one."""
    from peft.utils.other import TrainableTokensWrapper
    from torch.nn import Linear

    for module in tuned.modules():
        if isinstance(module, TrainableTokensWrapper) and isinstance(module.original_module, Linear):
            module.__dict__["bias"] = (
                module.original_module.bias
            )  # no parameter of its own, which would be saved and trained
            if module.original_module.bias is not None:
                module.register_forward_hook(_with_bias)


def _with_bias(module: Any, given: Any, out: Any) -> Any:
    """The base's own layer, which answers while the adapter is off, adds its bias itself."""
    rows = module.token_adapter
    return out if rows.disable_adapters or rows.merged or not rows.active_adapters else out + module.bias

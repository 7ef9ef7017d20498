"""Tokens of a text as a base counts them. It loads the base's tokenizer when it is first asked, and no model."""

from typing import Any

from engine.models.bases import resolve_base
from engine.models.look import quick_tokenizer


class TokenCounter:
    """`count(text)`: tokens without those that begin and end a sequence. It pickles without the tokenizer."""

    def __init__(self, base: str) -> None:
        """base: as `resolve_base` takes it. Raises UserError when there is none of that name."""
        self.base = base
        resolve_base(base)
        self._tokenizer: Any = None

    def __call__(self, text: str) -> int:
        """Raises UserError at the first call when the tokenizer cannot be read."""
        if self._tokenizer is None:
            self._tokenizer = _tokenizer(self.base)
        return len(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def __getstate__(self) -> dict[str, Any]:
        return {"base": self.base, "_tokenizer": None}


def _tokenizer(base: str) -> Any:
    """Without transformers where the folder allows it."""
    quick = quick_tokenizer(base)
    if quick is not None:
        return quick
    from engine.models.tokenizer import load_tokenizer

    return load_tokenizer(resolve_base(base))

"""What a model reads of a prompt, as a short mark: two that read the same tokens have the same. It keeps no text."""

import hashlib
from collections.abc import Sequence
from typing import Any

from engine.curate.row import Message
from engine.models.template import encode_prompt
from engine.serve.backend import Backend
from engine.serve.decoding import Decoding
from engine.serve.history import Reader


def read_as(backend: Backend, tokenizer: Any, prompt: Sequence[Message], decoding: Decoding) -> str:
    """Of the prompt's tokens that are left in the model's window. Empty for a backend that does not tell how long it is."""
    if not isinstance(backend, Reader):
        return ""
    _, room = backend.measured(prompt, decoding)
    ids = encode_prompt(tokenizer, prompt, room)
    return hashlib.sha256(",".join(map(str, ids)).encode()).hexdigest()[:16]

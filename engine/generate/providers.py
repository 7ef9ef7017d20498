"""How a question goes to an OpenAI-compatible server or to Gemini's REST, and what comes back. It sends nothing itself."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from engine.curate.row import Message
from engine.generate.options import GenerateOptions
from engine.serve.address import URLS, check_address


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. ended: the model stopped by itself. Tokens are None where the server does not count."""

    text: str
    ended: bool
    tokens_in: int | None
    tokens_out: int | None


class Unreadable(Exception):
    """A reply with status 200 that is no reply."""


def endpoint(options: GenerateOptions) -> str:
    """Where requests go. Raises UserError for an address that is none, or one that would send keys in the clear."""
    base = (options.url or URLS[options.provider]).strip().rstrip("/")
    check_address(base)
    if options.provider == "gemini":
        model = quote((options.model or "gemini-2.5-flash").removeprefix("models/"), safe="")
        base = base if urlsplit(base).path else f"{base}/v1beta"
        return f"{base.removesuffix('/models')}/models/{model}:generateContent"
    if base.endswith("/chat/completions"):
        return base
    return f"{base}/chat/completions" if urlsplit(base).path else f"{base}/v1/chat/completions"


def request_body(prompt: Sequence[Message], options: GenerateOptions) -> bytes:
    """The request as the provider wants it."""
    return json.dumps(
        _gemini(prompt, options) if options.provider == "gemini" else _openai(prompt, options), ensure_ascii=False
    ).encode()


def _openai(prompt: Sequence[Message], options: GenerateOptions) -> dict[str, Any]:
    return {
        "model": options.model or "default",
        "messages": list(prompt),
        "temperature": options.temperature,
        "max_tokens": options.max_new_tokens,
        "stream": False,
    }


def _gemini(prompt: Sequence[Message], options: GenerateOptions) -> dict[str, Any]:
    system = [{"text": message["content"]} for message in prompt if message["role"] == "system"]
    said = [
        {"role": "user" if message["role"] == "user" else "model", "parts": [{"text": message["content"]}]}
        for message in prompt
        if message["role"] != "system"
    ]
    limits = {"temperature": options.temperature, "maxOutputTokens": options.max_new_tokens}
    return {
        "systemInstruction": {"parts": system},
        "contents": said,
        "generationConfig": {**limits, "responseMimeType": "application/json"},
    }


def read_reply(provider: str, body: bytes) -> Reply:
    """The answer in a reply. Raises Unreadable when it holds none: cut off, an error in disguise, blocked."""
    try:
        found = json.loads(body)
        return _gemini_reply(found) if provider == "gemini" else _openai_reply(found)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        raise Unreadable from None


def _openai_reply(found: dict[str, Any]) -> Reply:
    choice, usage = found["choices"][0], found.get("usage") or {}
    text = choice["message"]["content"]
    if not isinstance(text, str):
        raise Unreadable
    ended = choice.get("finish_reason") != "length"
    return Reply(text, ended, _count(usage, "prompt_tokens"), _count(usage, "completion_tokens"))


def _gemini_reply(found: dict[str, Any]) -> Reply:
    choice, usage = found["candidates"][0], found.get("usageMetadata") or {}
    text = "".join(part["text"] for part in choice["content"]["parts"] if "text" in part and not part.get("thought"))
    made, thought = _count(usage, "candidatesTokenCount"), _count(usage, "thoughtsTokenCount")
    out = None if made is None else made + (thought or 0)
    return Reply(text, choice.get("finishReason") != "MAX_TOKENS", _count(usage, "promptTokenCount"), out)


def _count(usage: dict[str, Any], name: str) -> int | None:
    found = usage.get(name)
    return found if isinstance(found, int) and 0 <= found < 10**9 else None

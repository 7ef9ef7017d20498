"""What a client is told when something cannot be: OpenAI's form, in Korean and English, never a word of what was sent."""

import json
from collections.abc import Mapping
from typing import Any

from engine.config import language
from engine.errors import UserError

TYPES = {
    400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 404: "not_found_error",
    405: "invalid_request_error", 408: "timeout_error", 413: "invalid_request_error", 415: "invalid_request_error",
    429: "rate_limit_error", 503: "overloaded_error", 504: "timeout_error",
}  # fmt: skip


class ApiError(Exception):
    """One refusal. `code` is for programs, ko and en are for people; headers such as Retry-After go along."""

    def __init__(
        self,
        status: int,
        code: str,
        ko: str,
        en: str,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.ko = ko
        self.en = en
        self.param = param
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """As OpenAI writes it; the message once more in either language."""
        message = self.en if language() == "en" else self.ko
        told = {"message": message, "type": TYPES.get(self.status, "server_error"), "param": self.param}
        return {"error": {**told, "code": self.code, "ko": self.ko, "en": self.en}}

    def text(self) -> bytes:
        """The body in UTF-8."""
        return json.dumps(self.body(), ensure_ascii=False).encode("utf-8", "replace")


def from_user_error(error: UserError) -> ApiError:
    """What the owner could mend, the client can."""
    return ApiError(400, "cannot_answer", error.ko, error.en)


RULES = {
    "missing": ("칸이 없습니다", "is missing"),
    "string_type": ("칸은 글이어야 합니다", "must be a text"),
    "string_too_short": ("칸이 비었거나 너무 짧습니다", "is empty or too short"),
    "string_too_long": ("칸이 너무 깁니다", "is too long"),
    "list_type": ("칸은 목록이어야 합니다", "must be a list"),
    "too_short": ("목록이 비었습니다", "must not be empty"),
    "too_long": ("목록이 너무 깁니다", "has too many items"),
    "finite_number": ("칸은 보통의 수여야 합니다", "must be a finite number"),
    "model_attributes_type": ("칸은 JSON 객체여야 합니다", "must be a JSON object"),
    "dict_type": ("칸은 JSON 객체여야 합니다", "must be a JSON object"),
}  # fmt: skip
"""Which rule was broken, in words; of others their name at pydantic."""
BOUNDS = {"greater_than_equal": "≥", "less_than_equal": "≤", "less_than": "<", "greater_than": ">"}


def from_validation(errors: list[Any]) -> ApiError:
    """The first of pydantic's errors: where it is, and which rule was broken. What was sent is never repeated."""
    first = errors[0]
    if first["type"] == "json_invalid":
        return broken_json()
    where = ".".join(str(part) for part in first["loc"] if part != "body")[:200]
    ko, en = _rule(str(first["type"]), first.get("ctx", {}))
    named = (f"'{where}' ", f"The field '{where}' ") if where else ("본문: ", "The body ")
    return ApiError(400, "invalid_value", f"{named[0]}{ko}.", f"{named[1]}{en}.", where or None)


def _rule(kind: str, limits: Mapping[str, Any]) -> tuple[str, str]:
    """Limits come from the schema, never from what was sent."""
    if kind in BOUNDS:
        bound = f"{BOUNDS[kind]} {next(iter(limits.values()))}"
        return f"칸의 값은 {bound}이어야 합니다", f"must be {bound}"
    if kind in ("literal_error", "enum"):
        return f"칸의 값은 {limits['expected']} 가운데 하나여야 합니다", f"must be one of {limits['expected']}"
    return RULES.get(kind, (f"칸이 맞지 않습니다({kind})", f"cannot be used ({kind})"))


def broken_json() -> ApiError:
    """A body that is no JSON object, or nested too deeply to be read."""
    return ApiError(
        400,
        "broken_json",
        "본문을 JSON으로 읽을 수 없습니다. UTF-8 JSON 객체 하나를 보내세요.",
        "The body cannot be read as JSON. Send one JSON object in UTF-8.",
    )


def not_found() -> ApiError:
    """An address that leads nowhere."""
    return ApiError(
        404,
        "unknown_url",
        "그런 주소가 없습니다. 있는 주소는 /docs에 있습니다.",
        "There is no such address. /docs lists those there are.",
    )


def half_characters() -> ApiError:
    """A text that no tokenizer takes."""
    return ApiError(
        400,
        "broken_text",
        "글에 반쪽짜리 글자(짝 없는 서로게이트)가 있습니다. 온전한 UTF-8로 보내세요.",
        "A text holds half a character (a lone surrogate). Send whole UTF-8.",
    )


def wrong_method(allowed: str) -> ApiError:
    """An address asked in the wrong way."""
    return ApiError(
        405,
        "method_not_allowed",
        f"이 주소는 {allowed or '다른'} 방식으로만 부를 수 있습니다.",
        f"This address takes only {allowed or 'another method'}.",
        headers={"Allow": allowed} if allowed else None,
    )

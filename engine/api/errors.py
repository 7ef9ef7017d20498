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


def from_validation(errors: list[Any]) -> ApiError:
    """The first of pydantic's errors: where it is, and which rule was broken. Its `input` is never repeated."""
    first = errors[0]
    where = ".".join(str(part) for part in first["loc"] if part != "body")[:200]
    if first["type"] == "json_invalid":
        return broken_json()
    kind = str(first["type"])
    expected = first.get("ctx", {}).get("expected") if kind in ("literal_error", "enum") else None
    rule = f"{kind}: {expected}" if expected else kind
    return ApiError(
        400,
        "invalid_value",
        f"'{where}' 칸이 맞지 않습니다({rule}). 문서는 /docs에 있습니다.",
        f"The field '{where}' cannot be used ({rule}). See /docs.",
        where or None,
    )


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


def wrong_method(allowed: str) -> ApiError:
    """An address asked in the wrong way."""
    return ApiError(
        405,
        "method_not_allowed",
        f"이 주소는 {allowed or '다른'} 방식으로만 부를 수 있습니다.",
        f"This address takes only {allowed or 'another method'}.",
        headers={"Allow": allowed} if allowed else None,
    )

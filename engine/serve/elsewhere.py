"""Which models a server elsewhere offers, and what one of them is called here: `ADDRESS#MODEL`. It asks nothing of a model."""

from urllib.parse import urlsplit

from engine.errors import UserError
from engine.serve.address import check_address, key_header

SECONDS = 10.0
MOST = 200
"""Models that are listed."""


def from_elsewhere(name: str) -> bool:
    """Whether a model's name is that of a server's."""
    return name.startswith(("http://", "https://", "api:"))


def place_of(name: str) -> tuple[str, str]:
    """(model, host and port) of such a name."""
    address, _, model = name.partition("#")
    return model or address, urlsplit(address).netloc


def usual_address(typed: str) -> str:
    """What was typed, with the scheme and path that people leave out: `127.0.0.1:8000` is http://127.0.0.1:8000/v1."""
    address = typed.strip().rstrip("/")
    address = address if "://" in address else f"http://{address}"
    return address if urlsplit(address).path else f"{address}/v1"


def models_at(address: str, key: str | None) -> list[str]:
    """Names for `ADDRESS#NAME`. Raises UserError when the address is none, or nothing that can be read answers there."""
    import httpx2

    check_address(address)
    try:
        reply = httpx2.get(
            f"{address}/models", headers=key_header("openai", key), timeout=SECONDS, follow_redirects=False
        )
        if reply.status_code in (401, 403):
            raise _wrong_key(address)
        found = [str(model["id"]) for model in reply.json()["data"]][:MOST]
    except (httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
        raise _nobody(address, type(error).__name__) from error
    if not found:
        raise _nobody(address, "0")
    return found


def _wrong_key(address: str) -> UserError:
    host = urlsplit(address).netloc
    return UserError(
        f"{host}의 서버가 열쇠를 받아 주지 않습니다. 그 서버가 보여 준 열쇠를 다시 붙여 넣으세요.",
        f"The server at {host} does not take the key. Paste in the key that it showed.",
    )


def _nobody(address: str, why: str) -> UserError:
    host = urlsplit(address).netloc
    return UserError(
        f"{host}에서 모델을 찾지 못했습니다({why}). 서버가 떠 있는지, 주소가 맞는지 보세요. 말모이 서버는 `serve`가 보여 준 주소입니다.",
        f"No models were found at {host} ({why}). See that the server runs and the address is right; for Malmoi it is what `serve` showed.",
    )

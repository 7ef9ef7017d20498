"""The questions of a JSONL file, one a line, for `answer` and for a bundle alike. It knows of recipes only the prompt function it is given.

What cannot be read is told in one sentence with the line's number; never with what stands there.
"""

import json
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_LE
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.curate.given_fields import KINDS
from engine.errors import UserError
from engine.serve.asked import Asked

Prompt = Callable[[Mapping[str, Any]], Asked]
"""An item to what the model is asked. KeyError: a field is missing; UserError: one is not what it must be."""
WIDE = (BOM_UTF16_LE, BOM_UTF16_BE, BOM_UTF32_LE)
"""How files begin that other programs saved as Unicode (UTF-16)."""


def read_questions(src: Path, prompt: Prompt) -> list[tuple[dict[str, Any], Asked]]:
    """(question, prompt) of every line; each question has an id. Raises UserError for a file or line that cannot be read."""
    found = []
    for number, line in enumerate(_lines(src), start=1):
        if line.strip(b" \t\r\xef\xbb\xbf"):
            with _told(src.name, number):
                found.append(_question(line, prompt))
    if not found:
        raise UserError(
            f"{src.name}에 질문이 하나도 없습니다(0줄). 한 줄에 JSON 하나씩 넣어 주세요.",
            f"{src.name} holds no question (0 lines). Give a file with one JSON object per line.",
        )
    return found


def _lines(src: Path) -> list[bytes]:
    """Not `splitlines`: U+2028 may stand inside a string of JSON."""
    try:
        content = src.read_bytes()
    except FileNotFoundError as error:
        raise UserError(
            f"질문 파일이 없습니다: {src}. 경로를 확인하세요.", f"There is no such file: {src}. Check the path."
        ) from error
    except OSError as error:
        raise UserError(
            f"질문 파일 {src.name}을(를) 읽을 수 없습니다({error.strerror}). UTF-8 JSONL 파일인지 확인하세요.",
            f"The questions {src.name} cannot be read ({error.strerror}). It must be a UTF-8 JSONL file.",
        ) from error
    if content.startswith(WIDE):
        raise UserError(
            f"질문 파일 {src.name}이(가) UTF-16으로 저장되었습니다. 편집기에서 UTF-8로 다시 저장해 주세요.",
            f"The questions {src.name} were saved as UTF-16. Save the file as UTF-8 in your editor.",
        )
    return content.split(b"\n")


@contextmanager
def _told(name: str, number: int) -> Iterator[None]:
    """Where it stands, before what is wrong."""
    try:
        yield
    except UserError as error:
        raise UserError(f"{name} {number}번째 줄: {error.ko}", f"Line {number} of {name}: {error.en}") from error


def _question(line: bytes, prompt: Prompt) -> tuple[dict[str, Any], Asked]:
    item = _object(line)
    if "id" not in item:
        raise _missing("id")
    if isinstance(item["id"], bool) or not isinstance(item["id"], str | int | float):
        ko, en = KINDS[type(item["id"])]
        raise UserError(f"id는 글이나 숫자여야 하는데 {ko}입니다.", f"The id must be text or a number, but is {en}.")
    try:
        return item, prompt(item)
    except KeyError as error:
        raise _missing(str(error.args[0]) if error.args else "?") from error
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(
            "칸의 꼴이 레시피가 바라는 것과 다릅니다. 글이 올 칸에 숫자나 목록이 있지 않은지 보세요.",
            "A field is not of the kind the recipe expects. See whether a number or a list stands where text is due.",
        ) from error


def _object(line: bytes) -> dict[str, Any]:
    """The JSON object of a line."""
    try:
        item = json.loads(line.decode("utf-8").strip("\ufeff \t\r"), parse_constant=_no_number)
        json.dumps(item, ensure_ascii=False).encode()
    except UnicodeDecodeError as error:
        raise UserError(
            "UTF-8이 아닌 글자가 있습니다. 파일을 UTF-8로 다시 저장해 주세요.",
            "It holds bytes that are not UTF-8. Save the file as UTF-8.",
        ) from error
    except UnicodeEncodeError as error:
        raise UserError(
            "반쪽짜리 글자(\\ud800–\\udfff)가 있습니다. 그 글자를 지우거나 온전한 글자로 바꿔 주세요.",
            "It holds half of a character (\\ud800–\\udfff). Delete it, or put in the whole character.",
        ) from error
    except json.JSONDecodeError as error:
        raise UserError(
            f"JSON이 아닙니다({error.colno}번째 글자에서 막힘). 한 줄에 {{ }} 하나씩 쓰고 글은 큰따옴표로 묶어 주세요.",
            f"This is no JSON (it breaks at character {error.colno}). Write one {{ }} per line, texts in double quotes.",
        ) from error
    except (ValueError, RecursionError) as error:
        raise UserError(
            "읽을 수 없는 숫자이거나 너무 깊이 겹친 묶음입니다. NaN, 끝없이 긴 숫자, 수백 겹의 [ ]는 받지 않습니다.",
            "It holds a number that cannot be read, or is nested too deep. NaN, endless numbers and hundreds of [ ] are not taken.",
        ) from error
    if not isinstance(item, dict):
        ko, en = KINDS[type(item)]
        raise UserError(
            f"{{ }} 하나여야 하는데 {ko}입니다. id와 레시피가 바라는 칸을 넣어 주세요.",
            f"It must be one {{ }} but is {en}. Put in an id and the fields the recipe expects.",
        )
    return item


def _no_number(name: str) -> float:
    raise ValueError(name)


def _missing(name: str) -> UserError:
    return UserError(
        f"'{name}' 칸이 없습니다. 그 칸을 넣어 주세요.",
        f"The field '{name}' is missing. Put it in.",
    )

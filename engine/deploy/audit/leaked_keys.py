"""Keys and passwords in the texts of a folder. The owner's own keys are looked for by their value, others by the form their makers gave them.

detect-secrets was tried instead (LOG): of what has no form of its own it finds what looks random, and so does every checksum here.
"""

import base64
import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from engine.deploy.audit.finding import Finding
from engine.deploy.audit.personal import is_own
from engine.deploy.audit.texts import Text

FORMS: Mapping[str, re.Pattern[str]] = {
    "private key": re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----"),
    "Hugging Face": re.compile(r"(?<![A-Za-z0-9])hf_[A-Za-z0-9]{20,}"),
    "OpenAI": re.compile(r"(?<![A-Za-z0-9])sk-(?=[\w-]{0,60}\d)(?:proj-|svcacct-)?[\w-]{20,}"),
    "GitHub": re.compile(r"(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,})"),
    "GitLab": re.compile(r"(?<![A-Za-z0-9])glpat-[\w-]{18,}"),
    "AWS": re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)[0-9A-Z]{16}(?![A-Z0-9])"),
    "Google": re.compile(r"(?<![A-Za-z0-9])(?:AIza[\w-]{35}|ya29\.[\w-]{20,})"),
    "Slack": re.compile(r"xox[abprs]-[\w-]{20,}"),
    "Stripe": re.compile(r"(?<![A-Za-z0-9])[rs]k_(?:live|test)_[A-Za-z0-9]{16,}"),
    "npm": re.compile(r"(?<![A-Za-z0-9])npm_[A-Za-z0-9]{30,}"),
    "JWT": re.compile(r"(?<![A-Za-z0-9])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    "Bearer": re.compile(r"(?i)(?<![a-z])bearer\s+(?=[^\s]{0,60}\d)[\w.~+/-]{24,}"),
    "password in an address": re.compile(r"[a-z][a-z0-9+.-]{1,12}://[^\s/@:{}<>]+:[^\s/@{}<>]{3,}@[\w.-]+"),
    "assigned": re.compile(
        r"(?i)(?<![A-Za-z])(?:[a-z0-9]{1,20}[_-]){0,5}(?:api[_-]?key|access[_-]?key|secret(?:[_-]?key)?|(?:auth|access)[_-]?token|token|passw(?:or)?d|pwd)"
        r"[\"']?\s?[=:]\s?[\"']?(?=[^\s\"']{0,60}\d)(?=[^\s\"']{0,60}[A-Za-z])[\w.+/=-]{12,}"
    ),
}
BARE = {kind: re.compile(re.sub(r"\(\?<!.+?\)", "", form.pattern)) for kind, form in FORMS.items()}
"""Whatever stands before them: among other bytes a text's length does, which may read as a letter."""
LOOSE = frozenset(("assigned", "Bearer", "password in an address"))
"""Told by the words before them, which stand beside anything in a vocabulary and among numbers."""
WITH_VALUES = frozenset(("secrets.toml", ".env", "credentials", ".netrc", "id_rsa", "id_ed25519"))
_VALUE = re.compile(r"^\s*[\w.\"-]+\s*[=:]\s*[\"']?(?P<value>[^\s\"'#][^\"'#\n]*)", re.M)


def leaked_keys(texts: Iterable[Text], own: Mapping[str, bytes]) -> list[Finding]:
    """own: the owner's keys, name to value. One finding per place and kind; a green one where there is none."""
    found: dict[tuple[str, str], int] = {}
    spelled = {name: _spellings(value) for name, value in own.items() if len(value) >= 8}
    for text in texts:
        for kind in _kinds(text, spelled):
            found[text.where, kind] = found.get((text.where, kind), 0) + 1
    if not found:
        return [Finding("secrets", "green", "열쇠나 비밀번호가 들어 있지 않습니다.", "No keys or passwords.")]
    return [
        Finding(
            "secrets", "red",
            f"열쇠나 비밀번호({kind})가 {count:,}곳에 있습니다. 지우고, 이미 나간 적이 있으면 새 열쇠로 바꾸세요.",
            f"A key or password ({kind}) stands in {count:,} places. Remove it, and renew it if it ever left.",
            where, count, kind,
        )
        for (where, kind), count in sorted(found.items())
    ]  # fmt: skip


def _spellings(value: bytes) -> tuple[str, ...]:
    """As it is, in hex and in base64: keys of bytes are written so."""
    plain = [value.decode("utf-8")] if value.isascii() else []
    return (*plain, value.hex(), base64.b64encode(value).decode(), base64.urlsafe_b64encode(value).decode())


def _kinds(text: Text, own: Mapping[str, tuple[str, ...]]) -> Iterable[str]:
    yield from (name for name, forms in own.items() if any(form in text.text for form in forms))
    if is_own(text):
        return
    for kind, form in (BARE if text.kind == "numbers" else FORMS).items():
        if not (text.kind in ("numbers", "words") and kind in LOOSE) and form.search(text.text):
            yield kind
    if text.kind == "file" and PurePosixPath(text.where).name in WITH_VALUES and _VALUE.search(text.text):
        yield "a file of secrets with values in it"

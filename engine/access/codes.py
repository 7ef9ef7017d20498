"""Codes for invitations: made, told, read back as people type them, hashed. It knows no store."""

import hashlib
import re
import secrets
import unicodedata

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without 0, 1, i, l, o, which people take for one another."""
GROUPS, PER_GROUP = 4, 4
"""16 of 31 signs: 79 random bits. The hash lies in a bundle's public repository, where nobody slows the guessing down."""
CODE = re.compile(f"[{ALPHABET}]{{{GROUPS * PER_GROUP}}}")


def make_code() -> str:
    """A new code such as `k7f3-9mqp-x2va-t8wn`."""
    signs = ["".join(secrets.choice(ALPHABET) for _ in range(PER_GROUP)) for _ in range(GROUPS)]
    return "-".join(signs)


def plain_code(typed: str) -> str:
    """The code's 16 signs, whatever case, dashes or spaces it was typed with; "" for what cannot be a code."""
    signs = re.sub(
        r"[\s\-–—·_]", "", unicodedata.normalize("NFKC", typed[:100])
    ).lower()  # a Korean keyboard may type them wide
    return signs if CODE.fullmatch(signs) else ""


def hash_of(secret: str) -> str:
    """SHA-256 as hex: enough for what has 79 random bits or more."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()

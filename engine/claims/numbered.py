"""Claims in a text, as a publication numbers them: 【청구항 1】, [청구항 1], 청구항 1., Claim 1. It parses no claim."""

import re

_HEAD = re.compile(
    r"^[ \t]*(?:[【\[<〔(]\s*청\s*구\s*항\s*(\d{1,4})\s*[】\]>〕)]|청\s*구\s*항\s*(?:제\s*)?(\d{1,4})\s*(?:항)?\s*(?:[.:)]|(?=\n)|$)|"
    r"[\[(]?claim\s+(\d{1,4})\s*[\])]?\s*[.:)]?)[ \t]*",
    re.M | re.I,
)


def starts_a_claim(text: str) -> bool:
    """Whether a line of the text begins a numbered claim; a text of JSON is none."""
    return text.lstrip("\ufeff \t\r\n")[:1] != "{" and _HEAD.search(text) is not None


def numbered_claims(text: str) -> tuple[str, list[tuple[int, str]]]:
    """(what stands before the first claim, (number, text) of each claim in order). A claim without words is left out."""
    heads = list(_HEAD.finditer(text))
    if not heads:
        return text.strip(), []
    ends = [*(head.start() for head in heads[1:]), len(text)]
    claims = [(_number(head), text[head.end() : end].strip()) for head, end in zip(heads, ends, strict=True)]
    return text[: heads[0].start()].strip(), [(number, body) for number, body in claims if body]


def _number(head: re.Match[str]) -> int:
    return int(next(group for group in head.groups() if group))

"""The last look at a prompt before it goes to a server on another machine: what is surely personal stops it."""

from collections import Counter

from engine.errors import UserError
from engine.privacy.decisions import Leftovers

SURE = 0.9
"""From here on a mask counts as sure, as on the Data page."""


def require_impersonal(leftovers: Leftovers, text: str) -> None:
    """Raises UserError with the kinds of what is sure; never the words themselves."""
    kinds = Counter(span.label for span in leftovers.find(text) if span.confidence >= SURE)
    if not kinds:
        return
    told = ", ".join(f"{kind} {count}" for kind, count in kinds.most_common())
    raise UserError(
        f"물음에 개인정보로 보이는 것이 있어({told}) 다른 컴퓨터의 서버로 보내지 않았습니다. 그 물음을 가리거나 빼고, 또는 이 컴퓨터의 모델로 하세요.",
        f"A prompt seems to hold personal data ({told}), so it was not sent to a server elsewhere. Mask it or leave it out, or use a "
        "model on this machine.",
    )

"""The last look at clauses before they go to another machine: what is surely personal stops them, what may be is counted.

Clauses are public text, and the rules were made for chats: of the sample policy's 153 clauses 80 hold what rests on little
(the product's own name, 심재성, 이율), and none what is sure. Names of company and product are not looked at.
"""

from collections import Counter
from collections.abc import Sequence

from sqlite_utils import Database

from engine.errors import UserError
from engine.generate.prompts import clause_text
from engine.privacy.decisions import leftovers_of
from engine.store.generations import Clause
from engine.store.vault import add_allowance

SURE = 0.9
"""From here on a mask counts as sure, as on the Data page."""


def require_may_leave(db: Database, source_id: str, clauses: Sequence[Clause], allowed: str | None) -> int:
    """How many clauses hold what may be personal, but rests on little. allowed: the owner's reason to send what is sure, recorded.

    Raises UserError with the count and the kinds of what is sure; never the words themselves.
    """
    leftovers = leftovers_of(db, [source_id])
    doubtful, hits, kinds = 0, 0, Counter[str]()
    for clause in clauses:
        found = leftovers.find(_without_names(clause))
        sure = [span.label for span in found if span.confidence >= SURE]
        hits += bool(sure)
        doubtful += bool(found) and not sure
        kinds.update(sure)
    if hits and allowed is None:
        raise _refused(source_id, hits, kinds)
    if hits and allowed is not None:
        add_allowance(db, "export", source_id, hits, allowed)
    return doubtful


def _without_names(clause: Clause) -> str:
    """What is sent of it, with gaps where company and product are named."""
    text = clause_text(clause)
    for field in ("company", "product"):
        for name in (str(clause.meta.get(field) or ""), *str(clause.meta.get(field) or "").split()):
            if len(name) > 1:
                text = text.replace(name, " " * len(name))
    return text


def _refused(source_id: str, hits: int, kinds: Counter[str]) -> UserError:
    told = ", ".join(f"{kind} {n:,}" for kind, n in kinds.most_common())
    return UserError(
        f"자료 {source_id}의 조항 {hits:,}개에 개인정보로 보이는 것이 있어({told}) 아무것도 보내지 않았습니다. 그 조항을 빼고 다시 가져오거나, "
        "그대로 보내도 되면 까닭을 적어 --allow-personal을 붙이세요.",
        f"{hits:,} clauses of source {source_id} seem to hold personal data ({told}), so nothing was sent. Import it without them, or "
        "give --allow-personal with a reason if they may leave as they are.",
    )

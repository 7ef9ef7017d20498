"""What was flagged in a summary, as lines to stand under it. The texts come from data and are escaped."""

from collections.abc import Mapping
from typing import Any

from ui.frame import plain, t

KINDS = {"strange_names": "summary.strange_names", "strange_numbers": "summary.strange_numbers"}


def notes(scores: Mapping[str, Any]) -> list[str]:
    """Markdown lines for what an answer's scores carry: names and numbers that its dialogue does not have, wrong speakers."""
    told = [
        t(word, what=", ".join(f"**{plain(one['text'])}**" for one in scores[kind]))
        for kind, word in KINDS.items()
        if scores.get(kind)
    ]
    wrong = [claim for claim in scores.get("speaker_claims") or [] if claim["verdict"] == "wrong"]
    return told + [
        t("summary.wrong_speaker", named=plain(one["speaker"]), said_by=plain(one["said_by"]), turn=one["turn"] + 1)
        for one in wrong
    ]

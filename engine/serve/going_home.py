"""Sends what a visitor of a bundle thought of answers to the owner's own server. It sends nothing else, and to nobody else."""

import http.client
import json
import urllib.request
from urllib.error import URLError

from sqlite_utils import Database

from engine.store.feedback import as_lines, judged_by, mark_sent

PATIENCE = 4.0
"""Seconds for the owner's server to answer: a visitor waits with the page."""
AT_ONCE = 20
"""Judgements in one request, which the server takes up to a megabyte of."""


def send_home(db: Database, visitor_id: str, home: str, key: str | None) -> bool:
    """Whether all that the visitor judged is at home now; what is not is tried again with the next call."""
    waiting = judged_by(db, visitor_id, unsent=True)
    while waiting:
        now, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
        if not _posted(home, key, list(as_lines(now))):
            return False
        mark_sent(db, now)
    return True


def _posted(home: str, key: str | None, lines: list[str]) -> bool:
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
    body = json.dumps({"lines": lines}, ensure_ascii=False).encode("utf-8", "replace")
    if not home.startswith(("https://", "http://")):
        return False
    try:
        request = urllib.request.Request(f"{home.rstrip('/')}/v1/feedback", body, headers)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return bool(200 <= answer.status < 300)
    except (URLError, OSError, http.client.HTTPException, ValueError):  # not there, refused, cut off, no address
        return False

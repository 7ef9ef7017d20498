"""Every word on a page, Korean and English side by side, a table per page. A key missing on one side fails a test."""

from ui.words import (
    chat,
    clauses,
    curate,
    data,
    evaluate,
    frame,
    generate,
    glossary,
    home,
    masks,
    metrics,
    people,
    policy,
    policy_rows,
    reports,
    runs,
    settings,
    train,
)

TABLES = (
    frame,
    home,
    data,
    clauses,
    people,
    masks,
    curate,
    generate,
    policy_rows,
    train,
    runs,
    evaluate,
    policy,
    metrics,
    chat,
    settings,
    reports,
    glossary,
)
WORDS: dict[str, tuple[str, str]] = {key: words for table in TABLES for key, words in table.WORDS.items()}

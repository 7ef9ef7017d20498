"""A button that hands over a run, a dataset or an evaluation as a Markdown report, made when it is pressed."""

from pathlib import Path
from typing import Literal

import streamlit as st

from engine.errors import UserError
from engine.reports.report import file_name, report
from engine.reports.words import Language
from engine.store.open import open_store
from ui import frame
from ui.frame import t
from ui.words import WORDS

Kind = Literal["run", "dataset", "evaluation"]
WITH_EXAMPLES = ("run", "dataset")


def download(kind: Kind, id_: str) -> None:
    """Draw the button, and for a run or a dataset the choice of a few masked texts. Opening the page reads nothing."""
    path, language = frame.store(), page_language()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        place = st.empty()
        examples = kind in WITH_EXAMPLES and st.checkbox(
            t("reports.examples"), key=f"reports_examples_{id_}", help=t("reports.examples_help")
        )
        place.download_button(
            t(f"reports.{kind}"),
            data=lambda: report_bytes(path, id_, language, examples),
            file_name=file_name(id_),
            mime="text/markdown",
            key=f"reports_{id_}",
            icon=":material/description:",
            help=None if examples else t("reports.help"),
            on_click="ignore",
        )


def page_language() -> Language:
    """The page's language, as the engine names it."""
    return "en" if frame.english() else "ko"


def report_bytes(store: Path, id_: str, language: Language, examples: bool) -> bytes:
    """The report as a file. It is made outside any page: what an owner can mend is said in the file itself."""
    labels = {
        key.removeprefix("metric."): words[language == "en"] for key, words in WORDS.items() if key[:7] == "metric."
    }
    try:
        with open_store(store) as db:
            return report(db, id_, language, examples, labels).encode()
    except UserError as error:
        return (error.en if language == "en" else error.ko).encode()

"""Bringing a source in: found, typed or uploaded, and the job that reads it. It reads no file itself."""

from datetime import datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import streamlit as st

from engine.errors import UserError
from engine.jobs.queue import ensure_supervisor, submit
from engine.recipes.recipe import Recipe, load_recipe, recipe_names
from engine.sources.decoding import UnknownEncoding, decoding_samples
from engine.sources.finder import FoundExport, find_exports, typed_paths
from engine.sources.gather import require_readable
from engine.sources.hub import is_hub
from engine.sources.uploads import remove_uploads, save_uploads, sweep_uploads
from engine.store.clause_records import WRITTEN
from engine.store.jobs import ENDED, get_job, list_jobs
from engine.store.open import open_store
from ui import data_mapping, frame
from ui.data_report import sized
from ui.frame import plain, t
from ui.live import resume_job, stop_job
from ui.words import WORDS

KINDS = ("import", "mask", "recount")
"""Jobs this page follows."""
HOWS = ("found", "path", "upload", "paste")
UPLOAD_STYLE = """<style>
[data-testid="stFileUploaderDropzone"] button p, [data-testid="stFileUploaderDropzoneInstructions"] span { font-size: 0; }
[data-testid="stFileUploaderDropzone"] button p::after { content: "CHOOSE"; font-size: 0.9rem; }
[data-testid="stFileUploaderDropzoneInstructions"] span::after { content: "MOST"; font-size: 0.9rem; }
</style>"""
Job = dict[str, Any]


def job_box() -> None:
    """The import or masking that runs, or ended just now: the address names it (?job=)."""
    asked = frame.asked("job")
    sweep_uploads(frame.store())
    with frame.reading() as db:
        jobs = [job for job in list_jobs(db, 8) if job["kind"] in KINDS]
    living = next((job for job in reversed(jobs) if job["state"] not in ENDED), None)
    job = next((job for job in jobs if job["id"] == asked), None) or _old_job(asked) or living
    frame.name_in_address(job=job["id"] if job else None)
    if job is None:
        return
    if job["state"] not in ENDED:
        with st.container(border=True, key="data_job"):
            st.fragment(_follow, run_every="1s")(job["id"])
    elif job["state"] == "done":
        _arrived(job)
    else:
        _ended_badly(job)


def _old_job(asked: str | None) -> Job | None:
    if asked is None:
        return None
    try:
        with open_store(frame.store()) as db:
            job = get_job(db, asked)
    except UserError:
        frame.gone(asked)
        return None
    return job if job["kind"] in KINDS else None


def _follow(job_id: str) -> None:
    """One poll: how far it is. At its end the page is drawn anew, once."""
    with frame.reading() as db:
        job = get_job(db, job_id)
    if job["state"] in ENDED:
        st.rerun()
    ensure_supervisor(frame.store())
    _progress(job)
    line = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    line.caption(t("data.job.leave"), width="content")
    line.button(t("data.job.stop"), key="data_stop", on_click=frame.attempt, args=(stop_job, job_id, "cancel"))


def _progress(job: Job) -> None:
    facts = job["progress"] or {}
    if job["state"] == "queued":
        st.markdown(f":gray[:material/schedule:] {t('data.job.queued')}")
    elif facts.get("what") == "mask" and facts.get("total"):
        words = t("data.job.mask", done=f"{facts['done']:,}", total=f"{facts['total']:,}")
        st.progress(min(1.0, facts["done"] / facts["total"]), words)
    elif facts.get("what") == "clauses" and facts.get("total"):
        words = t("clauses.job", done=f"{facts['done']:,}", total=f"{facts['total']:,}")
        st.progress(min(1.0, facts["done"] / facts["total"]), words)
    elif facts.get("what") == "index":
        words = t("clauses.index", done=f"{facts['done']:,}")
        st.markdown(f":blue[:material/progress_activity:] {words}")
    elif "done" in facts:
        words = t("data.job.import", done=f"{facts['done']:,}")
        st.markdown(f":blue[:material/progress_activity:] {words}")
    else:
        st.markdown(f":blue[:material/progress_activity:] {t('data.job.begins')}")


def _arrived(job: Job) -> None:
    """Done: the page shows the source, and says so once."""
    result = job["result"] or {}
    frame.name_in_address(job=None, source=result.get("source_id"), add=None)
    st.toast(_done(job, result), icon=":material/check_circle:")


def _done(job: Job, result: dict[str, Any]) -> str:
    if job["kind"] != "import":
        return t("clauses.recounted" if job["kind"] == "recount" else "data.job.masked")
    return t("clauses.job_done" if result.get("kind") in WRITTEN else "data.job.done", n=f"{result['records']:,}")


def _ended_badly(job: Job) -> None:
    why = job["message_en" if frame.english() else "message_ko"]
    with st.container(border=True, key="data_job"):
        if job["state"] == "cancelled":
            st.info(t("data.job.cancelled"), icon=":material/cancel:")
        elif job["state"] == "interrupted":
            st.warning(t("data.job.interrupted"), icon=":material/power_off:")
        else:
            failed = t("data.job.mask_failed" if job["kind"] == "mask" else "data.job.failed")
            st.error(f"**{failed}**  \n{plain(why) if why else t('job.no_reason')}", icon=":material/error:")
        with st.container(horizontal=True):
            st.button(t("data.job.dismiss"), key="data_dismiss", on_click=partial(frame.name_in_address, job=None))
            if job["state"] == "interrupted" or job["ending"] not in ("user_error", "cancelled"):
                st.button(t("data.job.resume"), key="data_resume", icon=":material/replay:", on_click=frame.attempt,
                          args=(resume_job, job["id"]))  # fmt: skip


def bring_box(empty: bool) -> None:
    """The three ways in. On an empty store it stands open, with what to do first."""
    if not empty and frame.asked("add") is None:
        st.button(t("data.bring"), icon=":material/add:", key="data_bring", on_click=partial(_open_box, "1"))
        return
    with st.container(border=True, key="data_bring_box"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"**{t('data.bring')}**")
            if not empty:
                st.button(t("data.close"), key="data_close", type="tertiary", on_click=partial(_open_box, None))
        if asked := data_mapping.waiting():
            data_mapping.mapping_box(asked, _submit_mapped)
            return
        recipe = load_recipe(_choose_recipe())
        files = _choose_files("kakao" in recipe.source_kinds, words_of(recipe))
        if st.button(t("data.import"), type="primary", icon=":material/download:", key="data_import"):
            _submit(files, recipe)
        if recipe.must_mask:
            st.caption(t("data.import_masks"))
    if "kakao" in recipe.source_kinds:
        _export_help(empty)
    else:
        with st.expander(t("clauses.what"), expanded=empty):
            st.markdown(t(f"{words_of(recipe)}.what_told"))


def _open_box(add: str | None) -> None:
    frame.name_in_address(add=add)


def words_of(recipe: Recipe) -> str:
    """Under which name the words about its files stand: that of the first kind it reads, where it has words of its own."""
    kind = recipe.source_kinds[0]
    return kind if f"{kind}.what_told" in WORDS else "clauses"


def _choose_files(chats: bool, words: str) -> "Choice":
    """chats: exports of chats lying on this machine are offered, too. words: see `words_of`."""
    found = _found(str(Path.home())) if chats else []
    hows = HOWS[:3] if chats else HOWS[1:]
    if st.session_state.get("data_how") not in hows:
        st.session_state["data_how"] = "found" if found else "upload"
    how = st.segmented_control(
        t("data.how"), hows, format_func=lambda name: t(f"data.how.{name}"), key="data_how", required=True
    )
    if how == "found":
        return _choose_found(found)
    if how == "path":
        text = st.text_area(
            t("data.path" if chats else "clauses.path"),
            key="data_path",
            height=80,
            help=t("data.path_help" if chats else f"{words}.path_help"),
            placeholder="~/Downloads/KakaoTalkChats.txt" if chats else t(f"{words}.path_example"),
        )
        return Choice(text=text)
    if how == "paste":
        return Choice(pasted=st.text_area(t(f"{words}.paste"), key="data_paste", height=220))
    _upload_words()
    uploads = st.file_uploader(
        t("data.upload" if chats else f"{words}.upload"), accept_multiple_files=True, key=f"data_upload_{st.session_state.get('data_round', 0)}",
        help=t("data.upload_help"),
    )  # fmt: skip
    return Choice(uploads=uploads or [])


def _upload_words() -> None:
    """Streamlit knows its button's words in English only, and calls 512 MB one GB."""
    most = t("data.upload_most", n=st.get_option("server.maxUploadSize"))
    st.html(UPLOAD_STYLE.replace("CHOOSE", t("data.upload_choose")).replace("MOST", most))


class Choice:
    """What the owner chose, before anything is read: paths, typed ones, uploads, or a pasted text."""

    def __init__(
        self, paths: tuple[Path, ...] = (), text: str | None = None, uploads: Any = None, pasted: str | None = None
    ) -> None:
        self.paths = paths
        self.text = text
        self.uploads = uploads
        self.pasted = pasted

    def files(self) -> list[Path]:
        """Files to read; uploads are written down. Raises UserError for a path that leads nowhere, or no choice."""
        if self.pasted is not None:
            body = self.pasted.strip().encode("utf-8", "replace")
            return save_uploads(frame.store(), [(f"{t('data.pasted')}.txt", BytesIO(body), len(body))] if body else [])
        if self.uploads is not None:
            return save_uploads(frame.store(), [(file.name, file, file.size) for file in self.uploads])
        return list(self.paths) or typed_paths(self.other_lines())

    def other_lines(self) -> str:
        """The typed lines that name no data set of the hub."""
        return "\n".join(line for line in (self.text or "").splitlines() if not is_hub(line.strip()))


@st.cache_data(ttl=20, max_entries=4, show_spinner=False)
def _found(home: str) -> list[FoundExport]:
    return find_exports(Path(home))


def _choose_found(found: list[FoundExport]) -> Choice:
    if not found:
        st.caption(t("data.found_none"))
        return Choice()
    by_path = {str(export.files[0]): export for export in found}
    if st.session_state.get("data_found") not in by_path:
        st.session_state["data_found"] = next(iter(by_path))
    chosen = st.radio(
        t("data.found"),
        list(by_path),
        format_func=lambda path: plain(by_path[path].name),
        captions=[_facts(export) for export in found],
        key="data_found",
    )
    return Choice(by_path[chosen].files)


def _facts(export: FoundExport) -> str:
    parts = t("data.found_parts", n=len(export.files)) if len(export.files) > 1 else ""
    date = datetime.fromtimestamp(export.modified).strftime("%Y-%m-%d %H:%M")
    return (
        t("data.found_facts", size=sized(export.bytes), date=date, parts=parts)
        + f" · {plain(str(export.files[0].parent))}"
    )


def _choose_recipe() -> str:
    """Asked only where there is a choice."""
    names = recipe_names()
    if len(names) == 1:
        return names[0]
    return str(st.selectbox(t("data.recipe"), names, format_func=_recipe_words, key="data_recipe"))


def _recipe_words(name: str) -> str:
    recipe = load_recipe(name)
    return recipe.en if frame.english() else recipe.ko  # a list shows text as it is


def _submit(choice: Choice, recipe: Recipe) -> None:
    """Queue the import; masking follows in the same job where the recipe asks for it. A table's columns are asked first."""
    try:
        names = [] if choice.uploads is not None else hub_names(choice.text)
        files = [] if names and not choice.other_lines() else choice.files()
        _refuse_unreadable(files, recipe)
        if not names and data_mapping.needs_mapping(files, recipe):
            data_mapping.begin_mapping(files, recipe.name)
            st.rerun()
        job_id = _queued([*names, *map(str, files)], recipe.name, {})
    except UserError as error:
        frame.explain(error)
        return
    _follow_new(job_id)


def _submit_mapped(files: list[str], recipe: str, mapping: dict[str, str]) -> None:
    try:
        job_id = _queued(files, recipe, mapping)
    except UserError as error:
        frame.explain(error)
        return
    _follow_new(job_id)


def _follow_new(job_id: str) -> None:
    st.session_state["data_round"] = st.session_state.get("data_round", 0) + 1
    frame.name_in_address(job=job_id, add=None)
    st.rerun()


def hub_names(text: str | None) -> list[str]:
    """The data sets of the hub that a typed text names, one a line."""
    return [line.strip() for line in (text or "").splitlines() if is_hub(line.strip())]


def _queued(files: list[str], recipe: str, mapping: dict[str, str]) -> str:
    """The job's id."""
    args = {
        "recipe": recipe,
        "files": files,
        "kind": "qa" if mapping else None,
        "me": None,
        "mask": True,
        "map": mapping,
    }
    return submit(frame.store(), "import", args)


def _refuse_unreadable(files: list[Path], recipe: Recipe) -> None:
    """A photo or an empty file is refused at once, before a job is made of it."""
    try:
        for file in files:
            _require_readable(file, recipe)
    except UserError:
        remove_uploads(frame.store(), files)
        raise


def _require_readable(file: Path, recipe: Recipe) -> None:
    """Raises UserError. A file of unknown letters is shown to the owner here, and nowhere else: it is chat text."""
    try:
        require_readable(file, None, recipe.reads)
    except UnknownEncoding:
        samples = decoding_samples(file)
        st.caption(t("data.sample_letters"))
        for encoding, sample in samples.items():
            st.caption(encoding.upper())
            st.code(sample, language=None, wrap_lines=True)
        raise


def _export_help(empty: bool) -> None:
    """Three steps per device; on an empty store they stand open, beside the sample."""
    with st.expander(t("data.export"), expanded=empty):
        device = st.segmented_control(
            t("data.export"),
            ("pc", "android", "iphone"),
            default="pc",
            format_func=lambda name: t(f"data.export.{name}"),
            key="data_device",
            required=True,
            label_visibility="collapsed",
        )
        st.markdown(t(f"data.export.{device}_steps"))
        st.caption(t("data.export_note"))
    if empty:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(t("data.sample"), width="content")
            frame.link("home", t("data.sample_link"), ":material/play_arrow:")

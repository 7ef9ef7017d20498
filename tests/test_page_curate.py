"""The curation page: from a source to rows, decisions and a new version; what comes from data stays text."""

import subprocess
import sys
import time

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import ROOT
from engine.curate.selection import REASONS
from engine.models.bases import STARTER_DIR
from engine.models.light import light_tokenizer
from engine.models.template import as_model_sees
from engine.store.datasets import list_datasets
from engine.store.jobs import ENDED, enqueue, get_job
from engine.store.open import open_store
from engine.store.reviews import decide, decisions
from engine.store.runs import add_run
from tests.curated import curated, freeze, row_where
from tests.test_jobs import end_supervisor
from tests.tiny_models import make_tiny
from ui.seen import seen_html
from ui.words import WORDS

HOSTILE = "<script>alert(1)</script> ![몰래](http://127.0.0.1:9/a.png) **굵게** :red[빨강] $x$"


@pytest.fixture
def app(monkeypatch):
    monkeypatch.chdir(ROOT)
    return AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)


@pytest.fixture
def made(fresh_store):
    with open_store(fresh_store) as db:
        return curated(db)


def opened(app: AppTest, **names: str) -> AppTest:
    app.run()
    app.switch_page("pages/2_Curate.py")
    for name, value in names.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def keys(app: AppTest, start: str) -> list[str]:
    return [button.key for button in app.button if button.key.startswith(start)]


def address(app: AppTest, name: str) -> str:
    value = app.query_params[name]
    return value if isinstance(value, str) else value[-1]


def press(app: AppTest, key: str) -> None:
    app.button(key=key).click().run()
    assert not app.exception, app.exception


def shown(app: AppTest) -> str:
    return "\n".join(part.value for part in (*app.markdown, *app.caption, *app.info, *app.warning, *app.error))


def test_an_empty_store_leads_to_sources_and_to_the_sample(app):
    opened(app)
    assert keys(app, "curate_bring") and keys(app, "curate_sample")
    assert "아직 자료가 없습니다" in app.info[0].value


def test_without_an_address_the_newest_dataset_opens_and_is_named(app, made):
    opened(app)
    assert address(app, "dataset") == made[1]
    assert [metric.value for metric in app.metric] == ["9", "3", "3"]
    assert app.button(key="curate_train").label == "이 데이터셋으로 학습"


@pytest.mark.parametrize(
    "address",
    [{"dataset": "ds-none"}, {"dataset": "<b>"}, {"row": "999999"}, {"job": "job-none"}, {"source": "src-none"}],
)
def test_a_dead_link_is_said_and_leaves_a_useful_page(app, made, address):
    opened(app, **address)
    assert "저장소에 없습니다" in app.warning[0].value
    assert keys(app, "curate_")


@pytest.mark.parametrize(
    "nonsense", [{"row": "１²"}, {"after": "-3"}, {"show": "x"}, {"view": "x"}, {"long": "9" * 40}, {"why": "x"}]
)
def test_nonsense_in_the_address_breaks_nothing(app, made, nonsense):
    opened(app, dataset=made[1], **nonsense)
    assert keys(app, "curate_card") or keys(app, "curate_open")


def test_every_reason_is_a_chip_in_plain_words_and_opens_its_rows(app, made):
    opened(app, dataset=made[1], show="dropped")
    chip = app.button(key="curate_why_no_reply")
    assert chip.label == "답이 없는 말 1" and "답하지 않았습니다" in chip.help
    press(app, "curate_why_no_reply")
    assert address(app, "why") == "no_reply" and len(keys(app, "curate_open_")) == 1


def test_every_reason_of_the_engine_has_words_and_an_explanation():
    for reason in [*REASONS, "personal_data_left", "reviewed"]:
        assert f"curate.reason.{reason}" in WORDS and f"curate.reason_why.{reason}" in WORDS, reason


def test_search_finds_words_of_both_sides_but_not_of_the_format(app, made):
    opened(app, dataset=made[1], find="점심에 바다 어때")
    assert len(keys(app, "curate_open_")) == 1
    app.text_input(key="curate_find").set_value("role").run()
    assert not keys(app, "curate_open_") and "이런 행이 없습니다" in shown(app)
    app.text_input(key="curate_find").set_value("저녁에는").run()
    assert len(keys(app, "curate_open_")) == 5


def test_rows_come_in_pages_and_a_page_has_an_address(app, made):
    opened(app, dataset=made[1])
    first = keys(app, "curate_open_")
    press(app, "curate_more")
    assert "after" in app.query_params and not set(keys(app, "curate_open_")) & set(first)
    press(app, "curate_first")
    assert keys(app, "curate_open_") == first


def test_dropping_undoing_and_redoing_from_the_list(app, made, fresh_store):
    opened(app, dataset=made[1])
    with open_store(fresh_store) as db:
        row = row_where(db, made[1], split="test")
    press(app, f"curate_drop_{row}")
    assert "뺌 1" in shown(app) and app.button(key="curate_freeze").disabled is False
    press(app, "curate_undo")
    assert app.button(key="curate_freeze").disabled
    press(app, "curate_redo")
    with open_store(fresh_store) as db:
        assert [one["decision"] for one in decisions(db, made[1])] == ["drop"]


def test_deciding_in_an_open_row_goes_on_to_the_next(app, made, fresh_store):
    with open_store(fresh_store) as db:
        row, after = (row_where(db, made[1], place, split="test") for place in range(2))
    opened(app, dataset=made[1], row=str(row))
    press(app, f"curate_keep_{row}")
    assert address(app, "row") == str(after)
    press(app, "curate_previous")
    assert address(app, "row") == str(row)


def test_an_edit_is_kept_only_when_saved_and_typed_words_survive_an_error(app, made, fresh_store):
    with open_store(fresh_store) as db:
        row = row_where(db, made[1], split="train")
    opened(app, dataset=made[1])
    press(app, f"curate_edit_{row}") if f"curate_edit_{row}" in keys(app, "curate_edit") else opened(app, row=str(row))
    if not any(area.key == f"curate_target_{row}" for area in app.text_area):
        press(app, f"curate_edit_{row}")
    app.text_area(key=f"curate_target_{row}").set_value("내 번호는 010-1234-5678").run()
    press(app, "curate_save")
    assert (
        "개인정보" in app.error[0].value
        and app.text_area(key=f"curate_target_{row}").value == "내 번호는 010-1234-5678"
    )
    app.text_area(key=f"curate_target_{row}").set_value(HOSTILE).run()
    press(app, "curate_save")
    assert not app.text_area and "\\<script\\>" in shown(app) and HOSTILE not in shown(app)
    press(app, f"curate_edit_{row}")
    app.text_area(key=f"curate_target_{row}").set_value("버릴 말").run()
    press(app, "curate_cancel")
    assert "버릴 말" not in shown(app)


def test_hostile_words_are_text_in_lists_rows_and_comparisons(app, made, fresh_store):
    with open_store(fresh_store) as db:
        row = row_where(db, made[1], split="test")
        db.execute("UPDATE rows SET target = ?, split_group = ? WHERE id = ?", [HOSTILE, HOSTILE, row])
        db.execute("UPDATE sources SET name = ?", [HOSTILE])
        decide(db, made[1], row, "drop")
    new = freeze(fresh_store, made[1])["dataset_id"]
    for address in (
        {"dataset": made[1]},
        {"dataset": made[1], "row": str(row)},
        {"view": "versions"},
        {"dataset": made[1], "beside": new},
    ):
        opened(app, **address)
        assert HOSTILE not in shown(app) and "\\<script\\>" in shown(app), address
        app.query_params.clear()


def test_what_another_tab_decided_is_seen_and_an_undo_too_many_says_so(app, made, fresh_store):
    opened(app, dataset=made[1])
    with open_store(fresh_store) as db:
        row = row_where(db, made[1], split="test")
        decide(db, made[1], row, "drop")
    app.run()
    assert "뺌 1" in shown(app)
    with open_store(fresh_store) as db:
        db.execute("UPDATE reviews SET undone_at = 'x'")
    press(app, "curate_undo")
    assert "되돌릴 것이 없습니다" in app.toast[0].value


def test_a_row_shows_what_is_trained_and_its_end_token(app, made, fresh_store):
    with open_store(fresh_store) as db:
        row = row_where(db, made[1], split="train")
    opened(app, dataset=made[1], row=str(row))
    page = "".join(part.body for part in app.get("html"))
    assert "&lt;|end|&gt;" in page and "응 아침에는 커피 좋지" in page
    assert "토큰을 배웁니다" in shown(app)


def test_a_row_without_a_prompt_offers_only_an_edit(app, made, fresh_store):
    with open_store(fresh_store) as db:
        row = row_where(db, made[1], dropped="no_prompt")
    opened(app, dataset=made[1], row=str(row))
    assert app.button(key=f"curate_keep_{row}").disabled and not app.button(key=f"curate_edit_{row}").disabled


def test_colours_cover_the_text_and_let_no_markup_through():
    tokenizer = light_tokenizer(STARTER_DIR)
    seen = as_model_sees(tokenizer, [{"role": "user", "content": HOSTILE}], HOSTILE, 512)
    for pieces in (False, True):
        page = seen_html(seen, pieces)
        assert "<script" not in page and page.count("<span") == page.count("</span>")
        assert page.count("&lt;script&gt;") == 2 or pieces


def test_two_versions_stand_beside_each_other(app, made, fresh_store):
    with open_store(fresh_store) as db:
        row = row_where(db, made[1], split="train")
        decide(db, made[1], row, "drop")
    new = freeze(fresh_store, made[1])["dataset_id"]
    opened(app, dataset=made[1], beside=new)
    assert "9 → 8" in [metric.value for metric in app.metric]
    assert "내가 뺀 행" in shown(app)
    press(app, f"curate_open_{row}")
    assert address(app, "dataset") == made[1] and address(app, "row") == str(row)


def test_an_unmasked_source_cannot_be_built_from_and_says_where_to_mend_it(app, made, fresh_store):
    with open_store(fresh_store) as db:
        db.execute("UPDATE sources SET masked_at = NULL, me = NULL")
        db.execute("INSERT INTO speakers VALUES (?, '다온', 1)", [made[0]])
    opened(app, source=made[0])
    assert app.button(key="curate_go").disabled
    assert "가리지 않았습니다" in shown(app) and "누가 나인지" in shown(app)


def test_a_job_that_failed_says_why_and_where_to_look(app, made, fresh_store):
    with open_store(fresh_store) as db:
        job = enqueue(db, "dataset", {"recipe": "persona", "sources": [made[0]]})
        db.execute(
            "UPDATE jobs SET state = 'failed', message_ko = ? WHERE id = ?", [f"남은 행이 3개뿐입니다 {HOSTILE}", job]
        )
    opened(app, job=job, view="build")
    assert "남은 행이 3개뿐입니다" in app.error[0].value and HOSTILE not in app.error[0].value
    press(app, "curate_job_close")
    assert "job" not in app.query_params


@pytest.mark.parametrize("view", ["rows", "versions", "compare", "build"])
def test_every_view_speaks_english(app, made, view):
    opened(app, view=view)
    app.button(key="frame_switch").click().run()
    assert not app.exception
    labels = [part.label for part in (*app.button, *app.selectbox, *app.multiselect, *app.text_input)]
    assert not [label for label in labels if any("가" <= letter <= "힣" for letter in label) and label != "한국어"]


def test_a_freeze_that_runs_already_is_shown_and_not_begun_twice(app, made, fresh_store):
    with open_store(fresh_store) as db:
        decide(db, made[1], row_where(db, made[1], split="train"), "drop")
        job = enqueue(db, "freeze", {"dataset": made[1]})
        db.execute("UPDATE jobs SET state = 'cancelled' WHERE id <> ?", [job])
    opened(app, dataset=made[1])
    try:
        assert app.button(key="curate_freeze").disabled and keys(app, f"curate_stop_{job}")
    finally:
        end_supervisor(fresh_store)


def until_ended(store, job_id: str) -> dict:
    for _ in range(600):
        with open_store(store) as db:
            job = get_job(db, job_id)
        if job["state"] in ENDED:
            return job
        time.sleep(0.1)
    raise AssertionError("the job did not end")


@pytest.mark.slow
def test_building_and_freezing_by_real_jobs_opens_what_they_made(app, made, fresh_store):
    with open_store(fresh_store) as db:
        row = row_where(db, made[1], split="train")
    opened(app, dataset=made[1])
    try:
        with open_store(fresh_store) as db:
            decide(db, made[1], row, "drop")
        app.run()
        press(app, "curate_freeze")
        assert until_ended(fresh_store, address(app, "job"))["state"] == "done"
        app.run()
        assert not app.exception and address(app, "dataset") != made[1] and "job" not in app.query_params
        opened(app, source=made[0], view="build")
        press(app, "curate_go")
        job = until_ended(fresh_store, address(app, "job"))
        app.run()
        with open_store(fresh_store) as db:
            names = {one["id"] for one in list_datasets(db)}
        assert job["state"] == "done" and len(names) == 3
        assert address(app, "dataset") == job["result"]["dataset_id"] and not keys(app, "curate_go")
    finally:
        end_supervisor(fresh_store)


def test_the_same_job_by_hand_and_by_page_has_the_same_arguments(app, made, fresh_store):
    opened(app, source=made[0])
    try:
        press(app, "curate_go")
        assert not keys(app, "curate_go") and "저절로 열립니다" in shown(app)
        with open_store(fresh_store) as db:
            args = get_job(db, address(app, "job"))["args"]
        assert args["sources"] == [made[0]] and args["style"] == "chat" and args["options"]["context_turns"] == 4
        assert set(args) == {"recipe", "sources", "style", "me", "options", "seed"}
    finally:
        end_supervisor(fresh_store)


def test_the_page_opens_rows_without_torch_and_transformers(made, fresh_store):
    with open_store(fresh_store) as db:
        row = row_where(db, made[1], split="train")
    code = (
        "import sys; from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('Home.py', default_timeout=60).run()\n"
        f"app.switch_page('pages/2_Curate.py'); app.query_params['row'] = '{row}'; app.run()\n"
        "heavy = {'torch', 'transformers', 'trl', 'peft', 'datasets', 'scipy', 'kiwipiepy'} & set(sys.modules)\n"
        "assert not heavy and not app.exception and app.get('html'), (heavy, app.exception)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.slow
def test_another_base_is_read_only_when_the_owner_asks(app, made, fresh_store, tmp_path):
    folder = make_tiny("gpt2", tmp_path)
    with open_store(fresh_store) as db:
        row = row_where(db, made[1], split="train")
        add_run(
            db,
            recipe="persona",
            dataset_id=made[1],
            base={"name": str(folder), "revision": None, "hash": ""},
            preset=None,
            settings={"max_length": 64},
            origins={},
        )
    opened(app, dataset=made[1], row=str(row))
    assert app.selectbox(key="curate_base").value == str(folder) and not any(
        "### 답변:" in part.body for part in app.get("html")
    )
    press(app, "curate_load")
    assert any("### 답변:" in part.body for part in app.get("html")) and not keys(app, "curate_load")

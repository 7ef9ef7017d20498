"""The data page: from a path to a masked source, what it shows of it, and what its buttons change."""

import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import ROOT
from engine.jobs.queue import wait
from engine.privacy.apply import mask_source
from engine.privacy.correct import keep_here, list_decisions
from engine.sources.uploads import uploads_folder
from engine.store.jobs import enqueue, list_jobs
from engine.store.open import open_store
from engine.store.sources import add_records, get_source, list_sources, set_me
from tests.chats import pc_chat
from tests.test_jobs import end_supervisor
from tests.test_page_data_masks import Hands
from tests.test_store import add_chat
from ui.frame import plain

PICTURE = "![몰래](http://127.0.0.1:9/a.png) <b>굵게</b> :red[빨강] $x$"
CHAT = [
    ("가온", "민수랑 밥 먹었어 010-1234-5678로 전화해"),
    ("나리", "도깨비가 왔어"),
    ("가온", PICTURE),
    ("나리", f"010-9876-5432 {PICTURE}"),
    *((("가온", "나리")[i % 2], f"{i}번째 나리야 안녕") for i in range(40)),
]


@pytest.fixture
def app(monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    return AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)


@pytest.fixture
def source(fresh_store: Path) -> str:
    with open_store(fresh_store) as db:
        source = add_chat(db, CHAT, "![대화](x).txt")
    mask_source(Hands(fresh_store, "job-hand", "t"), source)
    return source


def opened(app: AppTest, **names: str) -> AppTest:
    app.run()
    app.switch_page("pages/1_Data.py")
    for name, value in names.items():
        app.query_params[name] = value
    return ran(app)


def ran(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    shown = (app.markdown, app.caption, app.info, app.warning, app.error)
    return "\n".join(str(element.value) for group in shown for element in group)


def keys(app: AppTest, prefix: str) -> list[str]:
    return [button.key for button in app.button if button.key and button.key.startswith(prefix)]


def named(app: AppTest, name: str) -> str:
    """What the address names; AppTest gives what a script wrote as text, and what a test wrote as a list."""
    value = app.query_params[name]
    return value if isinstance(value, str) else value[0]


def now(store: Path, source: str) -> dict:
    with open_store(store) as db:
        return get_source(db, source)


def test_an_empty_store_says_how_to_export_and_offers_the_sample(app):
    opened(app)
    assert "대화 내보내기" in words(app) and app.button(key="data_import")
    for device in ("android", "iphone"):
        app.segmented_control(key="data_device").set_value(device)
        assert "내보내기" in words(ran(app))
    app.segmented_control(key="data_how").set_value("found")
    assert "찾지 못했습니다" in words(ran(app))


def test_a_path_goes_the_whole_way_to_a_masked_source_that_shows_itself(app, fresh_store, tmp_path):
    chat = pc_chat(tmp_path / "우리 대화.txt", days=5)
    chat.write_text(
        chat.read_text(encoding="utf-8").replace("진짜", "나리야 010-1234-5678"), encoding="utf-8", newline=""
    )
    opened(app)
    app.segmented_control(key="data_how").set_value("path")
    ran(app)
    app.text_area(key="data_path").set_value(f'"{chat}"')
    try:
        app.button(key="data_import").click()
        ran(app)
        job = named(app, "job")
        assert app.button(key="data_stop")
        wait(fresh_store, job, lambda _: None)
        ran(app)
    finally:
        end_supervisor(fresh_store)
    with open_store(fresh_store) as db:
        (source,) = list_sources(db)
    assert named(app, "source") == source["id"] and "job" not in app.query_params
    assert [metric.value for metric in app.metric] == ["100", "2", "0"]
    assert "모든 줄을 알아들었습니다" in words(app) and app.toast
    assert app.radio(key=f"data_me_{source['id']}").value == "가온" and "알아냈습니다" in words(app)
    app.segmented_control(key="data_view").set_value("masks")
    ran(app)
    assert "\\[전화번호\\_1\\]" in words(app) and app.button(key="data_go_curate")


def test_an_upload_lies_beside_the_store_until_its_job_is_done(app, fresh_store, tmp_path):
    body = pc_chat(tmp_path / "a.txt", days=1).read_bytes()
    opened(app)
    app.segmented_control(key="data_how").set_value("upload")
    ran(app)
    app.file_uploader[0].set_value([("../대화-2.txt", body, "text/plain"), ("대화-1.txt", body + b"\n", "text/plain")])
    ran(app)
    try:
        app.button(key="data_import").click()
        ran(app)
        job = named(app, "job")
        told = wait(fresh_store, job, lambda _: None)
    finally:
        end_supervisor(fresh_store)
    assert told["records"] == 40 and not list(uploads_folder(fresh_store).iterdir())
    assert now(fresh_store, told["source_id"])["name"] == "대화-1.txt +1"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "비어"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 900, "글로 된 대화가"),
        (b"\x80\x81\xfe\xff" * 200, "인코딩"),
        ("떡볶이를 만든다. 떡을 썬다.".encode(), "아는 형식"),
    ],
)
def test_a_file_that_is_no_chat_is_refused_in_words_and_leaves_nothing(app, fresh_store, body, said):
    opened(app)
    app.segmented_control(key="data_how").set_value("upload")
    ran(app)
    app.file_uploader[0].set_value([("KakaoTalk.txt", body, "text/plain")])
    ran(app)
    app.button(key="data_import").click()
    ran(app)
    assert said in app.error[0].value and not list(uploads_folder(fresh_store).iterdir())
    with open_store(fresh_store) as db:
        assert list_jobs(db) == []


@pytest.mark.parametrize(("path", "said"), [("", "비어"), ("/", "폴더"), ("/없는/![x](y).txt", "\\!\\[x\\]")])
def test_a_path_that_leads_nowhere_is_told_in_words(app, path, said):
    opened(app)
    app.segmented_control(key="data_how").set_value("path")
    ran(app)
    app.text_area(key="data_path").set_value(path)
    app.button(key="data_import").click()
    ran(app)
    assert said in app.error[0].value


def test_nothing_uploaded_is_told_in_words(app):
    opened(app)
    app.segmented_control(key="data_how").set_value("upload")
    ran(app)
    app.button(key="data_import").click()
    assert "올린 파일이 없습니다" in ran(app).error[0].value


def test_an_import_that_failed_says_why_as_text_until_it_is_read(app, fresh_store):
    with open_store(fresh_store) as db:
        job = enqueue(db, "import", {"files": []})
        sql = "UPDATE jobs SET state = 'failed', ending = 'user_error', message_ko = ? WHERE id = ?"
        db.execute(sql, [PICTURE, job])
    opened(app, job=job)
    assert plain(PICTURE) in app.error[0].value and not keys(app, "data_resume")
    app.button(key="data_dismiss").click()
    assert not ran(app).error and "job" not in app.query_params


def test_an_interrupted_import_can_be_resumed(app, fresh_store):
    with open_store(fresh_store) as db:
        job = enqueue(db, "import", {"files": []})
        db.execute("UPDATE jobs SET state = 'interrupted' WHERE id = ?", [job])
    assert opened(app, job=job).button(key="data_resume")


@pytest.mark.parametrize("names", [{"source": "src-gone"}, {"job": "job-gone"}, {"source": "![x](y)"}])
def test_a_dead_link_says_so_and_the_page_still_serves(app, source, names):
    opened(app, **names)
    assert "저장소에 없습니다" in app.warning[0].value and app.metric
    assert named(app, "source") == source


def test_strange_words_in_the_address_do_no_harm(app, source):
    opened(app, view="없는것", show="x", at="-1")
    opened(app, view="masks", show="<b>", at="9" * 40)
    assert keys(app, "data_fix_")


def test_who_i_am_is_saved_at_once_and_no_longer_guessed(app, fresh_store, source):
    opened(app)
    app.radio(key=f"data_me_{source}").set_value("나리")
    ran(app)
    assert now(fresh_store, source)["me"] == "나리" and "알아냈습니다" not in words(app)


def test_the_way_on_opens_only_when_masked_and_me_is_known(app, fresh_store, source):
    with open_store(fresh_store) as db:
        db.execute("UPDATE sources SET me = NULL WHERE id = ?", [source])
    opened(app)
    assert "누가 나인지" in words(app) and not keys(app, "data_go_curate") and not keys(app, "data_go_me")
    opened(app, view="tidy")
    app.button(key="data_go_me").click()
    assert "무엇이 들어 있나" in [head.value for head in ran(app).subheader]
    with open_store(fresh_store) as db:
        db.execute("UPDATE sources SET masked_at = NULL WHERE id = ?", [source])
    ran(app)
    assert "먼저 개인정보를" in words(app) and app.button(key="data_mask_next") and not keys(app, "data_go_curate")


def test_many_speakers_become_a_list(app, fresh_store):
    with open_store(fresh_store) as db:
        source = add_chat(db, [(f"사람{i}", "안녕") for i in range(30)] + [("가온", "응")])
    opened(app)
    assert len(app.selectbox(key=f"data_me_{source}").options) == 31


def test_lines_that_were_not_understood_are_shown_as_they_are(app, fresh_store, source):
    with open_store(fresh_store) as db:
        db.execute(
            "UPDATE sources SET report_json = json_set(report_json, '$.unparsed', 25, '$.unparsed_lines', json('[3, 17]'), "
            "'$.warnings', json_array(?))",
            [PICTURE],
        )
        add_records(db, source, 900, [(None, None, "other", f"길 잃은 줄 {i} {PICTURE}", None) for i in range(25)])
    opened(app)
    assert "25" in app.warning[0].value and "3, 17 …" in app.warning[0].value and plain(PICTURE) in app.warning[1].value
    assert app.code[0].value == "\n".join(f"길 잃은 줄 {i} {PICTURE}" for i in range(20))
    app.button(key=f"data_unparsed_{source}_more").click()
    assert "길 잃은 줄 24" in ran(app).code[0].value


def test_chat_text_stays_text_in_the_preview(app, source):
    opened(app, view="masks", show="all")
    told = [str(element.value) for element in app.markdown]
    assert plain(PICTURE) in told
    assert not [text for text in told if "![" in text or "<b>" in text or ":red[빨강]" in text]
    assert "\\!\\[대화\\]" in app.button(key=f"data_open_{source}").label


def test_filters_search_and_pages_show_what_they_say(app, fresh_store, source):
    opened(app, view="masks")
    assert len(keys(app, "data_fix_")) == 12
    first = keys(app, "data_fix_")
    app.button(key="data_following").click()
    assert not set(keys(ran(app), "data_fix_")) & set(first) and "at" in app.query_params
    app.button(key="data_previous").click()
    assert keys(ran(app), "data_fix_") == first
    app.pills(key=f"data_chips_{source}").set_value(["PHONE"])
    assert len(keys(ran(app), "data_fix_")) == 2
    app.selectbox(key=f"data_speaker_{source}").set_value("나리")
    assert len(keys(ran(app), "data_fix_")) == 1
    app.text_input(key=f"data_search_{source}").set_value("없말")
    assert "맞는 메시지가 없습니다" in words(ran(app))
    app.text_input(key=f"data_search_{source}").set_value("없")
    assert "두 글자 이상" in words(ran(app))
    app.pills(key=f"data_chips_{source}").set_value([])
    app.selectbox(key=f"data_speaker_{source}").set_value(None)
    app.segmented_control(key=f"data_show_{source}").set_value("all")
    app.text_input(key=f"data_search_{source}").set_value("깨비")
    ran(app)
    assert "도깨비가 왔어" in words(app) and "민수" not in words(app)


def test_a_wrong_mask_is_shown_and_hidden_again(app, fresh_store, source):
    opened(app, view="masks")
    before = now(fresh_store, source)["mask_report"]["counts"]
    app.button(key=keys(app, "data_fix_")[0]).click()
    ran(app)
    keep = next(key for key in keys(app, "data_keep_") if not key.startswith("data_keep_all"))
    app.button(key=keep).click()
    ran(app)
    assert sum(now(fresh_store, source)["mask_report"]["counts"].values()) == sum(before.values()) - 1 and app.toast
    app.segmented_control(key=f"data_show_{source}").set_value("decided")
    ran(app)
    app.button(key=keys(app, "data_hide_")[0]).click()
    ran(app)
    assert now(fresh_store, source)["mask_report"]["counts"] == before


def test_a_value_shown_everywhere_stands_in_a_list_with_its_way_back(app, fresh_store, source):
    opened(app, view="masks")
    app.pills(key=f"data_chips_{source}").set_value(["PHONE"])
    ran(app)
    app.button(key=keys(app, "data_fix_")[0]).click()
    ran(app)
    phones = now(fresh_store, source)["mask_report"]["counts"]["PHONE"]
    app.button(key=keys(app, "data_keep_all_")[-1]).click()
    ran(app)
    assert now(fresh_store, source)["mask_report"]["counts"]["PHONE"] == phones - 1
    app.button(key="data_undo_0").click()
    ran(app)
    assert now(fresh_store, source)["mask_report"]["counts"]["PHONE"] == phones and not keys(app, "data_undo_")


def test_the_last_mask_of_a_chosen_kind_can_go(app, fresh_store, source):
    opened(app, view="masks")
    app.pills(key=f"data_chips_{source}").set_value(["PHONE"])
    ran(app)
    for _ in range(2):
        app.button(key=keys(app, "data_fix_")[0]).click()
        ran(app)
        app.button(key=[key for key in keys(app, "data_keep_all_")][-1]).click()
        ran(app)
    assert "PHONE" not in now(fresh_store, source)["mask_report"]["counts"]


def test_a_missed_word_is_counted_and_then_hidden(app, fresh_store, source):
    opened(app, view="masks")
    app.text_input(key="data_word").set_value("도깨비")
    assert "1번 나옵니다" in words(ran(app))
    app.button(key="data_add").click()
    ran(app)
    with open_store(fresh_store) as db:
        assert [decision.word for decision in list_decisions(db)] == ["도깨비"]
    assert app.text_input(key="data_word").value == "" and "**도깨비**" in words(app)
    app.text_input(key="data_word").set_value("없는말")
    ran(app)
    app.button(key="data_add").click()
    assert "없습니다" in ran(app).error[0].value


def test_a_second_tab_is_told_and_nothing_is_lost(app, fresh_store, source):
    opened(app, view="masks")
    app.button(key=keys(app, "data_fix_")[0]).click()
    ran(app)
    keep = next(key for key in keys(app, "data_keep_") if not key.startswith("data_keep_all"))
    with open_store(fresh_store) as db:
        keep_here(db, int(keep.removeprefix("data_keep_")))
    app.button(key=keep).click()
    assert "바뀌었습니다" in ran(app).error[0].value


def test_many_sources_are_listed_and_one_click_opens_one(app, fresh_store, source):
    with open_store(fresh_store) as db:
        for number in range(8):
            add_chat(db, [("가온", "안녕"), ("나리", "응")], f"{number}.txt")
    opened(app, source=source)
    assert len(keys(app, "data_open_")) == 6
    app.button(key="data_more").click()
    ran(app)
    assert len(keys(app, "data_open_")) == 9
    other = keys(app, "data_open_")[0]
    app.button(key=other).click()
    ran(app)
    assert named(app, "source") == other.removeprefix("data_open_")


@pytest.mark.parametrize("view", ["report", "masks"])
def test_in_english_no_korean_is_left_but_the_chat(app, fresh_store, view):
    with open_store(fresh_store) as db:
        source = add_chat(db, [("Kim", "hello"), ("Lee", "call 010-1234-5678")])
        set_me(db, source, "Kim")
    mask_source(Hands(fresh_store, "job-hand", "t"), source)
    opened(app, view=view)
    app.button(key="frame_switch").click()
    ran(app)
    told = words(app) + "".join(button.label for button in app.button)
    left = [line for line in told.splitlines() if any("가" <= letter <= "힣" for letter in line)]
    assert not [line for line in left if "전화번호" not in line and "말모이" not in line and "한국어" not in line], left


def test_opening_the_page_imports_nothing_heavy():
    code = (
        "import sys; from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('Home.py', default_timeout=60).run()\n"
        "app.switch_page('pages/1_Data.py'); app.run()\n"
        "heavy = {'torch', 'transformers', 'trl', 'peft', 'datasets', 'bitsandbytes', 'scipy', 'kiwipiepy'} & set(sys.modules)\n"
        "assert not heavy and not app.exception, (heavy, app.exception)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)

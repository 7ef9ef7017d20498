"""The data page after a re-export: one person under two names; and a file whose letters nobody can read."""

from engine.sources.uploads import uploads_folder
from engine.store.open import open_store
from engine.store.sources import add_records, get_speakers
from tests.test_page_data import app, keys, opened, ran, source, words  # noqa: F401  (fixtures)


def test_a_renamed_person_is_offered_and_becomes_one_by_a_click(app, fresh_store, source):  # noqa: F811
    with open_store(fresh_store) as db:
        add_records(db, source, 900, [("2026-05-30T10:00", "나리♥", "text", "안녕", None)])
        db.execute("INSERT INTO speakers VALUES (?, '나리♥', 1)", [source])
        db.execute(
            "UPDATE sources SET report_json = json_set(report_json, '$.renamed', json('{\"나리\": \"나리♥\"}'), "
            '\'$.renamed_evidence\', json(\'{"나리": 7}\'), \'$.merged\', json(\'{"source": "src-a", "added": 1, "common": 7}\'))'
        )
        db.conn.commit()
    opened(app)
    assert "나리♥" in words(app) and "7" in app.info[0].value
    app.button(key=f"data_same_{source}_나리").click()
    ran(app)
    with open_store(fresh_store) as db:
        assert {name: n for name, n in get_speakers(db, source).items() if n} == {"가온": 22, "나리♥": 23}
    assert not keys(app, "data_same_")


def test_a_file_of_unknown_letters_is_shown_to_the_owner_alone(app, fresh_store):  # noqa: F811
    opened(app)
    app.segmented_control(key="data_how").set_value("upload")
    ran(app)
    app.file_uploader[0].set_value(
        [("KakaoTalk.txt", "가온 님과 카카오톡 대화\n".encode("cp949") * 30 + b"\xff\xfe\xfa" * 9, "text/plain")]
    )
    ran(app)
    app.button(key="data_import").click()
    ran(app)
    assert "인코딩" in app.error[0].value and any("가온 님과 카카오톡 대화" in code.value for code in app.code)
    assert not list(uploads_folder(fresh_store).iterdir())

"""What is brought in: exports found on the machine, typed paths, uploads, and an import that masks in the same job."""

import io
import os
import sys
import time
import zipfile
from pathlib import Path

import pytest

from engine.errors import UserError
from engine.jobs.processes import end_process
from engine.jobs.queue import resume, submit, wait
from engine.jobs.work import do_import
from engine.sources.finder import find_exports, typed_paths
from engine.sources.uploads import remove_uploads, safe_name, save_uploads, sweep_uploads, uploads_folder
from engine.store.jobs import Work, enqueue
from engine.store.open import open_store
from engine.store.sources import get_source, list_sources
from tests.chats import pc_chat
from tests.test_jobs import end_supervisor, job_now, until


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "집"
    for folder in ("Downloads", "바탕 화면", "Documents/대화", "Music", "Documents/대화/더 깊은 곳"):
        (home / folder).mkdir(parents=True)
    return home


def names(home: Path) -> list[str]:
    return [export.name for export in find_exports(home)]


def aged(path: Path, minutes: int) -> Path:
    then = time.time() - minutes * 60
    os.utime(path, (then, then))
    return path


def test_exports_are_found_newest_first_one_level_deep_and_no_deeper(home):
    aged(pc_chat(home / "Downloads" / "KakaoTalkChats.txt", days=1), 9)
    aged(pc_chat(home / "바탕 화면" / "우리 카톡.txt", days=1), 5)
    aged(pc_chat(home / "Documents" / "대화" / "KakaoTalk_20260601.txt", days=1), 1)
    pc_chat(home / "Documents" / "대화" / "더 깊은 곳" / "KakaoTalk_deep.txt", days=1)
    pc_chat(home / "Music" / "KakaoTalk_music.txt", days=1)
    pc_chat(home / "Downloads" / "일기.txt", days=1)
    (home / "Downloads" / "kakao 요리법.txt").write_text("떡볶이 만드는 법", encoding="utf-8")
    assert names(home) == ["KakaoTalk_20260601.txt", "우리 카톡.txt", "KakaoTalkChats.txt"]


def test_parts_of_one_export_are_found_as_one(home):
    for part in (1, 2, 10):
        pc_chat(home / "Downloads" / f"Talk_2026.5.25 15_10-{part}.txt", days=1, seed=part)
    (found,) = find_exports(home)
    assert found.name == "Talk_2026.5.25 15_10.txt" and len(found.files) == 3


def test_archives_and_mails_with_a_chat_are_found(home):
    chat = pc_chat(home / "chat.txt", days=1).read_bytes()
    for name, member in (("KakaoTalk_a.zip", "대화.txt"), ("KakaoTalk_b.zip", "사진.jpg")):
        with zipfile.ZipFile(home / "Downloads" / name, "w") as archive:
            archive.writestr(member, chat)
    (home / "Downloads" / "KakaoTalk_c.zip").write_bytes(b"PK\x03\x04" + bytes(40))
    head = b"Subject: a\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n"
    (home / "Downloads" / "KakaoTalkChats.eml").write_bytes(head + chat)
    assert sorted(names(home)) == ["KakaoTalkChats.eml", "KakaoTalk_a.zip"]


def test_at_most_eight_are_shown(home):
    for number in range(12):
        pc_chat(home / "Downloads" / f"KakaoTalk_{number}a.txt", days=1)
    assert len(find_exports(home)) == 8


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_are_never_followed(home, tmp_path):
    secret = tmp_path / "elsewhere"
    secret.mkdir()
    pc_chat(secret / "KakaoTalk_secret.txt", days=1)
    (home / "Downloads" / "KakaoTalk_link.txt").symlink_to(secret / "KakaoTalk_secret.txt")
    (home / "Downloads" / "folder").symlink_to(secret, target_is_directory=True)
    (home / "문서").symlink_to(secret, target_is_directory=True)
    assert names(home) == []


def test_a_home_that_cannot_be_read_has_nothing(tmp_path):
    assert find_exports(tmp_path / "nowhere") == []


def test_paths_are_understood_as_people_paste_them(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    one, two = pc_chat(tmp_path / "대 화-1.txt", days=1), pc_chat(tmp_path / "it's.txt", days=1)
    for text in (
        f"{one}",
        f'"{one}"',
        f"  “{one}” ",
        "~/대 화-1.txt",
        one.as_uri(),
        str(one).replace(" ", "\\ "),
    ):
        assert typed_paths(text) == [one], text
    assert typed_paths(f"{one}\n\n{two}\n{one}") == [one, two]
    assert typed_paths(f'"{one}" "{two}"') == [one, two]


@pytest.mark.parametrize("text", ["", "  \n ", "없는 파일.txt", "~없는사람/a.txt", "/", "a" * 5000, "a\0b"])
def test_a_path_that_leads_nowhere_is_told_in_words(text):
    with pytest.raises(UserError):
        typed_paths(text)


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\대화.txt", "대화.txt"),
        ("카카오톡 대화 (1).txt", "카카오톡 대화 (1).txt"),
        ("..", "upload.txt"),
        ("", "upload.txt"),
        ("a:b|c?.txt", "a_b_c_.txt"),
        ("CON.txt", "_CON.txt"),
        (".숨김", "숨김"),
        ("\u1112\u1161\u11ab.txt", "한.txt"),
    ],
)
def test_an_uploads_name_is_never_a_path(given, safe):
    assert safe_name(given) == safe


def test_a_long_name_fits_on_a_disk():
    assert len(safe_name("가" * 400 + ".txt").encode()) < 255 and safe_name("가" * 400 + ".txt").endswith(".txt")


def upload(store: Path, *files: tuple[str, bytes]) -> list[Path]:
    return save_uploads(store, [(name, io.BytesIO(body), len(body)) for name, body in files])


def test_uploads_lie_under_the_cache_readable_by_the_owner_alone_and_go_together(fresh_store):
    one, two = upload(fresh_store, ("대화.txt", b"a"), ("../대화.txt", b"b"))
    assert one.parent == two.parent and one.parent.parent == uploads_folder(fresh_store) and one != two
    assert (one.read_bytes(), two.read_bytes()) == (b"a", b"b")
    assert sys.platform == "win32" or one.stat().st_mode & 0o077 == 0
    remove_uploads(fresh_store, [one, two])
    assert not one.parent.exists()


def test_files_of_the_owner_are_never_removed(fresh_store, tmp_path):
    own = pc_chat(tmp_path / "내 것.txt", days=1)
    remove_uploads(fresh_store, [own, tmp_path / "gone.txt"])
    assert own.exists()


@pytest.mark.parametrize(
    ("state", "hours", "stays"),
    [
        ("done", 0, False),
        ("queued", 99, True),
        ("failed", 1, True),
        ("failed", 30, False),
        (None, 0, True),
        (None, 2, False),
    ],
)
def test_uploads_nobody_will_read_again_are_swept(fresh_store, state, hours, stays):
    (file,) = upload(fresh_store, ("대화.txt", b"a"))
    with open_store(fresh_store) as db:
        if state:
            job = enqueue(db, "import", {"files": [str(file)]})
            db.execute("UPDATE jobs SET state = ? WHERE id = ?", [state, job])
    aged(file.parent, hours * 60)
    sweep_uploads(fresh_store)
    assert file.exists() == stays


class Hands(Work):
    def stop_asked(self) -> str | None:
        return None


def args_for(*files: Path) -> dict:
    return {"recipe": "persona", "files": [str(file) for file in files], "kind": None, "me": None, "mask": True}


def test_an_import_masks_in_the_same_job_and_removes_its_uploads(fresh_store, tmp_path):
    chat = pc_chat(tmp_path / "a.txt", days=3).read_bytes().decode().replace("ㅋㅋ", "나리야 010-1234-5678")
    (file,) = upload(fresh_store, ("대화.txt", chat.encode("cp949")))
    told = do_import(Hands(fresh_store, "job-up", "t"), args_for(file))
    assert told["mask"]["counts"]["PHONE"] and told["encoding"] == "cp949" and not file.parent.exists()
    with open_store(fresh_store) as db:
        source = get_source(db, told["source_id"])
        assert source["masked_at"] and source["name"] == "대화.txt"
    again = do_import(Hands(fresh_store, "job-up", "t"), args_for(file))  # killed just before its ending was written
    assert again["source_id"] == told["source_id"] and again["mask"]["counts"] == told["mask"]["counts"]


def test_a_kill_between_reading_and_masking_is_mended_by_resume(fresh_store, tmp_path, monkeypatch):
    file = pc_chat(tmp_path / "a.txt", days=3)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    work = Hands(fresh_store, "job-cut", "t")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("engine.privacy.apply.mask_source", killed)
        do_import(work, args_for(file))
    with open_store(fresh_store) as db:
        (source,) = list_sources(db)
        assert source["masked_at"] is None
    told = do_import(work, args_for(file))
    with open_store(fresh_store) as db:
        (source,) = list_sources(db)
    assert told["source_id"] == source["id"] and source["masked_at"] and source["record_count"] == 60


def test_a_failed_import_keeps_its_upload_for_a_resume(fresh_store):
    (file,) = upload(fresh_store, ("대화.txt", b"\x00\x01 no chat"))
    with pytest.raises(UserError):
        do_import(Hands(fresh_store, "job-bad", "t"), args_for(file))
    assert file.exists()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_real_worker_killed_while_it_imports_resumes_to_a_masked_source(fresh_store, tmp_path):
    file = pc_chat(tmp_path / "a.txt", days=150, per_day=1000)
    try:
        job_id = submit(fresh_store, "import", args_for(file))
        until(lambda: (job_now(fresh_store, job_id)["progress"] or {}).get("what") == "mask")
        job = job_now(fresh_store, job_id)
        end_process(job["pid"], job["pid_started_at"], kill=True)
        until(lambda: job_now(fresh_store, job_id)["state"] == "interrupted")
        resume(fresh_store, job_id)
        told = wait(fresh_store, job_id, lambda _: None)
    finally:
        end_supervisor(fresh_store)
    with open_store(fresh_store) as db:
        (source,) = list_sources(db)
    assert source["id"] == told["source_id"] and source["masked_at"] and source["record_count"] == 150_000

"""Which reader takes a file, and what an owner is told when none does. Korean and English both, never a word of the file."""

import os
from pathlib import Path

import pytest

from engine.errors import UserError
from engine.sources.detect import READERS, choose_reader
from engine.sources.kakao import KakaoReader
from engine.sources.reader import ReadReport

SECRET = "우리만의 비밀"
CHAT = f"2026년 5월 30일 오후 1:00, 가온 : {SECRET}\n"


def refusal(path: Path, kind: str | None = None) -> UserError:
    with pytest.raises(UserError) as caught:
        list(choose_reader(path, kind).read(path, ReadReport()))
    return caught.value


def write(folder: Path, data: bytes, name: str = "chat.txt") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("data", "ko", "en"),
    [
        (b"", "비어", "empty"),
        (b"\xef\xbb\xbf\r\n\r\n", "비어", "empty"),
        (b"PK\x03\x04" + bytes(40), "글로 된 대화가", "no chat in text"),
        (b"%PDF-1.7\n1 0 obj", "PDF로 읽을 수 없습니다", "cannot be read as a PDF"),
        (b"\x89PNG\r\n\x1a\n", "글로 된 대화가", "no chat in text"),
        (b"abc\0def", "글로 된 대화가", "no chat in text"),
        ("가온 님과 카카오톡 대화\n".encode("euc_jis_2004", "ignore") + b"\x8e\xff\xfe\xfa\xff" * 9, "인코딩", "encoding"),
        (SECRET.encode("utf-8") + "\n이건 그냥 글이다, 쉼표도 있다.\n그렇다, 두 줄.\n".encode(), "아는 형식", "known forms"),
        (b"[22-01-20 10:00:00] Bob: This is another messenger\n", "아는 형식", "known forms"),
        (b"# Title\n\nSome prose, with commas.\n", "아는 형식", "known forms"),
        (b"{\n  \"a\": 1\n}\n", "아는 형식", "known forms"),
    ],
)  # fmt: skip
def test_file_that_nobody_reads_is_refused(data: bytes, ko: str, en: str, tmp_path: Path) -> None:
    error = refusal(write(tmp_path, data))
    assert ko in error.ko and en in error.en
    assert "chat.txt" in error.ko and "chat.txt" in error.en
    assert "비밀" not in error.ko + error.en


def test_missing_file_and_folder_are_told_apart(tmp_path: Path) -> None:
    missing, folder = refusal(tmp_path / "없음.txt"), refusal(tmp_path)
    assert "없습니다" in missing.ko and "no file" in missing.en
    assert "폴더" in folder.ko and "folder" in folder.en


@pytest.mark.skipif(
    os.name == "nt" or (hasattr(os, "geteuid") and os.geteuid() == 0), reason="root may read everything"
)
def test_file_without_permission_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, CHAT.encode())
    path.chmod(0)
    assert "권한" in refusal(path).ko


def test_damaged_letters_in_a_small_file_are_refused(tmp_path: Path) -> None:
    error = refusal(write(tmp_path, CHAT.encode() + b"\xff\xff\xff"))
    assert "UTF-8" in error.ko
    assert "비밀" not in error.ko + error.en


def test_unknown_kind_names_the_known_ones(tmp_path: Path) -> None:
    error = refusal(write(tmp_path, CHAT.encode()), "line")
    assert "line" in error.ko and "kakao" in error.ko and "table" in error.en


def test_named_kind_is_not_guessed_but_must_fit(tmp_path: Path) -> None:
    path = write(tmp_path, b"name,age\nx,1\n")
    assert choose_reader(path).kind == "table"
    assert choose_reader(path, "kakao").kind == "kakao"
    assert "카카오톡" in refusal(path, "kakao").ko
    assert "표로" in refusal(write(tmp_path, CHAT.encode()), "table").ko


def test_refusal_of_the_wrong_kind_comes_before_the_first_record(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        KakaoReader().read(write(tmp_path, b"name,age\nx,1\n"), ReadReport())


def test_chat_is_recognised_before_table(tmp_path: Path) -> None:
    """The macOS export is a table too."""
    assert next(reader.kind for reader in READERS) == "kakao"
    assert choose_reader(write(tmp_path, b"Date,User,Message\n")).kind == "kakao"
    assert choose_reader(write(tmp_path, CHAT.encode("utf-16"))).kind == "kakao"


def test_text_that_quotes_a_chat_far_down_is_no_chat(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        choose_reader(write(tmp_path, ("# 설명\n" * 20 + CHAT).encode()))

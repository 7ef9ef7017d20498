"""What a chat may hold and a file may be: read as it is or refused in words, never half imported."""

import json
import os

import pytest

from engine.cli.app import harmless, main
from engine.errors import UserError
from engine.sources.detect import read_head
from engine.store.open import open_store
from engine.store.sources import read_unparsed
from tests.importing import at, bring, desktop, leftovers, mobile, stored, write

TALK = [(0, "가온", "안녕"), (1, "나리", "응"), (2, "가온", "뭐 해")]


def test_dates_that_go_back_lose_no_message(fresh_store, tmp_path):
    back = "2026년 5월 29일 오후 1:00, 나리 : 어제\r\n2025년 1월 1일 오전 9:00, 다솜 : 옛날\r\n"
    bring(fresh_store, write(tmp_path / "a.txt", mobile("나리", *TALK) + back), me="가온")
    assert [(who, text) for _, who, text in stored(fresh_store)][-2:] == [("나리", "어제"), ("다솜", "옛날")]


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_the_separator_of_an_earlier_day_is_layout_and_a_typed_date_is_not(end, fresh_store, tmp_path):
    back = (
        "2026년 5월 1일 오전 9:00\r\n2026년 5월 1일 오전 9:00, 나리 : 뒤로\r\n2026년 4월 1일 수요일\r\n"
        "2026년 5월 1일 오전 9:01, 나리 : 끝\r\n2026년 3월 1일 일요일\r\n"
    )
    text = (mobile("나리", *TALK) + back).replace("\r\n", end)
    bring(fresh_store, write(tmp_path / "a.txt", text), me="가온")
    typed = "뒤로\n2026년 4월 1일 수요일"
    assert [text for _, _, text in stored(fresh_store)][2:] == ["뭐 해", typed, "끝\n2026년 3월 1일 일요일"]


@pytest.mark.parametrize("cut", [1, 2])
def test_a_text_that_stops_inside_a_letter_is_read(cut, fresh_store, tmp_path):
    chat = tmp_path / "a.txt"
    chat.write_bytes(mobile("나리", *TALK).rstrip().encode()[:-cut])
    told = bring(fresh_store, chat, me="가온")
    assert stored(fresh_store)[-1][2] == "뭐 \ufffd"
    assert "깨진 글자 1개" in told["warnings"][0]


def test_a_message_of_ten_megabytes_is_one_message(fresh_store, tmp_path):
    long = "가나다라 마바사\n" * 450_000
    text = mobile("나리", TALK[0], (1, "나리", long + "끝"), TALK[2])
    bring(fresh_store, write(tmp_path / "a.txt", text), me="가온")
    assert [len(text) for _, _, text in stored(fresh_store)] == [2, len(long) + 1, 3]


@pytest.mark.parametrize(
    "text", ["\x1b[31m빨강\x1b[0m\x1b]0;제목\x07", "<script>alert(1)</script><img src=x>", "=cmd|' /C calc'!A0", '"열린 따옴표', "\u202e거꾸로"]
)  # fmt: skip
def test_hostile_messages_are_stored_as_they_are(text, fresh_store, tmp_path):
    for number, chat in enumerate(
        (mobile("나리", *TALK, (3, "나리", text)), desktop("방", 30, *TALK, (3, "나리", text)))
    ):
        told = bring(fresh_store, write(tmp_path / f"{number}.txt", chat), me="가온")
        assert stored(fresh_store, told["source_id"])[-1] == (at(3), "나리", text)


def test_names_with_escapes_do_not_reach_the_terminal(fresh_store, tmp_path, capsys):
    bring(fresh_store, write(tmp_path / "a.txt", desktop("방", 30, *TALK, (3, "\x1b[31m빨강", "나다"))), me="가온")
    assert main(["speakers", "--store", str(fresh_store)]) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown and "빨강" in shown
    assert harmless("탭\t줄\n\x00\x9b\u202e") == "탭\t줄\n\ufffd\ufffd\ufffd"


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 5000, bytes(range(256)) * 16, b"\x7fELF" + bytes(900), b"\xff\xd8\xff\xe0" + bytes(900), "그냥 글이다.\n".encode()]
)  # fmt: skip
def test_what_is_no_chat_is_refused_and_nothing_is_left(data, fresh_store, tmp_path):
    path = tmp_path / "대화.txt"
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"대화\.txt"):
        bring(fresh_store, path)
    assert leftovers(fresh_store) == 0


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told(fresh_store, tmp_path):
    path = write(tmp_path / "a.txt", mobile("나리", *TALK))
    path.chmod(0)
    with pytest.raises(UserError, match="권한"):
        bring(fresh_store, path)


@pytest.mark.skipif(os.name == "nt", reason="no pipes with a name there")
def test_a_pipe_is_refused_before_it_is_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.txt")
    with pytest.raises(UserError, match="파이프"):
        read_head(tmp_path / "a.txt")


def test_one_bad_file_among_good_ones_stores_nothing(fresh_store, tmp_path):
    good = write(tmp_path / "방-1.txt", mobile("나리", *TALK))
    bad = tmp_path / "방-2.txt"
    bad.write_bytes(mobile("나리", *TALK).encode() + b"\xff\xfa" * 400)
    with pytest.raises(UserError):
        bring(fresh_store, good, bad)
    assert leftovers(fresh_store) == 0


def test_letters_of_no_encoding_are_shown_on_the_screen_and_logged_nowhere(fresh_store, tmp_path, capsys):
    path = tmp_path / "a.txt"
    path.write_bytes("가온 님과 카카오톡 대화\n비밀 이야기\n".encode("cp949") + b"\xff\xfa" * 400)
    assert main(["import", str(path), "--recipe", "persona", "--json", "--store", str(fresh_store)]) == 2
    told = capsys.readouterr()
    assert "비밀 이야기" in told.err and "--- cp949 ---" in told.err
    assert "비밀" not in told.out and json.loads(told.out.splitlines()[-1])["error"]["ko"]
    assert leftovers(fresh_store) == 0  # not even a job was made


def test_lines_that_fit_nowhere_are_counted_kept_and_shown(fresh_store, tmp_path, capsys):
    chat = (
        mobile("나리", *TALK).replace("\r\n\r\n\r\n", "\r\n\r\n\r\n길 잃은 줄\r\n")
        + "끝의\n줄\r\n떠도는 \x1b[31m줄\r\n"
    )
    chat = chat.replace(": 응", ": 응\n응")  # a bare LF: CRLF alone ends a record
    told = bring(fresh_store, write(tmp_path / "a.txt", chat), me="가온")
    assert told["unparsed"] == 3 == told["kinds"]["other"]
    with open_store(fresh_store) as db:
        assert [row["text"] for row in read_unparsed(db, told["source_id"])] == [
            "길 잃은 줄",
            "끝의\n줄",
            "떠도는 \x1b[31m줄",
        ]
    assert main(["messages", "latest", "--unparsed", "--limit", "2", "--store", str(fresh_store)]) == 0
    shown = capsys.readouterr().out
    assert "3개" in shown and "길 잃은 줄" in shown and "떠도는" not in shown and "--limit 3" in shown
    assert main(["messages", "latest", "--unparsed", "--json", "--store", str(fresh_store)]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["unparsed"] == 3


def test_speakers_are_merged_on_the_command_line(fresh_store, tmp_path, capsys):
    bring(fresh_store, write(tmp_path / "a.txt", desktop("방", 30, *TALK, (3, "나=리", "나야"))), me="가온")
    words = ["speakers", "latest", "--merge", "나=리=나리", "--json", "--store", str(fresh_store)]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["speakers"], told["moved"], told["merged_names"]) == ({"가온": 2, "나리": 2}, 1, {"나=리": "나리"})
    assert main(words) == 2 and main([*words[:3], "이름", *words[4:]]) == 2

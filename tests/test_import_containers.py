"""Folders, zip archives and mails: the chats in them, everything else told and left alone, nothing ever half imported."""

import base64
import os
import quopri
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest

from engine.config import cache_folder
from engine.errors import UserError
from engine.sources.gather import require_readable
from engine.sources.ingest import ingest
from tests.importing import Hands, at, bring, desktop, leftovers, mobile, stored, write

TALK = [(0, "가온", "안녕"), (1, "나리", "응, 안녕?"), (2, "가온", "뭐 해")]
CHAT = mobile("나리", *TALK)
SAID = [(at(m), who, text) for m, who, text in TALK]


def packed(path: Path, **members: str | bytes) -> Path:
    return zipped(path, {name.replace("__", "/").replace("_txt", ".txt"): body for name, body in members.items()})


def zipped(path: Path, members: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return path


def refused(store: Path, *files: Path) -> UserError:
    """The refusal; nothing may be left of what was tried."""
    with pytest.raises(UserError) as caught:
        bring(store, *files)
    assert leftovers(store) == 0
    assert not list((cache_folder(store) / "unpacked").rglob("*"))
    assert caught.value.ko and caught.value.en
    return caught.value


# folders


def test_a_folder_is_searched_for_chats_by_header_not_by_name(fresh_store, tmp_path):
    folder = tmp_path / "Kakaotalk_Chat_나리_20260526_152352"
    write(folder / "채팅.dat", CHAT)
    write(folder / "메모.txt", "오늘 살 것\n우유, 빵\n")
    write(folder / "대화 인용.txt", "[가온] [오후 3:12] 이건 누가 공유한 글\n")
    write(folder / "표.csv", "이름,값\n가,1\n")
    (folder / "사진.jpg").write_bytes(b"\xff\xd8\xff" + bytes(200))
    told = bring(fresh_store, folder, me="가온")
    assert stored(fresh_store) == SAID
    assert any("4개를 건너뛰었습니다" in warning for warning in told["warnings"])


def test_parts_in_a_folder_below_are_put_together(fresh_store, tmp_path):
    for number, said in ((1, TALK[:1]), (2, TALK[1:2]), (10, TALK[2:])):
        write(tmp_path / "위" / "아래" / f"Talk_2026.5.30 20_00-{number}.txt", mobile("나리", *said))
    told = bring(fresh_store, tmp_path / "위", me="가온")
    assert stored(fresh_store) == SAID
    assert any("-3, -4" in warning and "-2," not in warning for warning in told["warnings"])


def test_a_folder_named_like_a_file_says_what_it_holds(fresh_store, tmp_path):
    (tmp_path / "x.txt").mkdir()
    assert "x.txt" in refused(fresh_store, tmp_path / "x.txt").ko
    write(tmp_path / "x.txt" / "대화.txt", CHAT)
    assert bring(fresh_store, tmp_path / "x.txt", me="가온")["records"] == 3


def test_a_file_given_twice_is_read_once(fresh_store, tmp_path):
    chat = write(
        tmp_path / "chats" / "KakaoTalkChats.txt",
        mobile("나리", (0, "가온", "네"), (0, "가온", "네"), (1, "나리", "응")),
    )
    told = bring(fresh_store, chat, chat.parent, chat, me="가온")
    assert told["records"] == len(stored(fresh_store)) == 3


def test_links_in_a_folder_are_not_followed(fresh_store, tmp_path):
    if os.name == "nt":
        pytest.skip("links need rights there")
    write(tmp_path / "밖" / "chat.txt", CHAT)
    (tmp_path / "안").mkdir()
    (tmp_path / "안" / "chat.txt").symlink_to(tmp_path / "밖" / "chat.txt")
    (tmp_path / "안" / "밖").symlink_to(tmp_path / "밖", target_is_directory=True)
    refused(fresh_store, tmp_path / "안")


def test_two_chats_in_a_folder_are_named_and_none_is_stored(fresh_store, tmp_path):
    write(tmp_path / "방" / "a.txt", CHAT)
    write(tmp_path / "방" / "b.txt", mobile("다솜", (0, "다솜", "여보세요"), (1, "가온", "네네"), (5, "다솜", "그래")))
    error = refused(fresh_store, tmp_path / "방")
    assert "a.txt" in error.ko and "b.txt" in error.en


def test_a_group_and_a_talk_with_one_of_it_are_two_chats(fresh_store, tmp_path):
    write(tmp_path / "a.txt", CHAT)
    later = [(30, "다솜", "모여"), (31, "나리", "응"), (32, "가온", "그래")]
    write(tmp_path / "b.txt", mobile("나들이", *later))
    assert "서로 다른" in refused(fresh_store, tmp_path / "a.txt", tmp_path / "b.txt").ko


# zips


def test_a_zip_is_read_and_its_file_is_gone_afterwards(fresh_store, tmp_path):
    inner = {"폴더/대화.txt": CHAT, "폴더/사진.jpg": b"\xff\xd8\xff" + bytes(99), "__MACOSX/._대화.txt": b"\0\5\x16\7"}
    told = bring(fresh_store, zipped(tmp_path / "카톡.zip", inner), me="가온")
    assert stored(fresh_store) == SAID
    assert any("1개를 건너뛰었습니다" in warning for warning in told["warnings"])
    assert not list((cache_folder(fresh_store) / "unpacked").rglob("*"))


def test_what_a_killed_import_unpacked_is_swept(fresh_store, tmp_path):
    own, stale, fresh = (cache_folder(fresh_store) / "unpacked" / name for name in ("job-test", "job-old", "job-new"))
    for folder in (own, stale, fresh):
        write(folder / "0" / "대화.txt", CHAT)
    os.utime(stale, (0, 0))
    bring(fresh_store, zipped(tmp_path / "a.zip", {"대화.txt": CHAT}), me="가온")
    assert [folder.exists() for folder in (own, stale, fresh)] == [False, False, True]


@pytest.mark.parametrize("name", ["../대화.txt", "a/../../대화.txt", "/etc/대화.txt", "..\\대화.txt", "C:\\대화.txt"])
def test_a_zip_with_a_name_that_leads_out_is_refused(name, fresh_store, tmp_path):
    inside = tmp_path / "안"
    inside.mkdir()
    error = refused(fresh_store, zipped(inside / "나쁜.zip", {name: CHAT, "좋은.txt": CHAT}))
    assert "../" in error.ko and "absolute" in error.en
    assert sorted(path.name for path in tmp_path.rglob("*대화*")) == []


@pytest.mark.parametrize("body", [b"\0", CHAT.encode(), (CHAT + "2026년 5월 30일 오후 9:00, 가온 : 네\r\n").encode()])
def test_a_zip_bomb_is_not_unpacked(body, fresh_store, tmp_path):
    bomb = zipped(tmp_path / "bomb.zip", {"대화.txt": body + body[-40:] * (80_000_000 // len(body[-40:]))})
    error = refused(fresh_store, bomb)
    assert "폭탄" in error.ko and "bomb" in error.en


def test_a_zip_in_a_zip_is_not_opened(fresh_store, tmp_path):
    inner = zipped(tmp_path / "inner.zip", {"대화.txt": CHAT}).read_bytes()
    assert "1개는 열지 않" in refused(fresh_store, zipped(tmp_path / "outer.zip", {"inner.zip": inner})).ko
    told = bring(fresh_store, zipped(tmp_path / "both.zip", {"inner.zip": inner, "대화.txt": CHAT}), me="가온")
    assert told["records"] == 3 and any("열지 않았습니다" in warning for warning in told["warnings"])


def test_a_locked_zip_is_told(fresh_store, tmp_path):
    path = zipped(tmp_path / "a.zip", {"대화.txt": CHAT})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    data[data.index(b"PK\x03\x04") + 6] |= 1
    path.write_bytes(bytes(data))
    assert "암호" in refused(fresh_store, path).ko


@pytest.mark.parametrize("cut", [10, 60, 150])
def test_a_broken_zip_is_told(cut, fresh_store, tmp_path):
    path = zipped(tmp_path / "a.zip", {"대화.txt": CHAT})
    path.write_bytes(path.read_bytes()[:cut])
    assert "깨졌거나" in refused(fresh_store, path).ko


def test_a_zip_whose_content_is_damaged_is_told(fresh_store, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("대화.txt", CHAT)
    data = (tmp_path / "a.zip").read_bytes().replace("응, 안녕?".encode(), "응, 안경?".encode())
    (tmp_path / "a.zip").write_bytes(data)
    assert "깨졌거나" in refused(fresh_store, tmp_path / "a.zip").ko


def test_korean_names_of_windows_archives_still_number_the_parts(fresh_store, tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number, said in ((10, TALK[2:]), (2, TALK[:2])):
            info = zipfile.ZipInfo("x" * len(f"대화-{number}.txt".encode("cp949")))
            archive.writestr(info, mobile("나리", *said))
    data = path.read_bytes()
    for number in (10, 2):
        name = f"대화-{number}.txt".encode("cp949")
        data = data.replace(b"x" * len(name), name)
    path.write_bytes(data)
    bring(fresh_store, path, me="가온")
    assert stored(fresh_store) == SAID


# mails


def mail(body: str = "첨부를 보세요.", attached: bytes | None = None, name: str = "카카오톡 대화.txt") -> bytes:
    message = EmailMessage()
    message["Subject"] = "나리 님과 카카오톡 대화"
    message["From"], message["To"] = "a@example.com", "b@example.com"
    message.set_content(body)
    if attached is not None:
        message.add_attachment(attached, maintype="text", subtype="plain", filename=name)
        message.add_attachment(b"\xff\xd8\xff" + bytes(50), maintype="image", subtype="jpeg", filename="사진.jpg")
    return message.as_bytes()


def test_a_chat_attached_to_a_mail_is_read(fresh_store, tmp_path):
    path = tmp_path / "KakaoTalkChats.eml"
    path.write_bytes(mail(attached=CHAT.encode("utf-8-sig")))
    told = bring(fresh_store, path, me="가온")
    assert stored(fresh_store) == SAID
    assert any("1개를 건너뛰었습니다" in warning for warning in told["warnings"])


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "8bit"])
@pytest.mark.parametrize("charset", ["utf-8", "euc-kr"])
def test_a_chat_that_is_the_text_of_a_mail_is_read(encoding, charset, fresh_store, tmp_path):
    raw = CHAT.encode(charset)
    body = {"base64": base64.encodebytes(raw), "quoted-printable": quopri.encodestring(raw), "8bit": raw}[encoding]
    head = f"From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    (tmp_path / "chat.eml").write_bytes(head.encode() + body)
    bring(fresh_store, tmp_path / "chat.eml", me="가온")
    assert stored(fresh_store) == SAID


def test_a_chat_that_is_only_called_a_mail_is_read(fresh_store, tmp_path):
    bring(fresh_store, write(tmp_path / "chat.eml", CHAT), me="가온")
    assert stored(fresh_store) == SAID


def test_a_mail_without_a_chat_is_told(fresh_store, tmp_path):
    (tmp_path / "a.eml").write_bytes(mail("비밀 이야기"))
    error = refused(fresh_store, tmp_path / "a.eml")
    assert "a.eml" in error.ko and "비밀" not in error.ko + error.en


# parts


def test_the_first_lines_of_a_part_belong_to_the_last_day_before(fresh_store, tmp_path):
    write(tmp_path / "방-1.txt", desktop("방", 30, (0, "가온", "안녕"), (1, "나리", "응")))
    write(
        tmp_path / "방-2.txt",
        desktop("방", 30, (2, "가온", "이어서"), dated=False)
        + "\r\n"
        + desktop("방", 31, (0, "나리", "끝")).split("\r\n\r\n")[1],
    )
    told = bring(fresh_store, tmp_path / "방-2.txt", tmp_path / "방-1.txt", me="가온")
    assert [(when, text) for when, _, text in stored(fresh_store)] == [
        (at(0), "안녕"), (at(1), "응"), (at(2), "이어서"), (at(0, 31), "끝"),
    ]  # fmt: skip
    assert told["warnings"] == []


def test_twenty_nine_parts_stand_in_the_order_of_their_numbers(fresh_store, tmp_path):
    files = [
        write(tmp_path / f"Talk_2026.5.30 15:10-{n}.txt", mobile("", (n, "가온" if n % 2 else "나리", f"{n}")).replace(" 님과 카카오톡 대화", f"Talk_2026.5.30 15:10-{n}.txt"))
        for n in range(1, 30)
    ]  # fmt: skip
    told = bring(fresh_store, *reversed(files), me="가온")
    assert [text for *_, text in stored(fresh_store)] == [str(n) for n in range(1, 30)]
    assert told["warnings"] == [] and told["unparsed"] == 0


def test_a_missing_part_is_told(fresh_store, tmp_path):
    files = [write(tmp_path / f"방-{n}.txt", mobile("나리", TALK[n % 2])) for n in (1, 4)]
    assert any("-2, -3" in warning for warning in bring(fresh_store, *files, me="가온")["warnings"])


@pytest.mark.parametrize("titles", [("나리", "다솜"), ("", "")])
def test_two_chats_given_as_parts_of_one_are_refused(titles, fresh_store, tmp_path):
    def part(title: str, *said: tuple[int, str, str]) -> str:
        text = mobile(title or "X", *said)
        return text if title else text.split("\r\n\r\n\r\n")[1]

    first = write(tmp_path / "대화-1.txt", part(titles[0], *TALK))
    second = write(
        tmp_path / "대화-2.txt", part(titles[1], (5, "다솜", "비밀"), (6, "가온", "그래"), (7, "다솜", "응"))
    )
    error = refused(fresh_store, first, second)
    assert "대화-1.txt" in error.ko and "대화-2.txt" in error.en and "비밀" not in error.ko + error.en


def test_parts_that_were_renamed_are_ordered_by_their_headers(fresh_store, tmp_path):
    for name, number, said in (("b.txt", 1, TALK[:2]), ("a.txt", 2, TALK[2:])):
        text = mobile("나리", *said).replace("나리 님과 카카오톡 대화", f"나들이 (4명)과 카카오톡 대화-{number}.txt")
        write(tmp_path / name, text)
    bring(fresh_store, tmp_path / "a.txt", tmp_path / "b.txt", me="가온")
    assert stored(fresh_store) == SAID


def test_equal_rows_of_two_tables_are_all_kept(fresh_store, tmp_path):
    files = [write(tmp_path / f"{name}.csv", "id,text\n1,같은 줄\n2,같은 줄\n") for name in "ab"]
    ingest(Hands(fresh_store), recipe="other", kinds=("table",), files=files, kind=None, me=None)
    assert [text for *_, text in stored(fresh_store)] == ["같은 줄"] * 4


# before a job is made


def test_what_can_be_seen_to_be_unreadable_is_refused_at_once(tmp_path):
    (tmp_path / "사진.txt").write_bytes(b"\xff\xd8\xff" + bytes(99))
    (tmp_path / "섞임.txt").write_bytes(CHAT.encode() * 50 + b"\xff\xfe\xfa" * 50)
    for name in ("사진.txt", "섞임.txt"):
        with pytest.raises(UserError):
            require_readable(tmp_path / name)
    require_readable(tmp_path)
    require_readable(zipped(tmp_path / "a.zip", {"대화.txt": CHAT}))
    (tmp_path / "a.eml").write_bytes(mail())
    require_readable(tmp_path / "a.eml")

"""What is found in a folder that is about to leave, wherever it hides, and what is not taken for a leak."""

import base64
import bz2
import gzip
import json
import lzma
import random
import sqlite3
import string
import struct
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from engine.deploy.audit.audit import audit_model, require_passed
from engine.deploy.audit.finding import Audit
from engine.deploy.audit.personal import personal
from engine.deploy.audit.texts import Text
from engine.errors import UserError
from engine.privacy.decisions import leftovers_of
from engine.serve.choose import choose_model
from engine.store.audits import get_audit
from engine.store.open import open_store

PHONE = "010-4821-7735"
KEY = "hf_" + "aB3dE5fG7hI9jK1lM3nO5pQ7"


def look(store: Path, folder: Path) -> Audit:
    with open_store(store) as db:
        model = choose_model(db, "base:starter")
    return audit_model(store, model, folder=folder)


def red(audit: Audit) -> dict[str, str]:
    return {one.where: one.check for one in audit.findings if one.level == "red"}


def hide_in_sqlite(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE notes (told TEXT, raw BLOB)")
        db.execute("INSERT INTO notes VALUES ('안녕', ?)", [f"연락처 {PHONE}".encode()])


def hide_in_freed_page(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA secure_delete = OFF")
        db.execute("CREATE TABLE gone (told TEXT)")
        db.execute("INSERT INTO gone VALUES (?)", [f"연락처는 {PHONE} 이야 " * 3])
        db.commit()
        db.execute("DELETE FROM gone")
        db.commit()


def hide_in_weights(path: Path) -> None:
    header = json.dumps({"__metadata__": {"by": f"연락처 {PHONE}"}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(range(256)) * 40)


def hide_in_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("깊이/a.txt", f"연락처 {PHONE}")


def hide_in_tokenizer(path: Path) -> None:
    added = [{"id": 0, "content": f"<{PHONE}>"}]
    path.write_text(json.dumps({"added_tokens": added, "model": {"vocab": {"가": 1}, "merges": []}}), encoding="utf-8")


def hide_between_parts(path: Path) -> None:
    whole = bytes(5000) + f"연락처는 {PHONE} 입니다 알겠지요".encode() + bytes(5000)
    path.with_name("model.bin.part-000").write_bytes(whole[:5020])
    path.with_name("model.bin.part-001").write_bytes(whole[5020:])


def hide_in_gguf(path: Path) -> None:
    """Among its keys; the vocabulary and a number stand before it."""

    def told(text: str) -> bytes:
        return struct.pack("<Q", len(text.encode())) + text.encode()

    words = told("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 2) + told("가") + told("나")
    number = told("llama.context_length") + struct.pack("<II", 4, 128)
    note = told("general.description") + struct.pack("<I", 8) + told(f"김서준 씨 {PHONE}")
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 3) + words + number + note + bytes(range(256)) * 9)


def hide_in_merges(path: Path) -> None:
    model = {"vocab": {"가": 1}, "merges": [["010-4821-", "7735"]]}
    path.write_text(json.dumps({"added_tokens": [], "model": model}), encoding="utf-8")


HIDDEN = {
    "a.txt": lambda path: path.write_text(f"연락처 {PHONE}", encoding="utf-8"),
    "b.txt": lambda path: path.write_text(f"연락처 {PHONE}", encoding="utf-16"),
    "c.txt": lambda path: path.write_text(f"연락처 {PHONE}", encoding="cp949"),
    "d.json": lambda path: path.write_text(
        json.dumps({"a": "연락처 " + PHONE.replace("-", "\u2013")}), encoding="ascii"
    ),
    "e.py": lambda path: path.write_text(f"# {PHONE}\n", encoding="utf-8"),
    "f.gz": lambda path: path.write_bytes(gzip.compress(f"연락처 {PHONE}".encode())),
    "g.dat": lambda path: path.write_bytes(b"\0\1\2\xff" * 50 + f"연락처 {PHONE}".encode() + b"\0\xfe" * 50),
    "h.db": hide_in_sqlite,
    "i.db": hide_in_freed_page,
    "j.safetensors": hide_in_weights,
    "k.zip": hide_in_zip,
    "l.bz2": lambda path: path.write_bytes(bz2.compress(f"연락처 {PHONE}".encode())),
    "m.xz": lambda path: path.write_bytes(lzma.compress(f"연락처 {PHONE} 이야 ".encode() * 20)),
    "n.txt": lambda path: path.write_bytes(f"연락처 {PHONE}".encode("utf-16-be")),
    "o.txt": lambda path: path.write_text(f"연락처 {PHONE}", encoding="utf-32"),
    "p.txt": lambda path: path.write_bytes(base64.encodebytes(f"안녕 {'잘 지내? ' * 9} 연락처 {PHONE}".encode())),
    "q.gguf": hide_in_gguf,
    "tok/tokenizer.json": hide_in_merges,
    "tokenizer.json": hide_in_tokenizer,
    "model.bin.part-000": hide_between_parts,
}


@pytest.mark.parametrize("name", HIDDEN)
def test_a_phone_number_is_found_wherever_it_hides(name: str, fresh_store: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / name).parent.mkdir(exist_ok=True)
    HIDDEN[name](folder / name)
    audit = look(fresh_store, folder)
    assert audit.verdict == "red" and set(red(audit).values()) == {"personal"}, audit
    assert all(where.startswith(name) for where in red(audit))
    assert PHONE not in json.dumps(audit.as_json(), ensure_ascii=False)


def test_names_are_read_in_a_gguf_header_and_its_template_is_program_text(fresh_store: Path, tmp_path: Path) -> None:
    hide_in_gguf(tmp_path / "q.gguf")
    (found,) = [one for one in look(fresh_store, tmp_path).findings if one.where == "q.gguf#general.description"]
    assert found.evidence == "PERSON 1, PHONE 1"


def drawn(count: int, letters: str = string.ascii_letters + string.digits) -> str:
    return "".join(random.Random(3).choices(letters, k=count)) + "7"


KEYS = {
    "Hugging Face": "hf_" + drawn(34), "OpenAI": "sk-proj-" + drawn(60), "AWS": "AKIA" + drawn(15, string.ascii_uppercase),
    "GitHub": "ghp_" + drawn(36), "Bearer": "Authorization: Bearer " + drawn(40), "assigned": "MALMOI_TOKEN=" + drawn(32),
}  # fmt: skip
HEADERS = (
    "X-NCP-APIGW-API-KEY: " + drawn(40),
    "KAKAO_REST_API_KEY=" + drawn(32),
    "aws_secret_access_key = " + drawn(39),
)


def test_a_key_is_found_by_its_form(fresh_store: Path, tmp_path: Path) -> None:
    wanted = set()
    for at, (kind, told) in enumerate([*KEYS.items(), *(("assigned", one) for one in HEADERS)]):
        folder = tmp_path / str(at)
        folder.mkdir()
        (folder / "notes.txt").write_text(told, encoding="utf-8")
        (folder / "m.pyc").write_bytes(bytes(16) + b"z" + bytes([len(told)]) + told.encode() + bytes(20))
        model = {"vocab": {told: 1}, "merges": []}
        (folder / "tokenizer.json").write_text(json.dumps({"added_tokens": [], "model": model}), encoding="utf-8")
        everywhere = (
            ("notes.txt", "m.pyc", "tokenizer.json#vocab") if kind not in ("assigned", "Bearer") else ("notes.txt",)
        )
        wanted |= {(f"{at}/{where}", kind) for where in everywhere}
    found = {(one.where, one.evidence) for one in look(fresh_store, tmp_path).findings if one.check == "secrets"}
    assert found == wanted


def test_what_program_text_says_of_keys_is_none(fresh_store: Path, tmp_path: Path) -> None:
    said = (
        "token = tokenizer.encode(text)", "api_key: str | None = None", "password = getpass.getpass()", "the bearer of this letter, born 1988",
        "sk-learn-style estimators of 2024", "task-force-reports-of-the-year-2024", "https://user:{password}@host.example",
        "secret_key = os.environ['MALMOI_SECRET_KEY_2']", "X-API-Key: <your key>",
    )  # fmt: skip
    (tmp_path / "a.py").write_text("\n".join(said), encoding="utf-8")
    assert look(fresh_store, tmp_path).verdict == "green"


def test_keys_are_found_and_never_told(fresh_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "bundle"
    (folder / ".streamlit").mkdir(parents=True)
    (folder / "app.py").write_text(f'token = "{KEY}"\n', encoding="utf-8")
    (folder / ".streamlit" / "secrets.toml").write_text('owner = "a-secret-of-hers"\n', encoding="utf-8")
    (folder / "notes.md").write_text("우리집열쇠-42-가나다\n-----BEGIN OPENSSH PRIVATE KEY-----\n", encoding="utf-8")
    monkeypatch.setenv("OPENAI_API_KEY", "plain-words-only-as-key")
    (folder / "README.md").write_text("plain-words-only-as-key", encoding="utf-8")
    audit = look(fresh_store, folder)
    found = {(one.where, one.evidence) for one in audit.findings if one.check == "secrets"}
    assert {where for where, _ in found} == {"app.py", ".streamlit/secrets.toml", "notes.md", "README.md"}, found
    told = json.dumps(audit.as_json(), ensure_ascii=False)
    assert KEY not in told and "plain-words" not in told and "of-hers" not in told


def test_the_starter_itself_is_clean(fresh_store: Path, tmp_path: Path) -> None:
    from engine.serve.exporting import export_model

    with open_store(fresh_store) as db:
        model = choose_model(db, "base:starter")
    export_model(fresh_store, model, "merged", tmp_path / "whole")
    export_model(fresh_store, model, "gguf", tmp_path / "whole" / "one")
    audit = look(fresh_store, tmp_path / "whole")
    assert audit.verdict == "green", [one for one in audit.findings if one.level != "green"]
    assert {one.check for one in audit.findings} == {"personal", "secrets", "licence"}


def test_red_blocks_unless_a_reason_is_recorded(fresh_store: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"연락처 {PHONE}", encoding="utf-8")
    audit = look(fresh_store, tmp_path)
    for reason in (None, "", "  "):
        with pytest.raises(UserError, match="--override"):
            require_passed(fresh_store, audit, reason)
    with open_store(fresh_store) as db:
        assert get_audit(db, audit.id)["override_reason"] is None
    require_passed(fresh_store, audit, "내 번호이고 알려져 있다")
    with open_store(fresh_store) as db:
        kept = get_audit(db, audit.id)
    assert (
        kept["override_reason"] == "내 번호이고 알려져 있다"
        and kept["verdict"] == "red"
        and kept["content"] == audit.content
    )


def test_what_cannot_be_read_is_told(fresh_store: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "broken.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 600)
    (folder / "broken.zip").write_bytes(b"PK\x03\x04" + b"\0" * 90)
    (folder / "broken.safetensors").write_bytes(b"\xff" * 100)
    (folder / "packed.zst").write_bytes(b"\x28\xb5\x2f\xfd" + b"\xff" * 60)
    (folder / "broken.gguf").write_bytes(b"GGUF" + b"\xff" * 60)
    (folder / "link").symlink_to(tmp_path)
    audit = look(fresh_store, folder)
    assert audit.verdict == "amber"
    told = {one.where for one in audit.findings if one.level == "amber"}
    assert told >= {"broken.db", "broken.safetensors", "broken.gguf", "packed.zst", "link"}
    with pytest.raises(UserError, match="폴더가 아닙니다"):
        look(fresh_store, folder / "없는")


def test_a_name_is_read_in_a_clause_and_not_out_of_the_pieces_of_its_index(fresh_store: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    folder.mkdir()
    words = "홍길동 씨가 김영희 씨에게 전화했다"
    for table, level in (("clause_words", "green"), ("clause_grams", "green"), ("records", "red")):
        with closing(sqlite3.connect(folder / "content.db")) as db, db:
            db.execute(f"CREATE TABLE {table} (body TEXT)")
            db.execute(f"INSERT INTO {table} VALUES (?)", [words])
        assert look(fresh_store, folder).verdict == level
    with closing(sqlite3.connect(folder / "content.db")) as db, db:
        db.execute("DELETE FROM records")
        db.execute("UPDATE clause_words SET body = ?", [f"연락처 {PHONE}"])
    assert "content.db#clause_words.body" in red(look(fresh_store, folder)), "a number counts everywhere"


def test_a_guest_is_named_and_does_not_stop_it(fresh_store: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "content.db")) as db:
        db.executescript(f"CREATE TABLE invitations (name); INSERT INTO invitations VALUES ('김서연 님'), ('{PHONE}')")
    found = [one for one in look(fresh_store, tmp_path).findings if one.check == "personal"]
    assert {(one.level, one.evidence) for one in found} == {("amber", "PERSON 1"), ("red", "PHONE 1")}, found


def test_a_number_by_chance_in_a_sum_is_none_and_one_beside_a_sum_is_found(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        look = leftovers_of(db, [])
    chance = "9f028519403c" + "ab" * 26
    assert look.find(chance), "the sum reads like a number to the usual look"
    for told, level in ((chance, "green"), (f"{chance} 010-4821-7730", "red"), ("01048217730", "red")):
        (found,) = personal([Text("content.db#t.c", told, "cell")], look, lambda _: False)
        assert found.level == level, told


CHANCE = (
    "2026-05-14T19:46:43.017875+00:00", "2026-05-14 19:46:43.017875", "[-0.0133938, 0.0178, 0.36049, 1.355042]", "1.820179960686e+00", "-4945.8203076544205",
    "[100085, 6, 821782, 109, 587, 600, 3785729, 3, 896]", "c0194936-2173-d1ea-e0ad-66eacdea2080", "967A0317457731FD6D3DF5F4465D63C53EBE81CA",
    "engine==51.87.12.21", '"version": "4.10.0.84"', "M489.265,428.297 393.433,016.113 115.600,407.780",
)  # fmt: skip
PEOPLE = (
    "01048217735", "010.4821.7735", "010 4821 7735", "[1048217735, 1055667788] 010-4821-7735", "[" + ", ".join(["01048217735"] * 9) + "]",
    "2026-05-14T19:46:43.017875 010-4821-7735", "9411-2233-5566-7788 2026-05-14 19:46", "0.5, 010-4821-7735, 0.25", "version 010-4821-7735",
)  # fmt: skip


def test_what_machines_write_is_nobodys_and_hides_nobody(fresh_store: Path) -> None:
    with open_store(fresh_store) as db:
        look = leftovers_of(db, [])
    for told, level in (*((one, "green") for one in CHANCE), *((one, "red") for one in PEOPLE)):
        for kind in ("cell", "file"):
            (found,) = personal([Text("content.db#t.c", told, kind)], look, lambda _: False)
            assert found.level == level, told

"""The last look and the store's vault: what is trained on or leaves is read once more, and originals stay sealed."""

import json
import re
from pathlib import Path

import pytest

from engine.cli.app import main
from engine.curate.freeze import build_dataset
from engine.curate.row import Row
from engine.errors import UserError
from engine.privacy import gate
from engine.privacy import vault as sealing
from engine.privacy.correct import add_word, keep_value, value_behind
from engine.privacy.decisions import leftovers_of
from engine.privacy.forgetting import forget
from engine.privacy.gate import require_clean_dataset, require_clean_text, scan_bytes, scan_dataset
from engine.privacy.store_vault import seal_values, spellings_of, state, turn_off, turn_on, unlock
from engine.store.datasets import get_dataset
from engine.store.maintain import backup
from engine.store.open import all_rows, new_id, open_store
from engine.store.vault import list_allowances
from tests.test_page_data_masks import CHAT, Hands, mask
from tests.test_store import add_chat

WORDS = "열려라 참깨 참깨"


@pytest.fixture(autouse=True)
def quick_scrypt(monkeypatch):
    monkeypatch.setattr(sealing, "LOG_N", 10)


@pytest.fixture
def source(fresh_store: Path) -> str:
    with open_store(fresh_store) as db:
        source = add_chat(db, CHAT)
    mask(fresh_store, source)
    return source


def dataset(store: Path, source: str, saying: str = "") -> dict:
    """Five days of masked records, each row's target ending in `saying`."""

    def build(view):
        texts = [(record.id, record.text) for record in view.records]
        for day in range(5):
            for id_, text in texts:
                said = {"role": "user", "content": f"{day}일 {text}"}
                target = f"응 {day} {saying if id_ == texts[0][0] else ''}"
                yield Row((said,), target, f"2026-05-0{day + 1}", id_, id_, {})

    told = build_dataset(
        Hands(store, new_id("job"), "t"), recipe="persona", style="chat", source_ids=[source], me="가온", must_mask=True,
        splits={"train": 0.6, "validation": 0.2, "test": 0.2}, options={}, build=build, seed=0,
    )  # fmt: skip
    with open_store(store) as db:
        return get_dataset(db, told["dataset_id"])


def test_a_fresh_dataset_is_clean_and_is_not_read_again(fresh_store, source, monkeypatch):
    found = dataset(fresh_store, source)
    monkeypatch.setattr(gate, "scan_texts", lambda *_: pytest.fail("read again"))
    with open_store(fresh_store) as db:
        assert scan_dataset(db, found).hits == 0
        assert require_clean_dataset(db, found, "train").hits == 0


def test_a_word_added_since_blocks_training_and_export(fresh_store, source, tmp_path, capsys):
    found = dataset(fresh_store, source)
    with open_store(fresh_store) as db:
        assert add_word(db, "도깨비", "PERSON", source)
        with pytest.raises(UserError, match="남아 있어") as caught:
            require_clean_dataset(db, found, "train")
        assert "10행" in caught.value.ko and "PERSON" in caught.value.ko and "도깨비" not in caught.value.ko
    out = tmp_path / "rows.jsonl"
    assert main(["dataset", "export", found["id"], "--out", str(out)]) == 2
    assert not out.exists()
    assert main(["dataset", "export", found["id"], "--out", str(out), "--allow-personal", "x"]) == 2
    assert main(["dataset", "export", found["id"], "--out", str(out), "--allow-personal", "별명이라 괜찮음"]) == 0
    with open_store(fresh_store) as db:
        (kept,) = list_allowances(db, found["id"])
        assert (kept["what"], kept["hits"], kept["reason"]) == ("export", 10, "별명이라 괜찮음")
        assert re.search("도깨비", json.dumps(all_rows(db, "SELECT * FROM scans"))) is None
    assert "도깨비" not in capsys.readouterr().err
    assert main(["dataset", "show", found["id"], "--limit", "0"]) == 0
    assert "별명이라 괜찮음" in capsys.readouterr().out


def test_training_itself_refuses(fresh_store, source):
    from engine.train.run import require_clean

    found = dataset(fresh_store, source)
    with open_store(fresh_store) as db:
        require_clean(db, found["id"])
        add_word(db, "도깨비", "PERSON", source)
        with pytest.raises(UserError, match="학습하지 않았습니다"):
            require_clean(db, found["id"])


def test_new_rules_mean_a_new_look(fresh_store, source, monkeypatch):
    found = dataset(fresh_store, source)
    with open_store(fresh_store) as db:
        before = gate.fingerprint(found, leftovers_of(db, [source]))
        monkeypatch.setattr(gate, "rules_version", lambda: "newer")
        assert gate.fingerprint(found, leftovers_of(db, [source])) != before
        assert scan_dataset(db, found).hits == 0


def test_a_participant_in_a_row_is_dropped_at_the_freeze(fresh_store, source):
    assert dataset(fresh_store, source)["dropped"] == {}
    assert dataset(fresh_store, source, "가온아")["dropped"] == {"personal_data_left": 5}


def test_what_the_owner_shows_passes(fresh_store, source):
    with open_store(fresh_store) as db:
        keep_value(db, *value_behind(db, "[전화번호_1]"))
        look = leftovers_of(db, [source])
        assert look.find("응 010-1234-5678") == [] and look.find("응 010-1234-5679") != []


def test_bytes_that_leave_are_read(fresh_store, source):
    with open_store(fresh_store) as db:
        look = leftovers_of(db, [source])
        assert scan_bytes("안녕\n[이름_1]아\n".encode(), look).hits == 0
        verdict = scan_bytes("안녕\n가온아 01022223333\n나리한테\n".encode(), look)
        assert verdict.hits == 2 and verdict.kinds == {"PERSON": 2, "PHONE": 1}
        with pytest.raises(UserError, match="2줄") as caught:
            require_clean_text(db, "가온아\n나리야", [source], "report", "run-x")
        assert "가온" not in str(caught.value) and "나리" not in caught.value.en
        assert require_clean_text(db, r"\[이름\_1\]아", [source], "report", "run-x").hits == 0


def test_the_vault_is_off_until_it_is_turned_on(fresh_store, source):
    with open_store(fresh_store) as db:
        assert state(db)["on"] is False and seal_values(db) == 0
        assert all_rows(db, "SELECT * FROM vault_entries") == []
        with pytest.raises(UserError, match="vault on"):
            unlock(db, lambda: WORDS)


def test_masking_fills_it_without_a_passphrase_and_only_the_passphrase_opens_it(fresh_store, source):
    with open_store(fresh_store) as db:
        first = turn_on(db, WORDS)
        assert first == len(all_rows(db, "SELECT DISTINCT label, value_key FROM masks WHERE state = 'applied'"))
        other = add_chat(db, [("가온", "내 새 번호 010-5555-6666"), ("나리", "01055556666 맞지?")], "b.txt")
    mask(fresh_store, other)
    with open_store(fresh_store) as db:
        key = unlock(db, lambda: WORDS)
        assert spellings_of(db, key, *value_behind(db, "[전화번호_2]")) == ["010-5555-6666", "01055556666"]
        add_word(db, "고객센터", "PERSON", source)
        label, value_key = db.execute("SELECT label, value_key FROM masks WHERE decided_by = 'owner'").fetchone()
        assert spellings_of(db, key, label, value_key) == ["고객센터"]
        with pytest.raises(UserError, match="맞지 않"):
            unlock(db, lambda: "다른 말 다른 말")
        with pytest.raises(UserError, match="이미"):
            turn_on(db, WORDS)


def test_entries_that_were_changed_or_swapped_do_not_open(fresh_store, source):
    with open_store(fresh_store) as db:
        turn_on(db, WORDS)
        key = unlock(db, lambda: WORDS)
        (one, first), (other, second) = db.execute("SELECT value_key, sealed FROM vault_entries WHERE label = 'PERSON' LIMIT 2").fetchall()  # fmt: skip
        db.execute("UPDATE vault_entries SET sealed = ? WHERE value_key = ?", [second, one])
        db.execute(
            "UPDATE vault_entries SET sealed = ? WHERE value_key = ?", [first[:-1] + bytes([first[-1] ^ 1]), other]
        )
        for value_key in (one, other):
            with pytest.raises(UserError, match="바뀌었거나"):
                spellings_of(db, key, "PERSON", value_key)


def test_nothing_plain_lies_in_the_sealed_table(fresh_store, source):
    with open_store(fresh_store) as db:
        turn_on(db, WORDS)
        table = b"".join(
            row["sealed"] + row["value_key"].encode() for row in all_rows(db, "SELECT * FROM vault_entries")
        )
        told = json.dumps(all_rows(db, "SELECT * FROM settings WHERE key = 'vault'"))
    for _, text in CHAT:
        for word in text.split():
            assert word.encode() not in table or len(word) < 3
            assert json.dumps(word)[1:-1].encode() not in table or len(word) < 3
    assert WORDS not in told and "1234" not in table.decode("latin-1")


def test_forgetting_empties_the_vault_of_what_is_gone(fresh_store, source, tmp_path):
    with open_store(fresh_store) as db:
        other = add_chat(db, [("다온", "내 번호 010-7777-8888"), ("가온", "응")], "b.txt")
    mask(fresh_store, other)
    with open_store(fresh_store) as db:
        turn_on(db, WORDS)
        label, value_key = value_behind(db, "[전화번호_2]")
    forget(fresh_store, "source", other)
    with open_store(fresh_store) as db:
        key = unlock(db, lambda: WORDS)
        with pytest.raises(UserError, match="금고에 없습니다"):
            spellings_of(db, key, label, value_key)
        assert spellings_of(db, key, *value_behind(db, "[전화번호_1]")) == ["010-1234-5678"]
        backup(db, tmp_path / "copy.db")
        assert turn_off(db) > 0 and state(db) == {"on": False, "values": 0, "by": None, "open": False}
    assert b"010-7777-8888" not in fresh_store.read_bytes()


def test_the_commands_of_the_vault(fresh_store, source, monkeypatch, capsys):
    monkeypatch.setenv("MALMOI_PASSPHRASE", WORDS)
    assert main(["vault", "on", "--json"]) == 0
    assert main(["vault", "show", "[전화번호_1]", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["spellings"] == ["010-1234-5678"]
    monkeypatch.setenv("MALMOI_PASSPHRASE", "틀린 암호 문구")
    assert main(["vault", "show", "[전화번호_1]"]) == 2
    told = capsys.readouterr()
    assert "1234" not in told.out + told.err and "틀린" not in told.err
    assert main(["vault", "off"]) == 2
    assert main(["vault", "off", "--yes"]) == 0


def test_without_passphrase_and_keyring_the_words_say_what_to_do(fresh_store, source, monkeypatch):
    monkeypatch.setattr("engine.keys.keyring_name", lambda: None)
    with open_store(fresh_store) as db:
        with pytest.raises(UserError, match="MALMOI_PASSPHRASE"):
            turn_on(db, None)
        assert state(db)["on"] is False


def test_the_stores_vault_leads_back_from_exported_text(fresh_store, source, tmp_path, monkeypatch):
    monkeypatch.setenv("MALMOI_PASSPHRASE", WORDS)
    assert main(["vault", "on"]) == 0
    src, out = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    src.write_text(json.dumps({"id": 1, "masked": "번호는 [전화번호_1] 이고 [이름_99]"}) + "\n", encoding="utf-8")
    assert main(["unmask", "--in", str(src), "--out", str(out)]) == 0
    assert json.loads(out.read_text(encoding="utf-8"))["text"] == "번호는 010-1234-5678 이고 [이름_99]"


def test_the_vault_of_a_file_is_not_asked_for_with_a_source(fresh_store, source, tmp_path, capsys):
    assert main(["mask", source, "--vault", str(tmp_path / "V.vault")]) == 2
    assert "vault on" in capsys.readouterr().err
    assert main(["mask", source, "--style", "nonsense"]) == 2


def test_a_chat_leaves_only_when_it_is_clean(fresh_store, source, monkeypatch):
    from engine.serve import chat_export

    monkeypatch.setattr(chat_export, "get_chats", lambda db, id_: [{"id": id_, "model": "run-x"}])
    monkeypatch.setattr(chat_export, "masked_sources_behind", lambda db, model: [source])
    with open_store(fresh_store) as db:
        chat_export.require_clean_chat(db, "chat-1", "[이름_1]아 안녕")
        with pytest.raises(UserError, match="1줄"):
            chat_export.require_clean_chat(db, "chat-1", "나리한테 전화해")
        chat_export.require_clean_chat(db, "chat-1", "나리한테 전화해", "내가 쓸 것")
        assert [kept["reason"] for kept in list_allowances(db, "chat-1")] == ["내가 쓸 것"]
        monkeypatch.setattr(chat_export, "masked_sources_behind", lambda db, model: [])
        chat_export.require_clean_chat(db, "chat-1", "나리한테 전화해")

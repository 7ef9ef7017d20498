"""A vault whose key lies in the system's keyring: no passphrase is asked for, and the key goes when it is to go."""

import json

import pytest
from test_keys import drawer  # noqa: F401  (the keyring of these tests too)

from engine.cli.app import main
from engine.errors import UserError
from engine.privacy import vault as sealing
from engine.privacy.correct import value_behind
from engine.privacy.store_vault import shut, spellings_of, state, stay_open, turn_off, turn_on, unlock
from engine.store.open import open_store
from tests.test_page_data_masks import CHAT, mask
from tests.test_store import add_chat

WORDS = "열려라 참깨 참깨"


@pytest.fixture
def db(fresh_store, monkeypatch):
    monkeypatch.setattr(sealing, "LOG_N", 10)
    with open_store(fresh_store) as db:
        source = add_chat(db, CHAT)
    mask(fresh_store, source)
    with open_store(fresh_store) as db:
        yield db


def never():
    raise AssertionError("a passphrase was asked for")


def test_the_keyring_opens_it_and_turning_it_off_takes_the_key_out(db, drawer):  # noqa: F811
    turn_on(db, None)
    assert state(db)["by"] == "keyring" and state(db)["open"]
    key = unlock(db, never)
    assert spellings_of(db, key, *value_behind(db, "[전화번호_1]")) == ["010-1234-5678"]
    with pytest.raises(UserError, match="vault off"):
        shut(db)
    turn_off(db)
    assert not [name for _, name in drawer.kept if name.startswith("VAULT_")]


def test_unlocked_it_stays_open_until_it_is_locked(db, drawer):  # noqa: F811
    turn_on(db, WORDS)
    assert not state(db)["open"]
    stay_open(db, lambda: WORDS)
    unlock(db, never)
    assert shut(db) and not state(db)["open"]
    with pytest.raises(AssertionError):
        unlock(db, never)


def test_a_key_that_is_gone_or_another_one_does_not_open_it(db, drawer):  # noqa: F811
    turn_on(db, None)
    (place,) = [place for place in drawer.kept if place[1].startswith("VAULT_")]
    for bad in ("00" * 32, "zz" * 32, "short"):
        drawer.kept[place] = bad
        with pytest.raises(UserError, match="키링에 없습니다"):
            unlock(db, never)


def test_a_file_is_masked_and_comes_back_by_keyring_alone(tmp_path, monkeypatch, drawer):  # noqa: F811
    monkeypatch.setenv("MALMOI_PASSPHRASE", "")
    src, out, back, vault = (tmp_path / name for name in ("a.jsonl", "b.jsonl", "c.jsonl", "V.vault"))
    src.write_text(json.dumps({"id": 1, "text": "01012345678 또 010-1234-5678"}) + "\n", encoding="utf-8")
    assert main(["mask", "--in", str(src), "--out", str(out), "--vault", str(vault)]) == 0
    assert main(["unmask", "--in", str(out), "--out", str(back), "--vault", str(vault)]) == 0
    assert json.loads(back.read_text(encoding="utf-8"))["text"] == "01012345678 또 010-1234-5678"

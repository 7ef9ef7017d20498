"""Keys from files and by name; what a label, an error and an address must never tell."""

import json
import random

import pytest

from engine.errors import UserError
from engine.generate.key_pool import KeyPool, known_file, label_of, read_keys
from engine.generate.options import GenerateOptions
from engine.generate.providers import endpoint
from engine.serve.address import is_here, key_header

KEYS = ["sk-test-aaaaaaaaaaaaaaaaaaaa", "sk-test-bbbbbbbbbbbbbbbbbbbb"]


@pytest.fixture(autouse=True)
def no_keyring(monkeypatch):
    import keyring
    from keyring.backends.null import Keyring

    monkeypatch.setattr(keyring, "get_keyring", Keyring)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("GEMINI_API_KEY", raising=False)


def from_text(tmp_path, text: str) -> dict:
    path = tmp_path / "열쇠.txt"
    path.write_text(text, encoding="utf-8")
    return read_keys("openai", {"file": str(path)})


@pytest.mark.parametrize(
    "text",
    [
        "# 내 열쇠\n\n" + "\n".join(KEYS),
        "\ufeff" + "\r\n".join(KEYS),
        json.dumps(KEYS),
        json.dumps({"keys": KEYS}),
        json.dumps([{"name": "what ever", "key": key} for key in KEYS]),
        "\n".join([*KEYS, KEYS[0]]),
    ],
)
def test_a_file_in_every_form_gives_each_key_once_under_a_label_that_tells_nothing(tmp_path, text):
    found = from_text(tmp_path, text)
    assert list(found.values()) == KEYS and list(found) == [label_of(key) for key in KEYS]
    assert not any(part in label for label in found for part in ("sk-", "aaaa", "bbbb"))


def test_names_in_a_file_become_labels(tmp_path):
    assert from_text(tmp_path, f"FIRST_KEY={KEYS[0]}\nSECOND_KEY={KEYS[1]}") == {
        "FIRST_KEY": KEYS[0],
        "SECOND_KEY": KEYS[1],
    }
    assert from_text(tmp_path, json.dumps({"FIRST_KEY": KEYS[0], "sk-x": KEYS[1]})) == {
        "FIRST_KEY": KEYS[0],
        label_of(KEYS[1]): KEYS[1],
    }


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "열쇠가 아님", "two words", '["a", 3]', "[1", "{", "x" * 2000, "[" * 50_000]
)
def test_a_bad_file_is_refused_without_a_word_of_it(tmp_path, text):
    with pytest.raises(UserError) as caught:
        from_text(tmp_path, text + ("\n" + KEYS[0] if text == "열쇠가 아님" else ""))
    assert KEYS[0] not in caught.value.ko + caught.value.en and "two words" not in caught.value.en


def test_a_key_given_instead_of_a_file_is_not_repeated():
    with pytest.raises(UserError) as caught:
        known_file(KEYS[0])
    assert KEYS[0] not in caught.value.ko + caught.value.en + repr(caught.value.args)


def test_named_keys_and_the_usual_one(monkeypatch):
    assert read_keys("openai", {}) == {"-": None}
    with pytest.raises(UserError, match="GEMINI_API_KEY"):
        read_keys("gemini", {})
    with pytest.raises(UserError, match="MY_KEY"):
        read_keys("openai", {"names": ["MY_KEY"]})
    monkeypatch.setenv("OPENAI_API_KEY", KEYS[0])
    assert read_keys("openai", {}) == {"OPENAI_API_KEY": KEYS[0]}


def test_a_key_stands_in_a_header_and_the_address_holds_none():
    gemini = GenerateOptions(provider="gemini", model="models/gemini-2.5-pro")
    assert endpoint(gemini).endswith("/v1beta/models/gemini-2.5-pro:generateContent")
    assert key_header("gemini", KEYS[0]) == {"x-goog-api-key": KEYS[0]}
    assert key_header("openai", KEYS[0]) == {"authorization": f"Bearer {KEYS[0]}"} and not key_header("openai", None)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000", "http://127.0.0.1:8000/v1/", "http://127.0.0.1:8000/v1/chat/completions"]
)
def test_an_address_in_every_length(url):
    options = GenerateOptions(provider="openai", url=url)
    assert endpoint(options) == "http://127.0.0.1:8000/v1/chat/completions" and is_here(endpoint(options))


@pytest.mark.parametrize(
    "url", ["ftp://x/v1", "http://", "127.0.0.1:80", "https://me:pass@host/v1", "https://host/v1?key=abc", "http://8.8.8.8/v1", "http://[", "https://host:99999/v1"]
)  # fmt: skip
def test_addresses_that_cannot_be_or_would_send_keys_in_the_clear_are_refused(url):
    with pytest.raises(UserError) as caught:
        endpoint(GenerateOptions(provider="openai", url=url))
    assert "pass" not in caught.value.en and "abc" not in caught.value.en


def test_a_model_name_cannot_change_the_address():
    assert "..%2F..%2Fx" in endpoint(GenerateOptions(provider="gemini", model="../../x"))


def test_keys_change_while_they_are_used():
    pool = KeyPool("openai", 8, random.Random(0))
    pool.renew({"A": "1", "B": "2"}, 0.0)
    first = pool.keys["A"]
    first.pace.sent(0.0)
    pool.renew({"A": "1", "C": "3"}, 1.0)
    assert {key.label for key in pool.usable()} == {"A", "C"} and pool.keys["A"] is first
    pool.renew({"A": "other", "B": "2"}, 2.0)
    assert pool.keys["A"] is not first and {key.label for key in pool.usable()} == {"A", "B"}


def test_a_refused_key_stays_aside_until_it_is_another():
    pool = KeyPool("openai", 8, random.Random(0))
    pool.renew({"A": "1"}, 0.0)
    pool.keys["A"].state = "refused"
    pool.renew({"A": "1"}, 1.0)
    assert pool.usable() == []
    pool.renew({"A": "2"}, 2.0)
    assert len(pool.usable()) == 1

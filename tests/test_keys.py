"""Keys: kept in the keyring, found elsewhere, and never written where somebody could read them."""

import io
import json
import logging
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail
from keyring.errors import KeyringLocked

from engine import keys
from engine.cli.app import main
from engine.errors import UserError
from engine.store.open import open_store

SECRET = "hf_abcdEFGH0123456789zyxw"


class Drawer(KeyringBackend):
    """A keyring in memory."""

    priority = 1
    name = "서랍"

    def __init__(self, locked: bool = False) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = locked

    def get_password(self, service, username):
        self.turn()
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self.turn(password)
        self.kept[service, username] = password

    def delete_password(self, service, username):
        self.turn()
        del self.kept[service, username]

    def turn(self, password: str = "") -> None:
        if self.locked:
            raise KeyringLocked(f"locked while storing {password}")


@pytest.fixture(autouse=True)
def drawer(tmp_path, monkeypatch):
    """A keyring and a secrets file of the test's own, and no key in the environment."""
    found, before = Drawer(), keyring.get_keyring()
    keyring.set_keyring(found)
    monkeypatch.setattr(keys, "secrets_files", lambda: (tmp_path / "secrets.toml",))
    for name in keys.KNOWN:
        monkeypatch.delenv(name, raising=False)
    yield found
    keyring.set_keyring(before)


def test_a_key_comes_back_as_it_went_in_and_is_gone_when_deleted(drawer):
    keys.set_key("HF_TOKEN", f"  {SECRET}\n")
    assert keys.get_key("HF_TOKEN") == SECRET and keys.list_keys() == [("HF_TOKEN", "keyring")]
    keys.delete_key("HF_TOKEN")
    assert keys.get_key("HF_TOKEN") is None and keys.list_keys() == []
    with pytest.raises(UserError, match="키링에 없습니다"):
        keys.delete_key("HF_TOKEN")


def test_keyring_then_secrets_file_then_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "from-environment")
    assert keys.get_key("HF_TOKEN") == "from-environment"
    (tmp_path / "secrets.toml").write_text('HF_TOKEN = "from-file"\n[other]\nA = 1\n', encoding="utf-8")
    assert keys.get_key("HF_TOKEN") == "from-file" and keys.list_keys() == [("HF_TOKEN", "secrets")]
    keys.set_key("HF_TOKEN", "from-keyring")
    assert keys.get_key("HF_TOKEN") == "from-keyring" and keys.list_keys() == [("HF_TOKEN", "keyring")]


def test_the_environment_is_not_listed_beyond_the_known_names(monkeypatch):
    monkeypatch.setenv("MY_DATABASE_PASSWORD", "x")
    assert keys.list_keys() == []


@pytest.mark.parametrize(
    "name", ["", "hf_token", "A", "1KEY", "MY-KEY", "KEY NAME", "K" * 65, "고유이름", SECRET, keys.INDEX]
)
def test_a_bad_name_is_refused_without_being_repeated(name):
    with pytest.raises(UserError) as refused:
        keys.set_key(name, "x")
    assert not name or (name not in refused.value.ko and name not in refused.value.en)


@pytest.mark.parametrize("value", ["", "  ", "두 낱말", "a b", "a\nb", "x" * 1001, "a\x00b"])
def test_a_bad_value_is_refused_without_being_repeated(drawer, value):
    with pytest.raises(UserError) as refused:
        keys.set_key("HF_TOKEN", value)
    assert not value.strip() or value not in refused.value.ko
    assert not drawer.kept


def test_a_locked_keyring_is_told_in_words_and_hides_the_key(drawer):
    drawer.locked = True
    with pytest.raises(UserError, match="잠겨") as refused:
        keys.set_key("HF_TOKEN", SECRET)
    assert SECRET not in refused.value.ko + refused.value.en and refused.value.__suppress_context__
    assert keys.get_key("HF_TOKEN") is None and keys.list_keys() == []


def test_without_a_keyring_the_way_round_is_told():
    keyring.set_keyring(fail.Keyring())
    assert keys.keyring_name() is None and keys.get_key("HF_TOKEN") is None
    with pytest.raises(UserError, match=r"secrets\.toml"):
        keys.set_key("HF_TOKEN", SECRET)


@pytest.mark.parametrize("text", [f"HF_TOKEN = {SECRET}", "= =", f'HF_TOKEN = "{SECRET}'])
def test_a_broken_secrets_file_is_told_without_quoting_it(tmp_path, text):
    (tmp_path / "secrets.toml").write_text("A = 1\n" + text, encoding="utf-8")
    with pytest.raises(UserError, match="읽을 수 없습니다") as refused:
        keys.get_key("HF_TOKEN")
    assert SECRET not in refused.value.ko + refused.value.en and refused.value.__suppress_context__


def test_what_others_wrote_into_the_index_breaks_nothing(drawer):
    for junk in ("{", "3", '[1, "HF_TOKEN"]'):
        drawer.kept[keys.SERVICE, keys.INDEX] = junk
        assert keys.list_keys() in ([], [("HF_TOKEN", "keyring")])


def test_the_commands_never_show_a_key(monkeypatch, capsys, fresh_store, caplog):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr("sys.stdin", io.StringIO(SECRET + "\n"))
    assert main(["keys", "set", "HF_TOKEN"]) == 0
    assert main(["keys", "list", "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out.splitlines()[-1]) == {"keys": [{"name": "HF_TOKEN", "where": "keyring"}]}
    assert main(["keys", "set", "HF_TOKEN", SECRET]) == 2, (
        "a key on the command line would stand in the shell's history"
    )
    with open_store(fresh_store):
        pass
    kept = fresh_store.read_bytes() + b"".join(path.read_bytes() for path in fresh_store.parent.glob("store.db-*"))
    assert SECRET not in said.out + said.err + caplog.text and SECRET.encode() not in kept
    assert main(["keys", "delete", "HF_TOKEN"]) == 0 and keys.get_key("HF_TOKEN") is None


def test_the_secrets_file_of_the_project_is_not_tracked():
    assert ".streamlit/secrets.toml" in (Path(keys.ROOT) / ".gitignore").read_text(encoding="utf-8").splitlines()

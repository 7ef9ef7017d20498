"""The vault: what was masked comes back exactly, and only for who holds the passphrase."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.cli.app import main
from engine.errors import UserError
from engine.privacy import vault as sealing
from engine.privacy.files import mask_file
from engine.privacy.labels import PLACEHOLDER_WORDS
from engine.privacy.unmask import unmask_file, unmask_text
from engine.privacy.vault import FileVault, Key, OpenedVault, Sealer, lock_from, new_vault, unlocked
from tests.test_privacy_masking import PIECES

SPEAKERS = ["김지은", "박민준"]
WORDS = "옛날 옛적에"
FORGED = [f"{left}{word}_{n}{right}" for word in PLACEHOLDER_WORDS.values() for left, n, right in (("[", 1, "]"), ("［", 2, "］"), ("[", "３", "］"), ("（", 1, "）"))]  # fmt: skip
SECRETS = [
    "010-1234-5678",
    "01012345678",
    "공일공 일이삼사 오육칠팔",
    "gaon@example.com",
    "김지은",
    "지은",
    "지은이가",
    "민준아",
    "ㅋㅋ",
]
ROWS = st.lists(
    st.lists(st.one_of(st.sampled_from([*PIECES, *SECRETS, *FORGED]), st.text(max_size=6)), max_size=6).map(" ".join),
    max_size=6,
)


@pytest.fixture(autouse=True)
def quick_scrypt(monkeypatch):
    monkeypatch.setattr(sealing, "LOG_N", 10)


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def masked_with_vault(folder, texts, style="placeholder"):
    src, out, vault = folder / "in.jsonl", folder / "out.jsonl", folder / "V.vault"
    src.write_text(
        "".join(json.dumps({"id": n, "text": text}) + "\n" for n, text in enumerate(texts)), encoding="utf-8"
    )
    vault.unlink(missing_ok=True)
    with FileVault(vault, new_vault(WORDS * 2)[0]) as kept:
        mask_file(src, out, SPEAKERS, style, kept)
    return out, vault


def texts_in(path, name):
    return [json.loads(line)[name] for line in path.read_text(encoding="utf-8").split("\n") if line]


def opened(vault):
    return OpenedVault(vault, lambda: WORDS * 2)


@pytest.mark.parametrize("style", ["placeholder", "pseudonym"])
def test_unmasked_is_what_was_masked(folder, style):
    @given(ROWS)
    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
    def back_again(texts):
        out, vault = masked_with_vault(folder, texts, style)
        told = unmask_file(out, folder / "back.jsonl", opened(vault))
        assert texts_in(folder / "back.jsonl", "text") == texts
        assert told["exact"] and told["rows"] == len(texts)

    back_again()


def test_rows_moved_or_left_out_come_back_too(folder):
    texts = ["지은이가 01012345678", "민준아 010-1234-5678", "[이름_1] 안녕", "그냥"]
    out, vault = masked_with_vault(folder, texts)
    lines = out.read_text(encoding="utf-8").splitlines()
    out.write_text("\n".join(lines[::-1][:3]) + "\n", encoding="utf-8")
    told = unmask_file(out, folder / "back.jsonl", opened(vault))
    assert texts_in(folder / "back.jsonl", "text") == texts[::-1][:3]
    assert not told["exact"]


def test_a_text_made_from_placeholders_gets_the_first_spelling():
    assert unmask_text("[이름_1]에게 [전화번호_9]", {"[이름_1]": "지은"}) == "지은에게 [전화번호_9]"


def test_nothing_of_an_original_stands_in_the_vault_file_or_in_a_repr(folder):
    _, vault = masked_with_vault(folder, ["김지은 010-1234-5678 gaon@example.com [이름_1]"])
    lock, key = new_vault(WORDS * 2)
    for shown in (vault.read_text(), repr(opened(vault)), repr(key), repr(Sealer(lock)), repr(lock)):
        # Four digits alone stand in random hex by chance.
        for secret in (
            "김지은",
            "1234-5678",
            "12345678",
            "gaon@",
            key.hex(),
            json.dumps("김지은"),
            "김지은".encode().hex(),
        ):
            assert secret not in shown


def test_a_vault_is_never_overwritten(folder):
    _, vault = masked_with_vault(folder, ["지은아"])
    before = vault.read_bytes()
    with pytest.raises(UserError, match="이미 있습니다"):
        FileVault(vault, new_vault(WORDS * 2)[0])
    assert vault.read_bytes() == before


def test_a_masking_that_fails_leaves_no_vault(folder):
    src, out, vault = folder / "in.jsonl", folder / "out.jsonl", folder / "V.vault"
    src.write_text('{"id": 1, "text": "01012345678"}\noops\n', encoding="utf-8")
    with pytest.raises(UserError, match="2번째"), FileVault(vault, new_vault(WORDS * 2)[0]) as kept:
        mask_file(src, out, SPEAKERS, "placeholder", kept)
    assert [path.name for path in folder.iterdir()] == ["in.jsonl"]


def test_a_wrong_passphrase_is_said_and_shows_nothing(folder):
    _, vault = masked_with_vault(folder, ["지은아"])
    with pytest.raises(UserError, match="암호 문구가 맞지 않") as caught:
        OpenedVault(vault, lambda: "다른 말 다른 말")
    assert "다른 말" not in str(caught.value) and caught.value.__cause__ is None
    with pytest.raises(UserError, match="암호 문구가 없습니다"):
        OpenedVault(vault, lambda: None)
    with pytest.raises(UserError, match="짧습니다"):
        new_vault("1234")


def test_a_decomposed_passphrase_opens_too():
    import unicodedata

    lock, key = new_vault("가나다라마바사아")
    assert unlocked(lock, lambda: unicodedata.normalize("NFD", "가나다라마바사아")).hex() == key.hex()


def test_every_changed_byte_is_noticed(folder):
    out, vault = masked_with_vault(folder, ["지은아 010-1234-5678", "01012345678"])
    whole = vault.read_text()
    header, body = whole.split("\n", 1)
    for at in range(0, len(body) - 1, 7):
        if body[at] != "\n":
            other = "0" if body[at] != "0" else "1"
            vault.write_text(f"{header}\n{body[:at]}{other}{body[at + 1 :]}")
            with pytest.raises(UserError):
                unmask_file(out, folder / "back.jsonl", opened(vault))
    assert not (folder / "back.jsonl").exists()


def test_chunks_cut_off_swapped_or_repeated_are_noticed(folder, monkeypatch):
    monkeypatch.setattr(sealing, "CHUNK", 2)
    out, vault = masked_with_vault(folder, ["01012345678", "010-1234-5678"] * 5)
    lines = vault.read_text().splitlines()
    assert len(lines) > 4
    changed = [
        lines[:-1],
        [*lines[:1], lines[2], lines[1], *lines[3:]],
        [*lines, lines[-1]],
        [*lines[:2], *lines[3:]],
        lines[:1],
    ]
    for part in changed:
        vault.write_text("\n".join(part) + "\n")
        with pytest.raises(UserError, match="바뀌었거나"):
            unmask_file(out, folder / "back.jsonl", opened(vault))


@pytest.mark.parametrize("header", ["", "{}", "[1]", '{"vault": "malmoi-vault-1", "id": "x"}', '{"vault": "malmoi-vault-1", "id": "abcdefabcdef", "public": "00", "log_n": 60}'])  # fmt: skip
def test_what_is_no_vault_is_said(tmp_path, header):
    path = tmp_path / "V.vault"
    path.write_text(header + "\n")
    with pytest.raises(UserError, match="금고가 아니거나"):
        OpenedVault(path, lambda: WORDS)


def test_a_sealed_value_opens_only_in_its_place():
    lock, key = new_vault(WORDS * 2)
    sealed = Sealer(lock).seal("지은".encode(), "PERSON 1")
    assert key.open(sealed, "PERSON 1").decode() == "지은"
    for bad, place in ((sealed, "PERSON 2"), (sealed[:-1], "PERSON 1"), (b"", "PERSON 1"), (bytes(32) + sealed[32:], "PERSON 1")):  # fmt: skip
        with pytest.raises(UserError):
            key.open(bad, place)
    assert lock_from(json.loads(json.dumps(lock.as_json()))) == lock
    with pytest.raises(UserError):
        Key(bytes(range(32))).open(sealed, "PERSON 1")


def test_the_commands_mask_and_unmask(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MALMOI_PASSPHRASE", WORDS * 2)
    src, out, back, vault = (tmp_path / name for name in ("a.jsonl", "b.jsonl", "c.jsonl", "V.vault"))
    src.write_text(json.dumps({"id": 1, "text": "지은아 01012345678 [이름_1] 010-1234-5678"}) + "\n", encoding="utf-8")
    assert main(["mask", "--in", str(src), "--out", str(out), "--speakers", "김지은", "--vault", str(vault)]) == 0
    assert texts_in(out, "masked") == ["[이름_1]아 [전화번호_1] （이름_1） [전화번호_1]"]
    assert main(["unmask", "--in", str(out), "--out", str(back), "--vault", str(vault)]) == 0
    assert texts_in(back, "text") == texts_in(src, "text")
    monkeypatch.setenv("MALMOI_PASSPHRASE", "not the words")
    back.unlink()
    capsys.readouterr()
    assert main(["unmask", "--in", str(out), "--out", str(back), "--vault", str(vault), "--json"]) == 2
    told = capsys.readouterr()
    assert not back.exists() and "지은" not in told.out + told.err and "error" in json.loads(told.out)

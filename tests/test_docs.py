"""The documents, held against what exists: commands, options, the tree, links, tables. It knows nothing of their prose."""

import re
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand, TyperGroup

import start
from engine.cli.app import app, join_commands
from engine.store.open import open_store

join_commands()
ROOT = Path(__file__).resolve().parent.parent
READMES = ("README.md", "README.ko.md")
DOCUMENTS = (*READMES, "CONTRIBUTING.md", "CHANGELOG.md", "LOG.md", "SECURITY.md")
GLOBAL_OPTIONS = {"--json", "--store", "--help"}


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks_of(name: str) -> list[str]:
    """The contents of the fenced blocks."""
    return re.findall(r"^```\w*\n(.*?)^```$", text_of(name), re.DOTALL | re.MULTILINE)


def quoted_commands(name: str, door: str) -> list[str]:
    """What follows `door` in code blocks and in backticks, comments cut off."""
    blocks = "\n".join(blocks_of(name))
    spans = re.findall(r"`([^`\n]+(?:\n[^`\n]+)?)`", re.sub(r"```.*?```", "", text_of(name), flags=re.DOTALL))
    lines = [*blocks.splitlines(), *(" ".join(span.split()) for span in spans)]
    told = [re.sub(r"\s+#.*", "", line).strip() for line in lines]
    return [line.removeprefix(door).strip() for line in told if line == door or line.startswith(door + " ")]


def words_of(command: str) -> list[str]:
    return [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', command)]


def command_behind(words: list[str]) -> tuple[TyperCommand | TyperGroup, list[str]]:
    """Descend through groups. Fails with the unknown name."""
    found: TyperCommand | TyperGroup = typer.main.get_command(app)
    while isinstance(found, TyperGroup) and words and not words[0].startswith("-"):
        if words[0] not in found.commands and "run" in found.commands:  # `compress RUN` is `compress run RUN`
            words = ["run", *words]
        assert words[0] in found.commands, f"no command {words[0]!r}"
        found, words = found.commands[words[0]], words[1:]
    return found, words


@pytest.mark.parametrize("name", DOCUMENTS)
def test_engine_commands_exist_with_their_options(name: str) -> None:
    for line in quoted_commands(name, "python -m engine"):
        command, rest = command_behind(words_of(line))
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        given = {word for word in rest if re.match(r"--?[a-z]", word)}
        assert given <= known | GLOBAL_OPTIONS, line


@pytest.mark.parametrize("name", DOCUMENTS)
def test_start_commands_exist_with_their_options(name: str) -> None:
    for line in quoted_commands(name, "python start.py"):
        options, _ = start.read_arguments(words_of(line))
        assert options.command in start.COMMANDS


def test_every_engine_command_has_help_in_both_languages() -> None:
    def walk(command: TyperCommand | TyperGroup) -> Iterator[TyperCommand | TyperGroup]:
        yield command
        for child in command.commands.values() if isinstance(command, TyperGroup) else ():
            yield from walk(child)

    for command in list(walk(typer.main.get_command(app)))[1:]:
        assert command.help and re.search(r"[가-힣]", command.help) and re.search(r"[A-Za-z]", command.help), (
            command.name
        )


def test_both_readmes_carry_the_same_commands() -> None:
    for door in ("python -m engine", "python start.py"):
        english, korean = (
            [[word for word in words_of(line) if word.isascii()] for line in quoted_commands(name, door)]
            for name in READMES
        )
        same = [[word for word in words if word not in ("your", "name", "in", "the", "chat")] for words in english]
        assert [w[:2] for w in same] == [[x for x in w if x != "chat"][:2] for w in korean]


def test_both_readmes_have_the_same_shape() -> None:
    def shape(name: str) -> list[str]:
        return re.findall(r"^(#+|```\w*|\|(?= ---))", text_of(name), re.MULTILINE)

    assert shape("README.md") == shape("README.ko.md")


def tree_in(name: str) -> dict[str, str]:
    """{path: phrase} of the tree block: what is indented lies in the folder above."""
    block = next(block for block in blocks_of(name) if block.startswith("start.py"))
    found, folder = {}, ""
    for line in block.splitlines():
        entry, _, phrase = line.strip().partition(" ")
        if not line.startswith(" "):
            folder = entry if entry.endswith("/") else ""
        path = folder + entry if line.startswith(" ") else entry
        found[path.rstrip("/")] = phrase.strip()
    return found


def tracked() -> set[str]:
    """What the tree must name: top-level entries, and what lies directly in engine/ and pages/. Empty without git."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    parts = [name.split("/") for name in done.stdout.decode("utf-8").split("\0") if name and name[0] != "."]
    entries = {"/".join(names[: 2 if names[0] in ("engine", "pages") else 1]) for names in parts}
    return {entry for entry in entries if not entry.endswith("__init__.py")}


@pytest.mark.parametrize("name", READMES)
def test_tree_names_what_exists_and_leaves_nothing_out(name: str) -> None:
    told = tree_in(name)
    assert not {path for path in told if not (ROOT / path).exists()}
    assert tracked() - set(told) <= {name}
    assert all(phrase or path in ("pages", "starter") for path, phrase in told.items())


def test_both_trees_are_one() -> None:
    english, korean = (set(tree_in(name)) - set(READMES) for name in READMES)
    assert english == korean


@pytest.mark.parametrize("name", DOCUMENTS)
def test_relative_links_lead_somewhere(name: str) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", text_of(name))
    files = re.findall(r"`((?:[\w.-]+/)*[\w-]+\.(?:md|py|txt|toml))`", text_of(name))
    for target in {*links, *files} - {"KakaoTalkChats.txt", "out.txt"}:
        if not target.startswith(("http://", "https://")):
            beside = [ROOT / target, *ROOT.glob(f"engine/*/{target}")]
            assert any(path.exists() for path in beside), target


@pytest.mark.parametrize("name", READMES)
def test_words_table_names_real_tables(name: str, fresh_store: Path) -> None:
    with open_store(fresh_store):
        pass
    db = sqlite3.connect(fresh_store)
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    db.close()
    rows = re.findall(r"^\| (\w+) \| (\S+) \| `(\w+)` \|", text_of(name), re.MULTILINE)
    assert len(rows) >= 10
    assert {table for _, _, table in rows} <= tables


def test_libraries_table_is_the_requirements() -> None:
    told = set(re.findall(r"^\| (\w[\w-]*) \| (?!licence)", text_of("CONTRIBUTING.md"), re.MULTILINE))
    assert told == set(re.findall(r"^([\w-]+)==", text_of("requirements.txt"), re.MULTILINE))
    for name in re.findall(r"^([\w-]+)==", text_of("requirements-dev.txt"), re.MULTILINE):
        assert name in text_of("CONTRIBUTING.md")


def test_recipes_told_as_working_are_there() -> None:
    for name in READMES:
        states = dict(
            re.findall(r"^\| (persona|policy|patent|summary|medical) \| [^|]+ \| ([^|]+) \|", text_of(name), re.M)
        )
        assert len(states) == 5
        for recipe, state in states.items():
            planned = state.strip() in ("planned", "계획")
            assert planned is not (ROOT / "engine" / "recipes" / f"{recipe}.py").exists()


def test_project_version_stands_in_the_changelog() -> None:
    version = re.search(r'^version = "([^"]+)"', text_of("pyproject.toml"), re.MULTILINE)
    assert version and f"## {version.group(1)}" in text_of("CHANGELOG.md")

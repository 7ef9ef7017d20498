"""The rules of the house, read off the source: directions, sizes, types, what is imported when. It runs no product code
beyond opening the command line and an empty store."""

import ast
import re
import sqlite3
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.utils import canonicalize_name

from engine.store.open import open_store

ROOT = Path(__file__).resolve().parent.parent
ENGINE_ORDER = "keys korean terms store access ground claims dialogue sources privacy retrieve curate models train serve generate evaluate compress recipes deploy api reports jobs doctor cli".split()
"""Each part may import what stands left of it. errors, config and hardware stand left of all."""
HEAVY = {
    "torch",
    "transformers",
    "trl",
    "peft",
    "datasets",
    "bitsandbytes",
    "accelerate",
    "scipy",
    "kiwipiepy",
    "pypdfium2",
    "rensa",
    "optuna",
    "fastapi",
    "uvicorn",
    "sentence_transformers",
}
"""Nothing that the command line or a page opens may import them: together they take seconds and half a gigabyte."""
BROAD_EXCEPT_ALLOWED = {"engine/jobs/worker.py"}
"""The single recorder of a job's ending."""
NOT_IMPORTED = {"authlib"}
"""Pinned all the same: Streamlit imports it for `st.login`."""
GENERATED = {".venv", ".git", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}
FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


def python_files(*tops: str) -> list[Path]:
    found = [path for top in tops for path in sorted((ROOT / top).rglob("*.py"))]
    return [*found, *(path for path in (ROOT / "Home.py",) if "pages" in tops and path.exists())]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def breaches(rule: Callable[[Path], Iterator[str]], *tops: str) -> dict[str, list[str]]:
    """{file: what breaks the rule in it}."""
    found = {name_of(path): list(rule(path)) for path in python_files(*tops)}
    return {name: broken for name, broken in found.items() if broken}


def imports(tree: ast.AST, on_import: bool = False) -> Iterator[str]:
    """Dotted names imported anywhere; `on_import`: only what opening the module imports."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif not (on_import and is_late(node)):
            yield from imports(node, on_import)


def is_late(node: ast.AST) -> bool:
    return isinstance(node, FUNCTION) or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test))


def tops_of(names: Iterator[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    yield from (node for node in ast.walk(tree_of(path)) if isinstance(node, FUNCTION))


def test_engine_imports_only_what_stands_left() -> None:
    outside = {"streamlit", "ui", "pages", "Home", "start", "tests"}

    def rule(path: Path) -> Iterator[str]:
        part = path.relative_to(ROOT / "engine").parts[0].removesuffix(".py")
        for name in imports(tree_of(path)):
            used = name.split(".")[1] if name.startswith("engine.") else ""
            if name.split(".")[0] in outside:
                yield name
            if part in ENGINE_ORDER and used in ENGINE_ORDER and ENGINE_ORDER.index(used) > ENGINE_ORDER.index(part):
                yield name
            if part in ("errors", "config", "hardware") and used not in ("", "errors", "config"):
                yield name

    assert not breaches(rule, "engine")


def test_pages_hold_no_sql() -> None:
    def rule(path: Path) -> Iterator[str]:
        yield from tops_of(imports(tree_of(path))) & {"sqlite3", "sqlite_utils"}

    def sql(path: Path) -> Iterator[str]:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Attribute) and node.attr in ("execute", "executemany", "executescript", "query"):
                yield f"line {node.lineno}: {ast.unparse(node)}"

    assert not breaches(rule, "pages")
    assert not breaches(sql, "pages", "ui")


def test_heavy_libraries_are_imported_inside_functions() -> None:
    """Or at the top of a module that is itself imported inside functions only."""
    files = python_files("engine", "ui", "pages")
    heavy = {name_of(path) for path in files if tops_of(imports(tree_of(path), on_import=True)) & HEAVY}
    modules = {name.removesuffix(".py").replace("/", ".") for name in heavy}

    def rule(path: Path) -> Iterator[str]:
        for name in imports(tree_of(path), on_import=True):
            if name_of(path) not in heavy and (name in modules or name.rpartition(".")[0] in modules):
                yield name

    assert not breaches(rule, "engine", "ui", "pages")


def test_command_line_opens_without_heavy_libraries() -> None:
    code = (
        "import sys, engine.doctor\n"
        "from engine.cli.app import join_commands\njoin_commands()\n"
        f"print(sorted({HEAVY | {'plotly', 'streamlit'}!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_functions_are_short() -> None:
    sizes = {
        f"{name_of(path)}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in [*python_files("engine", "ui", "pages"), ROOT / "start.py"]
        for node in functions(path)
    }
    ordered = sorted(sizes.values())
    assert statistics.median(ordered) <= 12
    assert ordered[int(0.9 * len(ordered))] <= 40
    assert not {name: size for name, size in sizes.items() if size > 80}


def test_files_fit_in_a_head() -> None:
    def rule(path: Path) -> Iterator[str]:
        lines = path.read_text(encoding="utf-8").count("\n") + 1
        if lines > (120 if name_of(path).startswith("pages/") else 400):
            yield f"{lines} lines"

    assert not breaches(rule, "engine", "ui", "pages", "tests")
    assert not list(rule(ROOT / "start.py"))


def test_every_function_says_what_it_returns() -> None:
    def rule(path: Path) -> Iterator[str]:
        yield from (f"{node.name}, line {node.lineno}" for node in functions(path) if node.returns is None)

    assert not breaches(rule, "engine", "ui")


def test_every_module_says_what_it_is_for() -> None:
    def rule(path: Path) -> Iterator[str]:
        if path.read_text(encoding="utf-8").strip() and not ast.get_docstring(tree_of(path)):
            yield "no docstring"

    assert not breaches(rule, "engine", "ui", "pages", "tests", "bench")


def test_errors_are_caught_by_name() -> None:
    def rule(path: Path) -> Iterator[str]:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ExceptHandler) and name_of(path) not in BROAD_EXCEPT_ALLOWED:
                caught = ast.unparse(node.type) if node.type else "everything"
                rethrown = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
                if not rethrown and re.search(r"\b(everything|Exception|BaseException)\b", caught):
                    yield f"line {node.lineno}: {caught}"

    assert not breaches(rule, "engine", "ui", "pages")


def test_nothing_is_probed_for_attributes() -> None:
    def probes(call: ast.Call) -> bool:
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        return name == "hasattr" or (name == "getattr" and len(call.args) == 3)

    def rule(path: Path) -> Iterator[str]:
        calls = (node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call))
        yield from (f"line {call.lineno}: {ast.unparse(call)}" for call in calls if probes(call))

    assert not breaches(rule, "engine", "ui", "pages")


def test_text_files_are_opened_as_utf8() -> None:
    """On a Korean Windows the default is cp949: the failure its users report most."""

    def rule(path: Path) -> Iterator[str]:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                said = ast.unparse(node)
                text = called == "open" and re.search(r"""['"][rwax]\+?t?['"]""", said)
                if (called in ("read_text", "write_text") or text) and "encoding=" not in said:
                    yield f"line {node.lineno}: {said}"

    assert not breaches(rule, "engine", "ui", "pages")


def test_recipes_know_no_model() -> None:
    def rule(path: Path) -> Iterator[str]:
        yield from re.findall(r"(?i).*starter.*", path.read_text(encoding="utf-8"))

    assert not breaches(rule, "engine/recipes")


def test_every_table_is_strict(fresh_store: Path) -> None:
    with open_store(fresh_store):
        pass
    db = sqlite3.connect(fresh_store)
    tables = db.execute(
        "SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
    ).fetchall()
    db.close()
    ours = {name: strict for name, strict in tables if not name.startswith(("sqlite_", "_sqlite"))}
    assert ours and all(ours.values()), [name for name, strict in ours.items() if not strict]


def own_files() -> list[Path]:
    """Every text file of the project: what git tracks or would track; without git, all but what tools generate."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        done = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        found = [p for p in ROOT.rglob("*") if p.is_file() and not GENERATED & set(p.relative_to(ROOT).parts)]
    else:
        found = [ROOT / name for name in done.stdout.decode("utf-8").split("\0") if name]
    return [path for path in found if path.is_file() and b"\0" not in path.read_bytes()[:4096]]


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    somewhere = re.compile(r"/work/(main|shared)|/root/|/home/(?!user/)[a-z]+/|[A-Z]:\\Users\\\w")
    texts = {name_of(path): path.read_text(encoding="utf-8", errors="replace") for path in own_files()}
    named = {name: found.group() for name, text in texts.items() if (found := somewhere.search(text))}
    assert set(named) <= {"tests/test_house.py"}


def pins(name: str) -> set[str]:
    lines = [line for line in (ROOT / name).read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines), f"{name} holds a line that pins nothing"
    return {canonicalize_name(line.split("==")[0]) for line in lines}


def used(*tops: str) -> set[str]:
    """Distributions that the files import, by the name pip knows."""
    own = {"engine", "ui", "pages", "tests", "bench", "start", "Home", *(p.stem for p in (ROOT / "tests").glob("*.py"))}
    modules = {top for path in python_files(*tops) for top in tops_of(imports(tree_of(path)))}
    owners = packages_distributions()
    foreign = modules - own - sys.stdlib_module_names
    return {canonicalize_name(owners[module][0]) if module in owners else module for module in foreign}


def test_every_import_is_pinned() -> None:
    asked_for = pins("requirements-optional.txt") | pins("requirements-trackers.txt")
    optional = asked_for | {name.replace("-", "_") for name in asked_for} | {"mlflow"}  # which mlflow-skinny brings
    assert not used("engine", "ui", "pages") - pins("requirements.txt") - optional
    carried = {"packaging", "joserfc", "werkzeug"}  # pytest, authlib and oidc-provider-mock bring them
    assert not used("tests", "bench") - pins("requirements.txt") - pins("requirements-dev.txt") - carried - optional


def test_every_pin_is_imported_or_has_a_reason() -> None:
    assert pins("requirements.txt") - used("engine", "ui", "pages", "bench") == NOT_IMPORTED

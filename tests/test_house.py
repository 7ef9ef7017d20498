"""The rules of the house, read off the source: directions, sizes, types, what is imported when. It runs no product code
beyond opening the command line and an empty store."""

import ast
import re
import sqlite3
import statistics
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from engine.store.open import open_store

ROOT = Path(__file__).resolve().parent.parent
ENGINE_ORDER = (
    "store korean sources privacy curate models train compress serve evaluate deploy recipes jobs doctor cli".split()
)
"""Each part may import what stands left of it. errors, config and hardware stand left of all."""
HEAVY = {"torch", "transformers", "trl", "peft", "datasets", "bitsandbytes", "accelerate", "scipy", "kiwipiepy"}
"""Imported inside functions only: together they take seconds and half a gigabyte."""
BROAD_EXCEPT_ALLOWED = {"engine/jobs/worker.py"}
"""The single recorder of a job's ending."""
NOT_IMPORTED = {
    "accelerate": "transformers' Trainer and device_map need it",
    "bitsandbytes": "transformers loads it for 4- and 8-bit bases",
}
GENERATED = {".venv", ".git", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}


def python_files(*tops: str) -> list[Path]:
    found = [path for top in tops for path in sorted((ROOT / top).rglob("*.py"))]
    return [*found, *(path for path in (ROOT / "Home.py",) if "pages" in tops and path.exists())]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(tree: ast.AST, top_only: bool = False) -> Iterator[str]:
    """Dotted names that are imported; `top_only`: by importing the module, so outside functions and TYPE_CHECKING."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif top_only and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        elif top_only and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        else:
            yield from imports(node, top_only)


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    yield from (n for n in ast.walk(tree_of(path)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def source(*tops: str) -> list[object]:
    return [pytest.param(path, id=name_of(path)) for path in python_files(*tops)]


@pytest.mark.parametrize("path", source("engine"))
def test_engine_imports_only_what_stands_left_of_it(path: Path) -> None:
    part = path.relative_to(ROOT / "engine").parts[0].removesuffix(".py")
    own = ENGINE_ORDER.index(part) if part in ENGINE_ORDER else None
    outside = {"streamlit", "ui", "pages", "Home", "start", "tests"}
    for name in imports(tree_of(path)):
        assert name.split(".")[0] not in outside, f"imports {name}"
        used = name.split(".")[1] if name.startswith("engine.") else ""
        if own is not None and used in ENGINE_ORDER:
            assert ENGINE_ORDER.index(used) <= own, f"{part} imports {name}"
        if part in ("errors", "config", "hardware"):
            assert used in ("", "errors", "config"), f"{part} imports {name}"


@pytest.mark.parametrize("path", source("pages", "ui"))
def test_pages_hold_no_sql(path: Path) -> None:
    tops = {name.split(".")[0] for name in imports(tree_of(path))}
    assert not tops & {"sqlite3", "sqlite_utils"}
    calls = {
        n.func.attr for n in ast.walk(tree_of(path)) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)
    }
    assert not calls & {"execute", "executemany", "executescript", "query"}


@pytest.mark.parametrize("path", source("engine", "ui", "pages"))
def test_heavy_libraries_are_imported_inside_functions(path: Path) -> None:
    assert not {name.split(".")[0] for name in imports(tree_of(path), top_only=True)} & HEAVY


def test_command_line_opens_without_heavy_libraries() -> None:
    code = (
        "import sys, engine.doctor\n"
        "from engine.cli import app, data, models, training, upkeep\n"
        f"print(sorted({HEAVY | {'pandas', 'plotly', 'streamlit'}!r} & set(sys.modules)))"
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


@pytest.mark.parametrize("path", source("engine", "ui", "pages", "tests"))
def test_files_fit_in_a_head(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= (120 if name_of(path).startswith("pages/") else 400)


@pytest.mark.parametrize("path", source("engine"))
def test_every_function_says_what_it_returns(path: Path) -> None:
    untyped = [node.name for node in functions(path) if node.returns is None]
    assert not untyped or name_of(path) == "engine/store/migrate.py" and untyped == ["_runner"]


@pytest.mark.parametrize("path", source("engine", "ui", "pages", "tests"))
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert path.read_text(encoding="utf-8").strip() == "" or ast.get_docstring(tree_of(path))


@pytest.mark.parametrize("path", source("engine", "ui", "pages"))
def test_errors_are_caught_by_name(path: Path) -> None:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"line {node.lineno}: bare except"
            broad = {n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)} & {"Exception", "BaseException"}
            rethrown = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
            assert not broad or rethrown or name_of(path) in BROAD_EXCEPT_ALLOWED, f"line {node.lineno}: {broad}"


@pytest.mark.parametrize("path", source("engine", "ui", "pages"))
def test_nothing_is_probed_for_attributes(path: Path) -> None:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            probing = node.func.id == "hasattr" or (node.func.id == "getattr" and len(node.args) == 3)
            assert not probing, f"line {node.lineno}: {ast.unparse(node)}"


@pytest.mark.parametrize("path", source("engine", "ui", "pages"))
def test_text_files_are_opened_as_utf8(path: Path) -> None:
    """On a Korean Windows the default is cp949: the failure its users report most."""
    for node in ast.walk(tree_of(path)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
            continue
        called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        said = ast.unparse(node)
        if called in ("read_text", "write_text") or (called == "open" and re.search(r"""['"][rwax]\+?t?['"]""", said)):
            assert "encoding=" in said or "utf-8" in said, f"line {node.lineno}: {said}"


def test_recipes_know_no_model() -> None:
    for path in (ROOT / "engine" / "recipes").glob("*.py"):
        assert "starter" not in path.read_text(encoding="utf-8").lower().replace("starter/data", ""), name_of(path)


def test_every_table_is_strict(fresh_store: Path) -> None:
    with open_store(fresh_store):
        pass
    with sqlite3.connect(fresh_store) as db:
        tables = db.execute("SELECT name, type, strict FROM pragma_table_list WHERE schema = 'main'").fetchall()
    db.close()
    ours = {name: strict for name, kind, strict in tables if kind == "table" and not name.startswith(("sqlite_", "_"))}
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
    somewhere = re.compile(r"/work/(main|shared)|/root/|/home/[a-z]+/|[A-Z]:\\Users\\\w")
    named = {}
    for path in own_files():
        if found := somewhere.search(path.read_text(encoding="utf-8", errors="replace")):
            named[name_of(path)] = found.group()
    named.pop("tests/test_house.py", None)
    assert not named


def pins(name: str) -> set[str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    found = [line.split("==")[0] for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(pin) for pin in found}


def used(*tops: str) -> set[str]:
    """Distributions that the files import, by the name pip knows."""
    local = {"engine", "ui", "pages", "tests", "bench", "start", "Home"} | {
        p.stem for p in (ROOT / "tests").glob("*.py")
    }
    modules = {name.split(".")[0] for path in python_files(*tops) for name in imports(tree_of(path))}
    owners = packages_distributions()
    return {
        canonicalize_name(owners[module][0]) if module in owners else module
        for module in modules - local - sys.stdlib_module_names
    }


def test_every_import_is_pinned() -> None:
    assert not used("engine", "ui", "pages", "bench") - pins("requirements.txt")
    carried = {"packaging"}  # pytest brings it
    assert not used("tests") - pins("requirements.txt") - pins("requirements-dev.txt") - carried


def test_every_pin_is_imported_or_has_a_reason() -> None:
    assert pins("requirements.txt") - used("engine", "ui", "pages", "bench") == set(NOT_IMPORTED)

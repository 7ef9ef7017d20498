"""What code a bundle needs: the files that its own import, and theirs, read off the source; and the libraries these ask for.

It runs nothing and knows no model. Imports inside functions are followed too; only what cannot run there is left out: modules that
need a library which the bundle does not bring.
"""

import ast
import sys
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

OWN = ("engine", "ui")
LIKE_IT = (".js", ".css")
"""A page's script and looks lie beside it under its name."""
HEAVY = frozenset(
    "torch transformers trl peft datasets bitsandbytes accelerate scipy kiwipiepy pypdfium2 rensa optuna fastapi uvicorn "
    "sentence_transformers pandas plotly pyarrow ctranslate2 openvino openvino_genai xllamacpp gguf typer rich keyring".split()
)
"""Modules that need one of these at import stay behind unless the bundle brings it."""


def closure(root: Path, entries: Mapping[str, Path], brought: Collection[str] = ()) -> dict[str, Path]:
    """{path inside the bundle: file} of all that `entries` (the same) import out of engine/ and ui/, and the data files beside them.

    brought: import names of heavy libraries that the bundle installs.
    """
    absent = HEAVY - set(brought)
    found: dict[str, Path] = {}
    waiting = dict(entries)
    while waiting:
        name, path = waiting.popitem()
        if name in found or _asks_for(root, path, absent):
            continue
        found[name] = path
        for imported in _imports(path):
            waiting |= {one.relative_to(root).as_posix(): one for one in _files_of(root, imported)}
    data = [one for path in found.values() if path.is_relative_to(root) for one in _data_of(path)]
    return dict(sorted({**found, **{one.relative_to(root).as_posix(): one for one in data}}.items()))


def imported_files(root: Path, program: Path) -> list[Path]:
    """Modules of engine/ and ui/ that a program imports itself."""
    return [path for name in _imports(program) for path in _files_of(root, name)]


def libraries(files: Collection[Path]) -> set[str]:
    """Names by which pip knows what the modules import when they are opened."""
    tops = {name.split(".")[0] for path in files if path.suffix == ".py" for name in _imports(path, on_import=True)}
    owners = packages_distributions()
    foreign = tops - set(OWN) - sys.stdlib_module_names
    return {owners[top][0] for top in foreign if top in owners}


def _asks_for(root: Path, path: Path, absent: Collection[str]) -> bool:
    """Whether opening the module opens one of the libraries."""
    seen, waiting = set(), [path]
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        for name in _imports(one, on_import=True):
            if name.split(".")[0] in absent:
                return True
            waiting += _files_of(root, name)
    return False


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def _imports(path: Path, on_import: bool = False) -> tuple[str, ...]:
    """Dotted names that a file imports; on_import: only those that opening it imports. Asked for many times a file."""
    return tuple(_imported(_tree(path), on_import)) if path.suffix in (".py", ".txt") else ()


def _imported(tree: ast.AST, on_import: bool) -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif not (on_import and _is_late(node)):
            yield from _imported(node, on_import)


def _is_late(node: ast.AST) -> bool:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return True
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


@cache
def _files_of(root: Path, name: str) -> list[Path]:
    """The module of that name, or the one that holds it, and the packages that it lies in; none for a foreign one."""
    parts = name.split(".")
    if parts[0] not in OWN:
        return []
    packages = [root.joinpath(*parts[:depth], "__init__.py") for depth in range(1, len(parts) + 1)]
    modules = [root.joinpath(*parts[:depth]).with_suffix(".py") for depth in range(1, len(parts) + 1)]
    return [path for path in (*packages, *modules) if path.is_file()]


def _data_of(path: Path) -> Iterator[Path]:
    """Files, and folders without code, beside a module that bear its name or that one of its texts names."""
    if path.suffix != ".py":
        return
    yield from (one for one in path.parent.glob(f"{path.stem}.*") if one.suffix in LIKE_IT)
    texts = (node.value for node in ast.walk(_tree(path)) if isinstance(node, ast.Constant))
    for text in {text for text in texts if isinstance(text, str) and text and len(text) < 80 and "/" not in text}:
        beside = path.parent / text if text.isprintable() and text.strip(".") else None
        if beside is None or beside.suffix == ".py":
            continue
        if beside.is_file():
            yield beside
        elif beside.is_dir() and not any(beside.rglob("*.py")):
            yield from (one for one in beside.rglob("*") if one.is_file())

"""The command line's door: python -m engine … It finds the project's own .venv when the calling Python lacks the libraries."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

VENV = Path(__file__).resolve().parent.parent / ".venv"


def main() -> int:
    """Run the command here, or in .venv when it is installed only there."""
    if find_spec("typer") and find_spec("sqlite_utils"):
        import engine.light  # noqa: F401  (first)
        from engine.cli.app import main as run

        return run(sys.argv[1:])
    python = VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if python.is_file() and Path(sys.prefix).resolve() != VENV:
        return subprocess.call([str(python), "-X", "utf8", "-m", "engine", *sys.argv[1:]])
    print("라이브러리가 없습니다. 먼저 `python start.py install`을 하세요.", file=sys.stderr)
    print("The libraries are not installed. Run `python start.py install` first.", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())

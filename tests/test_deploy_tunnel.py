"""A bundle on the owner's own machine says which tunnel program is there, and is calm where there is none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.config import ROOT
from engine.deploy.bundle import TEMPLATES
from engine.deploy.closure import closure, imported_files
from engine.deploy.tunnel import tunnel_commands, words


def program(folder: Path, name: str) -> None:
    path = folder / (f"{name}.exe" if os.name == "nt" else name)
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    path.chmod(0o755)


def test_the_exact_command_of_what_is_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tunnel_commands() == []
    assert all("cloudflared" in said and "https://" in said for said in words([]))
    program(tmp_path, "ngrok")
    assert tunnel_commands(8600) == ["ngrok http 8600"]
    program(tmp_path, "cloudflared")
    assert tunnel_commands() == ["cloudflared tunnel --url http://127.0.0.1:8501", "ngrok http 8501"]
    ko, en = words(tunnel_commands())
    assert "cloudflared tunnel" in ko and "ngrok http 8501" in en and "또는" not in en


def test_the_start_program_runs_with_the_bundles_own_code_alone(tmp_path: Path) -> None:
    start = TEMPLATES / "start.py.txt"
    for name, path in closure(
        ROOT, {one.relative_to(ROOT).as_posix(): one for one in imported_files(ROOT, start)}
    ).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(path.read_bytes())
    (tmp_path / "start.py").write_bytes(start.read_bytes())
    (tmp_path / "streamlit_app.py").write_text("", encoding="utf-8")
    code = "import runpy, subprocess, sys; subprocess.run = lambda *a, **k: sys.exit(0); runpy.run_path('start.py', run_name='__main__')"
    done = subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, encoding="utf-8", check=False,
                          env={**os.environ, "PATH": "", "PYTHONUTF8": "1"})  # fmt: skip
    assert done.returncode == 0 and "cloudflared" in done.stdout, done.stderr

"""What a host wants beside the code: requirements, settings, an image's recipe, a card, and a README with the steps. Texts only."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.config import ROOT
from engine.deploy.engines import GPU
from engine.deploy.steps import readme
from engine.deploy.targets import Target

PORT = {"hf-space": 7860, "render": 10000}
"""On which each host expects an answer."""
IGNORED = "visits*.db*\n.model/\n__pycache__/\n.venv/\n.streamlit/secrets.toml\n"
SECRETS = """# Copy to .streamlit/secrets.toml on your own machine, or paste into the host's settings. Never upload the copy.
# What your own dashboard asks for before it takes feedback home (only when bundle.json names a `home`):
# home_key = "…"
"""
CONFIG = """[client]
showSidebarNavigation = false
toolbarMode = "viewer"
showErrorDetails = "none"
showErrorLinks = false

[server]
headless = true
# MB. Nobody uploads here, and a page's message is some kilobytes: more is refused before it is read, not kept in the host's memory
maxUploadSize = 1
maxMessageSize = 5
maxWidgetStateSize = 5
fileWatcherType = "none"
showEmailPrompt = false

[runner]
# A whole collection of Python's memory after every drawing holds everybody up
postScriptGC = false

[browser]
gatherUsageStats = false
"""
DOCKERFILE = """FROM python:3.11-slim
# llama.cpp and OpenVINO share work among threads with this library
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt && useradd -u 1000 user && chown user /app
USER user
ENV PYTHONUTF8=1 HOME=/tmp
COPY --chown=user . .
EXPOSE {port}
CMD ["sh", "-c", "python -m streamlit run streamlit_app.py --server.address 0.0.0.0 --server.port ${{PORT:-{port}}}"]
"""
GPU_DOCKERFILE = """# The small CUDA image: torch brings the CUDA libraries that it was built with (13.0, for drivers from 580 on; an older one leaves
# the processor, which answers slowly)
FROM nvidia/cuda:12.8.1-base-ubuntu24.04
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-venv libgomp1 && rm -rf /var/lib/apt/lists/*
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /app
COPY requirements.txt .
# a Space runs as user 1000, whom this image may already have under another name
RUN python3 -m venv /opt/venv && pip install --no-cache-dir -r requirements.txt && chown 1000 /app
USER 1000
ENV PYTHONUTF8=1 HOME=/tmp HF_HOME=/tmp/huggingface
COPY --chown=1000 . .
EXPOSE {port}
CMD ["sh", "-c", "python -m streamlit run streamlit_app.py --server.address 0.0.0.0 --server.port ${{PORT:-{port}}}"]
"""
RENDER = """services:
  - type: web
    name: malmoi-chat
    runtime: docker
    plan: free
    healthCheckPath: /_stcore/health
"""


def write_repository(folder: Path, place: Target, about: dict[str, Any], pins: Sequence[str]) -> None:
    """The files beside the code in `folder`. pins: lines of requirements.txt."""
    _put(folder / "requirements.txt", "\n".join(pins) + "\n")
    _put(folder / ".gitignore", IGNORED)
    _put(folder / ".gitattributes", "* -text\n")  # a changed line end would be another hash
    _put(folder / ".streamlit" / "config.toml", CONFIG + _colours())
    _put(folder / ".streamlit" / "secrets.toml.example", SECRETS)
    _put(folder / "LICENSE", (ROOT / "LICENSE").read_text(encoding="utf-8"))
    if place.docker:
        recipe = GPU_DOCKERFILE if about["engine"] == GPU else DOCKERFILE
        _put(folder / "Dockerfile", recipe.format(port=PORT[place.name]))
        _put(folder / ".dockerignore", IGNORED + ".git\n")
    if place.name == "render":
        _put(folder / "render.yaml", RENDER)
    card = _card(about) if place.name == "hf-space" else ""
    _put(folder / "README.md", card + readme(place, about, english=True))
    _put(folder / "README.ko.md", readme(place, about, english=False))


def _colours() -> str:
    """The dashboard's own, without its font, which is larger than the code."""
    told = (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    return "\n" + "".join(
        told[told.index(f"[theme.{name}]") :].partition("\n\n")[0].strip() + "\n\n" for name in ("light", "dark")
    )


def _card(about: dict[str, Any]) -> str:
    """What a Space reads at the head of its README; JSON texts are YAML too."""
    import json

    title = json.dumps(about["title"], ensure_ascii=False)
    card = f"suggested_hardware: {about['hardware']}\n" if about["engine"] == GPU else ""
    return (
        f"---\ntitle: {title}\nemoji: 💬\ncolorFrom: blue\ncolorTo: gray\nsdk: docker\napp_port: {PORT['hf-space']}\n"
        f"{card}pinned: false\n---\n\n"
    )


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")

"""Opens the dashboard's page in the browser, and finds the one that runs already. For `start.py`: standard library only.

It knows nothing of stores beyond their path, and of tokens only that an address holds one.
"""

import contextlib
import http.client
import json
import os
import socket
import sys
import threading
import time
import webbrowser
from pathlib import Path

BUILD = Path(__file__).resolve().parent.parent / "build"
NOTE, PAGE = BUILD / "dashboard.json", BUILD / "dashboard.html"


def note(store: str, wanted: int, port: int, address: str) -> None:
    """Write down, for this user alone, which dashboard runs. Where that cannot be, nobody finds it."""
    with contextlib.suppress(OSError):
        _write(NOTE, json.dumps({"store": store, "wanted": wanted, "port": port, "address": address}))


def forget() -> None:
    """None runs any more."""
    for path in (NOTE, PAGE):
        with contextlib.suppress(OSError):
            path.unlink()


def running(store: str, wanted: int) -> str:
    """The address of the dashboard that was started before on this store and port, and still answers; "" when none does."""
    try:
        facts = json.loads(NOTE.read_text(encoding="utf-8"))
        same = facts["store"] == store and wanted in (facts["wanted"], facts["port"])
        return str(facts["address"]) if same and _answers(int(facts["port"])) else ""
    except (OSError, ValueError, KeyError, TypeError):  # none was noted, or nothing that we wrote
        return ""


def _answers(port: int) -> bool:
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5)  # by no proxy
    try:
        asked.request("GET", "/_stcore/health")
        return asked.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asked.close()


def show_later(port: int, address: str) -> None:
    """Open the page once the server answers, while others go on; gives up after a minute."""
    threading.Thread(target=_show_later, args=(port, address), daemon=True).start()


def _show_later(port: int, address: str) -> None:
    for _ in range(120):
        time.sleep(0.5)
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            show(address)
            return


def show(address: str) -> None:
    """Open the page in the browser; on a Linux without a screen the address on the terminal has to do.

    On Linux the address would stand on the browser's command line, which every user of the machine can read (`ps`): there a
    page of our own, which only we can read, sends the browser on, as Jupyter's does. Windows and macOS hand addresses over
    otherwise.
    """
    linux = sys.platform.startswith("linux")
    if linux and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return
    opened = address
    if linux:
        with contextlib.suppress(OSError):
            _write(PAGE, f'<meta charset="utf-8"><meta http-equiv="refresh" content="0; url={address}">')
            opened = PAGE.as_uri()
    webbrowser.open(opened)


def _write(path: Path, text: str) -> None:
    """A file that no other user of the machine can read. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)

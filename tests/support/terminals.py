"""pinner at a terminal of some width."""

import os
import pty
import subprocess
import sys
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[2]


def at_a_terminal(arguments: list[str], folder: Path, **environ: str) -> str:
    """What the command shows, on both streams."""
    terminal, inside = pty.openpty()
    # CI: without a progress bar, which would leave its traces.
    environment = os.environ | {"TERM": "xterm", "CI": "true", "PYTHONPATH": str(ROOT)} | environ
    command = [sys.executable, "-m", "pinner", *arguments]
    with subprocess.Popen(command, cwd=folder, env=environment, stdin=inside, stdout=inside, stderr=inside):
        os.close(inside)
        output = b"".join(iter(partial(_read, terminal), b""))
    os.close(terminal)
    return output.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    """The next bytes; Linux answers EIO when the other side is gone."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""

"""Runs that are killed while they write: no file is half-written, and what they leave is removed by the next run."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.occurrences import DIGEST

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no signal that kills"),
]

PINNED = f"FROM node:20@{DIGEST}\n".encode()
PLAIN = b"FROM node:20\n"
UNPIN = [sys.executable, "-m", "pinner", "unpin", "."]
# The process kills itself at the rename: the latest moment at which a temporary file is there.
KILLED_AT_THE_RENAME = """
import os, signal, sys
os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
from pinner.__main__ import main
sys.argv[1:] = {arguments!r}
main()
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    return tmp_path


def strays(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.name.endswith(".pinner")]


def run(arguments: list[str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(arguments, capture_output=True, timeout=60, check=False)


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["unpin", "."], "Dockerfile"),
        (["check", "--format", "json=report.json", "."], "report.json"),
        (["check", "--write-baseline", "baseline.json", "."], "baseline.json"),
    ],
)
def test_the_next_run_removes_what_a_killed_one_left(arguments: list[str], name: str, project: Path) -> None:
    (project / "Dockerfile").write_bytes(PINNED)
    killed = run([sys.executable, "-c", KILLED_AT_THE_RENAME.format(arguments=arguments)])
    assert killed.returncode == -signal.SIGKILL
    [left] = strays(project)
    assert re.fullmatch(rf"\.{re.escape(name)}\.[0-9a-f]{{8}}\.pinner", left.name)
    assert (project / "Dockerfile").read_bytes() == PINNED
    again = run([sys.executable, "-m", "pinner", *arguments])
    assert again.returncode == 0, again.stderr
    assert strays(project) == [left], "it may be that of a run that is still at work"
    age(left, 90)
    (project / "Dockerfile").write_bytes(PINNED)
    (project / name).write_bytes(PINNED)
    assert run([sys.executable, "-m", "pinner", *arguments]).returncode == 0
    assert strays(project) == []


def changed(files: list[Path]) -> int:
    """How many files hold the new text; each holds the old one or the new one as a whole."""
    found = [path.read_bytes() for path in files]
    assert set(found) <= {PINNED, PLAIN}
    return found.count(PLAIN)


def test_runs_that_are_killed_amid_their_work_leave_whole_files(project: Path) -> None:
    files = [project / f"{number}" / "Dockerfile" for number in range(300)]
    for path in files:
        path.parent.mkdir()
    amid = 0
    for least in (1, 1, 40, 40, 80, 80, 120, 120):
        for path in files:
            path.write_bytes(PINNED)
        process = subprocess.Popen(UNPIN, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        while changed(files) < least and process.poll() is None:
            pass
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(60)
        amid += 0 < changed(files) < len(files)
    assert amid > 0
    for path in strays(project):
        age(path, 90)
    for path in files:
        path.write_bytes(PINNED)
    assert run(UNPIN).returncode == 0
    assert changed(files) == len(files)
    assert strays(project) == []


def test_a_mounted_file_is_written_in_place(project: Path) -> None:
    (project / "Dockerfile").write_bytes(PLAIN)
    (project / "outside").write_text("x" * 10_000)
    (project / "report").touch()
    try:
        mounted = run(["mount", "--bind", "outside", "report"])
    except FileNotFoundError:
        pytest.skip("there is no mount")
    if mounted.returncode:
        pytest.skip("this user may not mount")
    try:
        checked = run([sys.executable, "-m", "pinner", "check", "--format", "concise=report", "."])
    finally:
        assert run(["umount", "report"]).returncode == 0
    assert checked.returncode == 1, checked.stderr
    assert (project / "outside").read_text() == "Dockerfile:1:6: error[unpinned] node:20 is not pinned to a digest\n"
    assert strays(project) == []

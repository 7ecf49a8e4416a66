"""How much a hook imports, as a number of modules: a time would depend on the machine."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import pinner
from tests.support.occurrences import DIGEST

pytestmark = pytest.mark.integration

SLOW = frozenset(
    "argparse asyncio concurrent dataclasses datetime dockerfile_parse email h11 http httpcore httpx importlib.metadata"
    " inspect json logging multiprocessing pathlib pathspec pickle random rich ruamel shutil socket ssl subprocess"
    " tempfile threading tomllib typer urllib zipfile".split()
)
PROGRAM = """
import sys
before = set(sys.modules)
from pinner.__main__ import main
try:
    main()
finally:
    print("imported:", *sorted(set(sys.modules) - before))
"""


def imported(folder: Path, *arguments: str) -> set[str]:
    """The modules that a call of pinner imports beyond those of Python itself."""
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], cwd=folder, capture_output=True, text=True, timeout=60
    )
    return set(run.stdout.rpartition("imported:")[2].split())


def slow(modules: set[str]) -> set[str]:
    return {module for module in modules if module in SLOW or module.partition(".")[0] in SLOW}


@pytest.mark.parametrize(
    ("text", "most"),
    [
        pytest.param(f"FROM node:20@{DIGEST}\nRUN make \\\n  all\n", 110, id="pinned"),
        pytest.param("FROM node:20\nRUN make \\\n  all\n", 110, id="with a finding"),
    ],
)
def test_a_hook_imports_little(tmp_path: Path, text: str, most: int) -> None:
    (tmp_path / "Dockerfile").write_text(text)
    modules = imported(tmp_path, "check", "--", "Dockerfile")
    assert slow(modules) == set()
    assert len(modules) <= most, sorted(modules)


@pytest.mark.parametrize("arguments", [["--version"], ["explain", "unpinned"], ["list", "-q", "Dockerfile"]])
def test_no_command_imports_what_it_does_not_need(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "Dockerfile").write_text("FROM node:20\n")
    modules = imported(tmp_path, *arguments)
    assert "typer" in modules
    assert not {"asyncio", "httpx", "ruamel", "rich", "ssl", "dockerfile_parse"} & modules


@pytest.mark.parametrize("command", [["pin"], ["check", "--online"]])
def test_where_there_is_nothing_to_ask_nothing_that_asks_is_imported(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    assert not {"asyncio", "httpx"} & imported(tmp_path, *command, "Dockerfile")


@pytest.mark.parametrize(("command", "is_parsed"), [("check", False), ("pin", False), ("list", True), ("unpin", True)])
def test_only_what_hooks_call_is_not_parsed(tmp_path: Path, command: str, is_parsed: bool) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    assert ("typer" in imported(tmp_path, command, "Dockerfile")) == is_parsed


def test_the_version_is_that_of_the_distribution() -> None:
    assert pinner.__version__ == metadata.version("digest-pinner")

"""How much a hook imports, as a number of modules: a time would depend on the machine."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import pinner
from tests.support.occurrences import DIGEST

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
        pytest.param(f"FROM node:20@{DIGEST}\nRUN make \\\n  all\n", 45, id="settled"),
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


@pytest.mark.parametrize("command", ["check", "list", "unpin"])
def test_a_command_without_flags_is_not_parsed(tmp_path: Path, command: str) -> None:
    (tmp_path / "Dockerfile").write_text("FROM node:20\n")
    assert "typer" not in imported(tmp_path, command, "Dockerfile")


def test_the_version_is_that_of_the_distribution() -> None:
    assert pinner.__version__ == metadata.version("digest-pinner")


def test_the_program_ends_without_taking_itself_apart(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM node:20\n" * 2000)
    code = "import atexit; from pinner.__main__ import program; atexit.register(print, 'taken apart'); program()"
    run = subprocess.run([sys.executable, "-c", code, "list", "Dockerfile"], cwd=tmp_path, capture_output=True)
    assert run.returncode == 0
    assert run.stdout.count(b"node:20") >= 2000
    assert b"taken apart" not in run.stdout


def test_a_string_as_the_exit_code_is_left_to_python() -> None:
    code = "import sys; from pinner import __main__; __main__.main = lambda: sys.exit('why'); __main__.program()"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True)
    assert (run.returncode, run.stderr) == (1, b"why\n")

"""Colour, and progress: where they are wanted."""

import ast
import io
import re
import time
from pathlib import Path
from typing import TextIO, cast

import pytest

from pinner.cli import terminal
from pinner.cli.terminal import CleanedStream, progress, takes_hyperlinks, wants_color, width_of

PACKAGE = Path(__file__).parents[2] / "pinner"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


PIPE, TERMINAL = io.StringIO(), Terminal()


@pytest.mark.parametrize(
    ("choice", "stream", "environ", "expected"),
    [
        ("auto", TERMINAL, {}, True),
        ("auto", PIPE, {}, False),
        ("always", PIPE, {}, True),
        ("never", TERMINAL, {}, False),
        ("auto", TERMINAL, {"NO_COLOR": "1"}, False),
        ("auto", TERMINAL, {"NO_COLOR": ""}, True),
        ("always", PIPE, {"NO_COLOR": "1"}, True),
        ("auto", PIPE, {"FORCE_COLOR": "1"}, True),
        ("auto", PIPE, {"FORCE_COLOR": ""}, False),
        ("never", TERMINAL, {"FORCE_COLOR": "1"}, False),
        ("auto", PIPE, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ("auto", TERMINAL, {"TERM": "dumb"}, False),
        ("auto", TERMINAL, {"TERM": "xterm"}, True),
        ("auto", PIPE, {"TERM": "dumb", "FORCE_COLOR": "1"}, True),
        ("always", PIPE, {"TERM": "dumb"}, True),
    ],
)
def test_colour(choice: str, stream: io.StringIO, environ: dict[str, str], expected: bool) -> None:
    assert wants_color(choice, stream, environ) is expected


@pytest.mark.parametrize(
    ("stream", "quiet", "environ", "expected"),
    [
        (TERMINAL, False, {}, True),
        (PIPE, False, {}, False),
        (TERMINAL, True, {}, False),
        (TERMINAL, True, {"CI": "true"}, False),
        (PIPE, False, {"CI": "true", "PRE_COMMIT": "1"}, False),
        (TERMINAL, False, {"CI": "true", "PRE_COMMIT": "1"}, False),
        (TERMINAL, False, {"PRE_COMMIT": "1"}, False),
    ],
)
def test_progress(
    stream: io.StringIO, quiet: bool, environ: dict[str, str], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal.sys, "stderr", stream)
    with progress("Asking", quiet, environ) as tick:
        assert (tick is not None) is expected
        if tick:
            tick(1, 2, "ghcr.io")


def test_progress_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr(terminal.sys, "stderr", stream)
    with progress("Asking", False, {}) as tick:
        assert tick is not None
        tick(2, 2, "")
    assert re.search(r"\x1b\[2K\x1b\[1A|\x1b\[1A\x1b\[2K", stream.getvalue())


def test_progress_shows_counts_and_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr(terminal.sys, "stderr", stream)
    with progress("Asking", False, {}) as tick:
        assert tick is not None
        tick(3, 9, "[red]ghcr.io\x1b[2J")
    assert "3/9" in stream.getvalue()
    assert "waiting for [red]ghcr.io\\x1b[2J" in stream.getvalue()


def test_progress_is_a_line_now_and_then_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(terminal.sys, "stderr", stream)
    with progress("Asking", False, {"CI": "true"}, interval=0.01) as tick:
        assert tick is not None
        tick(3, 9, "ghcr.io")
        deadline = time.monotonic() + 30
        while "3 of 9" not in stream.getvalue() and time.monotonic() < deadline:
            time.sleep(0.01)
        tick(9, 9, "")
    assert "Asking: 3 of 9 answered, waiting for ghcr.io\n" in stream.getvalue()
    told = stream.getvalue()
    time.sleep(0.05)
    assert stream.getvalue() == told


def test_a_run_shorter_than_a_minute_tells_nothing_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(terminal.sys, "stderr", stream)
    with progress("Asking", False, {"CI": "true"}) as tick:
        assert tick is not None
        tick(9, 9, "")
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, False),
        ({"VTE_VERSION": "7200"}, True),
        ({"VTE_VERSION": "4000"}, False),
        ({"VTE_VERSION": "new"}, False),
        ({"TERM_PROGRAM": "vscode"}, True),
        ({"TERM_PROGRAM": "Apple_Terminal"}, False),
        ({"TERM": "xterm-kitty"}, True),
        ({"WT_SESSION": "1"}, True),
        ({"WT_SESSION": "1", "CI": "true"}, False),
        ({"WT_SESSION": "1", "FORCE_HYPERLINK": "0"}, False),
        ({"FORCE_HYPERLINK": "1"}, True),
    ],
)
def test_hyperlinks_are_for_terminals_that_are_known_to_show_them(environ: dict[str, str], expected: bool) -> None:
    assert takes_hyperlinks(environ) is expected


@pytest.mark.parametrize(("columns", "expected"), [("60", 60), ("0", 80), ("many", 80), ("", 80)])
def test_the_width_of_what_is_no_terminal(columns: str, expected: int) -> None:
    assert width_of(io.StringIO(), {"COLUMNS": columns}) == expected


def cleaned() -> tuple[CleanedStream, io.TextIOWrapper]:
    raw = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")
    return CleanedStream(raw), raw


def written(raw: io.TextIOWrapper) -> bytes:
    raw.flush()
    assert isinstance(raw.buffer, io.BytesIO)
    return raw.buffer.getvalue()


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (["a\n", "b"], b"a\nb"),
        (["  ", ":", ":error::x\n"], b"  \\x3a:error::x\n"),
        (["x#", "#", "[group]\n"], b"x#\\x23[group]\n"),
        (["\x1b", "[2J\n"], b"\\x1b[2J\n"),
        (["one\n::two", "\n::three\n"], b"one\n\\x3a:two\n\\x3a:three\n"),
        (["https://user:", "pw@host\n"], b"https://***@host\n"),
    ],
)
def test_a_stream_cleans_whole_lines_however_they_arrive(parts: list[str], expected: bytes) -> None:
    stream, raw = cleaned()
    for part in parts:
        assert stream.write(part) == len(part)
    stream.flush()
    assert written(raw) == expected
    stream, raw = cleaned()
    stream.writelines(parts)
    stream.flush()
    assert written(raw) == expected


def test_a_stream_keeps_the_order_of_text_and_bytes() -> None:
    stream, raw = cleaned()
    stream.write("begun")
    stream.write_bytes(b"\x1b\xff")
    stream.write("again")
    stream.write_harmless("\x1b[1m")
    assert written(raw) == b"begun\x1b\xffagain\x1b[1m"


def test_there_is_no_way_around_a_stream() -> None:
    stream, raw = cleaned()
    assert stream.encoding == raw.encoding
    for name in ("buffer", "detach"):
        assert not hasattr(stream, name)
    print("\x1b", file=cast("TextIO", stream), flush=True)
    assert written(raw) == b"\\x1b\n"


def test_streams_are_prepared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal.sys, "stdout", PIPE)
    monkeypatch.setattr(terminal.sys, "stderr", None)
    terminal.prepare_streams()
    first = terminal.sys.stdout
    terminal.prepare_streams()
    assert terminal.sys.stdout is first
    assert terminal.standard_stream().raw is PIPE
    terminal.sys.stderr.write("x")


# Who writes.

PRINTS_INTO_A_STRING = "cli/pages.py"
"""rich prints a page there, and what it made is cleaned."""


def writes(source: str) -> list[str]:
    """What in the source text of a module reaches for standard output or standard error."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(value=ast.Name(id="sys"), attr=name) if name.strip("_") in ("stdout", "stderr"):
                found.append(f"{node.lineno}: sys.{name}")
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in ("print", "echo", "secho"):
                found.append(f"{node.lineno}: {name}")
            case ast.Call(func=ast.Attribute(value=ast.Name(id="os"), attr="write"), args=[ast.Constant(), *_]):
                found.append(f"{node.lineno}: os.write")
            case ast.ImportFrom(module="sys" | "rich" | "logging") | ast.Import(names=[ast.alias(name="logging")]):
                found.append(f"{node.lineno}: import")
    return found


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_else_writes_to_the_standard_streams(path: Path) -> None:
    name = str(path.relative_to(PACKAGE))
    allowed = {
        "cli/terminal.py": path.read_text().count("sys.std"),
        PRINTS_INTO_A_STRING: 1,
    }.get(name, 0)
    assert len(writes(path.read_text())) == allowed


@pytest.mark.parametrize(
    "source",
    [
        "import sys\nsys.stdout.write('')",
        "import sys\nx = sys.stderr",
        "import sys\nsys.__stdout__.flush()",
        "from sys import stdout",
        "print('')",
        "import typer\ntyper.echo('')",
        "import os\nos.write(1, b'')",
        "import logging",
    ],
)
def test_what_writes_is_found(source: str) -> None:
    assert writes(source)

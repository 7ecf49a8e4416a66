"""Colour, and progress: where they are wanted."""

import io
import re

import pytest

from pinner import terminal
from pinner.terminal import progress, wants_color


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
        (TERMINAL, False, {"CI": "true"}, False),
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
            tick(1, 2)


def test_progress_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr(terminal.sys, "stderr", stream)
    with progress("Asking", False, {}) as tick:
        assert tick is not None
        tick(2, 2)
    assert re.search(r"\x1b\[2K\x1b\[1A|\x1b\[1A\x1b\[2K", stream.getvalue())

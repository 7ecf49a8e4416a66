"""Large trees, dead registries and narrow terminals: golden files, and what must hold in them."""

from pathlib import Path

import pytest

from pinner.output._excerpt import cells
from tests.cli import scale
from tests.support.terminals import at_a_terminal

pytestmark = pytest.mark.integration  # runs pinner at a terminal
RENDERINGS = scale.renderings()


@pytest.mark.parametrize("name", RENDERINGS)
def test_golden(name: str) -> None:
    assert RENDERINGS[name] == (scale.FOLDER / name).read_bytes().decode()


def test_every_golden_file_is_tested() -> None:
    assert sorted(path.name for path in scale.FOLDER.iterdir()) == sorted(RENDERINGS)


def test_a_dead_registry_is_told_in_three_lines_at_most() -> None:
    told, _, _ = RENDERINGS["dead-registry.txt"].partition("--- standard error\n")
    assert told.count("\n") <= 3
    assert "300 files" in told


@pytest.mark.parametrize("columns", scale.COLUMNS)
def test_source_lines_fit_the_terminal(columns: int) -> None:
    margins = [line for line in RENDERINGS[f"check-{columns}.txt"].splitlines() if " | " in line[:12]]
    assert margins
    assert all(cells(line) <= columns for line in margins)


@pytest.mark.parametrize("columns", [60, 80])
def test_lists_break_no_line_but_between_words(columns: int) -> None:
    for line in RENDERINGS[f"list-{columns}.txt"].splitlines():
        assert cells(line) <= columns or " " not in line.strip()


def test_nothing_but_ascii_where_the_encoding_has_no_more() -> None:
    assert RENDERINGS["check-ascii.txt"].isascii()


def test_pages_are_rendered_at_a_terminal_and_plain_in_a_pipe(tmp_path: Path) -> None:
    shown = at_a_terminal(["explain", "unpinned"], tmp_path, COLUMNS="60")
    assert "## " not in shown and "```" not in shown
    assert "\x1b[1" in shown and "\x1b]8" not in shown
    assert "https://digest-pinner.github.io/pinner/rules/unpinned/" in shown
    plain = at_a_terminal(["explain", "unpinned"], tmp_path, NO_COLOR="1")
    assert "## What it does" in plain and "\x1b" not in plain

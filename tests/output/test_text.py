"""Text for people: source lines, carets and counts. Whole reports are in the golden files."""

import re

import pytest

from pinner.model.changes import Change, Kept
from pinner.model.occurrence import Finding, Severity
from pinner.model.report import FileFailure, Report, Summary
from pinner.model.source import Location, Source, Span
from pinner.output import Style, concise, text
from pinner.output._excerpt import cells
from tests.output import case
from tests.support.occurrences import DIGEST, occurrence_in

EMPTY = Summary(files=0, references=0, pinned=0, findings=0, unchecked=0)


def context(data: str, marked: str, where: Location | None = None, width: int | None = None) -> list[str]:
    """The source line and the caret line of a finding on `marked`."""
    source = Source("f", data.encode())
    start = data.encode().index(marked.encode())
    where = where or source.locate(Span(start, start + len(marked.encode())))
    finding = Finding("rule", Severity.ERROR, "f", where, marked, "FROM", "message")
    report = Report(EMPTY, (finding,), sources={"f": source})
    lines = text.render(report, Style(context=True, width=width)).splitlines()
    told, shown = lines[:-2], lines[-2:]
    assert " ".join(map(str.strip, told)) == f"f {where.line}:{where.column}: error[rule] message"
    return [line.removeprefix("  ") for line in shown]


@pytest.mark.parametrize(
    ("data", "marked", "expected"),
    [
        ("FROM a\n", "a", ["  1 | FROM a", "    |      ^"]),
        ("x\r\nFROM abc AS y\r\n", "abc", ["  2 | FROM abc AS y", "    |      ^^^"]),
        ("\ufeffFROM a", "a", ["  1 | FROM a", "    |      ^"]),
        ("\tFROM\ta", "a", ["  1 |     FROM    a", "    |             ^"]),
        ('"名前": a', "a", ['  1 | "名前": a', "    |         ^"]),
        ('"e\u0301": a', "a", ['  1 | "e\u0301": a', "    |      ^"]),
        ("FROM \x1b[2Ja", "a", ["  1 | FROM \\x1b[2Ja", "    |             ^"]),
        ("FROM \x1bb a", "\x1bb", ["  1 | FROM \\x1bb a", "    |      ^^^^^"]),
        ("x" * 80 + " a " + "y" * 80, "a", ["  1 | ..." + "x" * 59 + " a " + "y" * 59, f"    | {' ' * 63}^"]),
        ("FROM " + "b" * 300, "b" * 300, ["  1 | FROM " + "b" * 200, "    |      " + "^" * 200]),
    ],
)
def test_caret_stands_under_the_text(data: str, marked: str, expected: list[str]) -> None:
    assert context(data, marked) == expected


def test_caret_of_several_lines_ends_with_the_first() -> None:
    assert context("FROM a\\\nb\n", "a", Location(1, 6, 2, 2)) == ["  1 | FROM a\\", "    |      ^^"]


def test_an_empty_place_gets_one_caret() -> None:
    assert context("image:\n", "image:", Location(1, 7, 1, 7)) == ["  1 | image:", "    |       ^"]


def test_no_context_without_the_source() -> None:
    report = case.REPORT._replace(sources={})
    shown = text.render(report, Style(context=True))
    assert not re.search(r"^ *\d* \| ", shown, re.MULTILINE)


def test_a_file_that_failed_shows_its_line_at_a_terminal() -> None:
    source = Source("a.yaml", b"a:\n  b: [\n")
    report = Report(EMPTY, errors=(FileFailure("a.yaml", 2, "not valid YAML"),), sources={"a.yaml": source})
    line = "a.yaml:2: error[file-error] not valid YAML\n"
    assert text.render(report, Style(context=True)) == f"{line}    2 |   b: [\n"
    assert text.render(report, Style()) == line


@pytest.mark.parametrize("width", [20, 40, 60, 200])
@pytest.mark.parametrize("before", ["FROM ", "\t" * 9, "名" * 40, "\x1b[2J" * 9])
def test_no_excerpt_is_wider_than_the_terminal(width: int, before: str) -> None:
    for line in context(f"{before}{'b' * 90} AS build", "b" * 90, width=width):
        assert cells(line) + 2 <= width  # `context` takes two blanks away
        assert "^" in line or "b" in line


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (None, ["  1:1: error[rule] a 名前 bb ccc"]),
        (32, ["  1:1: error[rule] a 名前 bb ccc"]),
        (31, ["  1:1: error[rule] a 名前 bb", "      ccc"]),
        (27, ["  1:1: error[rule] a 名前", "      bb ccc"]),
        (24, ["  1:1: error[rule] a", "      名前 bb ccc"]),
        (5, ["  1:1:", "      error[rule]", "      a", "      名前", "      bb", "      ccc"]),
    ],
)
@pytest.mark.parametrize("color", [False, True])
def test_a_message_is_broken_between_words(width: int | None, expected: list[str], color: bool) -> None:
    finding = Finding("rule", Severity.ERROR, "f", Location(1, 1, 1, 2), "a", "FROM", "a 名前 bb ccc")
    style = Style(context=True, width=width, color=color, links=color)
    shown = text.render(Report(EMPTY, (finding,)), style)
    plain = re.sub(r"\x1b(\[[0-9;]*m|\]8;;.*?\x1b\\)", "", shown)
    assert plain.splitlines() == ["f", *expected]
    assert (plain != shown) == color


def test_a_failure_at_the_end_of_the_file_shows_no_line() -> None:
    source = Source("a.yaml", b"a: [\n\n")
    report = Report(EMPTY, errors=(FileFailure("a.yaml", 3, "not valid YAML"),), sources={"a.yaml": source})
    assert text.render(report, Style(context=True)) == "a.yaml:3: error[file-error] not valid YAML\n"


def test_a_digest_on_what_is_built_can_be_unpinned() -> None:
    finding = Finding("rule", Severity.ERROR, "f", Location(1, 1, 1, 2), "a", "x", "m", command="unpin --select rule")
    (line,) = text.remedies(Report(EMPTY, (finding,)), "pinner {}".format)
    assert line == "1 of 1 can be unpinned: run pinner unpin --select rule"


def test_concise_has_no_context() -> None:
    assert concise.render(case.REPORT, Style(context=True)) == text.render(case.REPORT, Style())


def test_clean_report_says_nothing() -> None:
    assert text.render(case.CLEAN, Style()) == ""


def test_no_escape_sequence_unless_asked_for() -> None:
    assert "\x1b" not in text.render(case.REPORT, Style(context=True))


def test_a_change_is_told_once_for_all_its_places() -> None:
    where = occurrence_in(Source("f", b"FROM a"), "a").where
    changes = tuple(Change(path, where, "a:1", None, DIGEST) for path in "xyz")
    assert text.render(Report(EMPTY, changes=changes), Style()) == (
        f"a:1: no digest -> {DIGEST[:19]} (3 places)\n" + "".join(f"{path}: 1 digest changed\n" for path in "xyz")
    )


@pytest.mark.parametrize(
    ("report", "line"),
    [
        (Report(EMPTY), "0 files, 0 references: 0 pinned, 0 findings, 0 unchecked"),
        (Report(Summary(1, 1, 1, 1, 1)), "1 file, 1 reference: 1 pinned, 1 finding, 1 unchecked"),
        (
            Report(Summary(2, 3, 0, 2, 1, 4, 5), errors=(FileFailure("f", None, "m"),) * 2),
            "2 files, 3 references: 0 pinned, 2 findings, 1 unchecked, 4 ignored, 5 changed, 2 errors",
        ),
    ],
)
def test_summary(report: Report, line: str) -> None:
    assert text.summary(report) == line


@pytest.mark.parametrize(("number", "refused", "lines"), [(10, False, 10), (11, False, 1), (11, True, 11)])
def test_many_images_that_are_kept_alike_are_one_line(number: int, refused: bool, lines: int) -> None:
    where = occurrence_in(Source("f", b"FROM a"), "a").where
    kept = tuple(
        Kept("f", where, f"a:{each // 2}", "unpinned", "it has no digest", refused) for each in range(2 * number)
    )
    told = text.render(Report(EMPTY, kept=kept), Style()).splitlines()
    assert len(told) == lines
    if lines == 1:
        assert told == [f"a:0 and {number - 1} more images: kept[unpinned] it has no digest ({2 * number} places)"]
    assert bool(text.render(Report(EMPTY, kept=kept), Style(is_brief=True))) == refused

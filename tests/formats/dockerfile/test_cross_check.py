"""dockerfile-parse as the witness of an edit."""

import pytest

from pinner.fixing.fixer import Fixed, Plan, fix
from pinner.formats import DOCKERFILE
from pinner.formats.dockerfile import cross_check
from pinner.formats.dockerfile.cross_check import structure
from pinner.model.occurrence import Occurrence
from pinner.model.reference import Reference
from pinner.model.source import Source
from pinner.scanning.scan import scan_stdin
from tests.support.occurrences import insertion
from tests.support.pinning import DIGEST

CASES = {
    "one line each": (b"FROM a\nRUN b\n", ["FROM 1-1", "RUN 2-2"]),
    "blank lines and comments": (b"# c\n\nFROM a\n # c\nRUN b\n", ["FROM 3-3", "RUN 5-5"]),
    "continued": (b"FROM a\nRUN b \\\n  c \\\n  d\nCMD e\n", ["FROM 1-1", "RUN 2-4", "CMD 5-5"]),
    "comment inside": (b"FROM a\nRUN b \\\n# c\n  d\nCMD e\n", ["FROM 1-1", "RUN 2-4", "CMD 5-5"]),
    "other escape": (b"# escape=`\nFROM a\nRUN b `\n c\nCMD e\n", ["FROM 2-2", "RUN 3-4", "CMD 5-5"]),
    "CRLF": (b"FROM a\r\nRUN b \\\r\n c\r\n", ["FROM 1-1", "RUN 2-3"]),
    "lower case": (b"from a\nonbuild run b\n", ["FROM 1-1", "ONBUILD 2-2"]),
    "not UTF-8": (b"FROM a\nRUN echo \xff \\\n x\n", ["FROM 1-1", "RUN 2-3"]),
    "misread heredoc": (b"FROM a\nRUN <<X\nRUN b\nX y\nX\n", ["FROM 1-1", "RUN 2-2", "RUN 3-3", "? 4-4", "? 5-5"]),
    "misread blank line": (b"FROM \\\n\n  a\n", ["FROM 1-2", "? 3-3"]),
}


@pytest.mark.parametrize(("data", "expected"), CASES.values(), ids=CASES)
def test_the_witness_reads_the_bytes_themselves(data: bytes, expected: list[str]) -> None:
    assert list(structure(data.decode("latin-1"))) == expected


def test_an_outline_is_that_of_both_parsers_and_the_stages() -> None:
    data = b"FROM --platform=linux/amd64 a AS x\nRUN <<E\nfoo\nE\n"
    assert DOCKERFILE.open(Source("Dockerfile", data)).outline() == (
        *("FROM 1-1", "RUN 2-2", "? 3-3", "? 4-4"),
        *("FROM on 1-1, to 1", "RUN on 2-2, to 4", "stage x on linux/amd64"),
    )


def test_what_cannot_be_divided_has_no_outline() -> None:
    assert DOCKERFILE.open(Source("Dockerfile", b"RUN <<E\n")).outline() == ()


def pin(data: bytes) -> Fixed:
    scan = scan_stdin(Source("Dockerfile", data), DOCKERFILE)
    return fix(scan, [Plan(each, DIGEST) for each in scan.occurrences if may_be_pinned(each)], write=False)


def may_be_pinned(occurrence: Occurrence) -> bool:
    return isinstance(occurrence.target, Reference) and insertion(occurrence) is not None


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"FROM \\\n\n  node:20\n", id="an image below a blank line"),
        pytest.param(b"FROM node:20\nRUN <<EOF\nFROM b\nEOF\n", id="a heredoc"),
        pytest.param(b"\xef\xbb\xbfFROM node:20\n", id="a byte-order mark"),
    ],
)
def test_what_is_misread_twice_alike_is_pinned(data: bytes) -> None:
    fixed = pin(data)
    assert fixed.failures == ()
    assert fixed.contents == {"Dockerfile": data.replace(b"node:20", b"node:20@" + DIGEST.encode())}


def test_what_the_witness_reads_differently_is_left_alone() -> None:
    """To dockerfile-parse the image is an ADD, until it has a digest."""
    fixed = pin(b"FROM \\\n\n  add\n")
    assert (fixed.contents, fixed.changes) == ({}, ())
    assert [each.message for each in fixed.failures] == ["the edited file would read differently; it was left alone"]


@pytest.mark.parametrize("seen", [("RUN 1-1",), ("FROM 1-2",), ("FROM 1-1", "FROM 2-2"), ()], ids=str)
def test_no_other_parser_is_needed_to_refuse(seen: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"FROM node:20\n"
    assert pin(data).failures == ()
    monkeypatch.setattr(cross_check, "structure", lambda chars: seen if "@" in chars else structure(chars))
    assert len(pin(data).failures) == 1


@pytest.mark.parametrize("line", ["a \\\n", "a \\\n# comment\n"])
def test_an_instruction_of_too_many_lines_is_left_alone(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cross_check, "MAX_COPIED", 20_000)
    data = f"FROM node:20\nRUN {line * 60}b\n".encode()
    assert pin(data).failures == ()
    fixed = pin(data.replace(b"RUN ", b"RUN " + line.encode() * 120))
    assert fixed.contents == {}
    assert ["too many lines" in each.message for each in fixed.failures] == [True]

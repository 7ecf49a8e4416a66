"""Ignore comments: what they say, and where they stand."""

import pytest

from pinner.formats import COMPOSE, DOCKERFILE
from pinner.formats._suppressions import read_suppression
from pinner.model.occurrence import Suppression
from pinner.model.source import Location, Source

WHERE = Location(1, 1, 1, 2)


@pytest.mark.parametrize(
    ("comment", "rules", "reason", "until", "whole_file"),
    [
        ("# pinner: ignore", (), "", None, False),
        ("#pinner:ignore", (), "", None, False),
        ("# pinner: ignore because", (), "because", None, False),
        ("# pinner: ignore[unpinned] built  before", ("unpinned",), "built before", None, False),
        ("# pinner: ignore[unpinned, floating-tag,]", ("unpinned", "floating-tag"), "", None, False),
        ("# pinner: ignore[,unpinned]", ("unpinned",), "", None, False),
        ("# pinner: ignore[ unpinned ,, ] why", ("unpinned",), "why", None, False),
        ("# pinner: ignore why []", (), "why []", None, False),
        ("# pinner: ignore-file until=2027-01-31 [] demo", (), "[] demo", "2027-01-31", True),
        ("# pinner: ignore[unpinned] until=2027-01-31 why", ("unpinned",), "why", "2027-01-31", False),
        ("# pinner: ignore[unpinned] why until=2027-01-31", ("unpinned",), "why", "2027-01-31", False),
        ("# pinner: ignore[unpinned] until=", ("unpinned",), "", "", False),
        ("# pinner: ignore[unpinned] until=soon x until=later", ("unpinned",), "x until=later", "soon", False),
        ("# pinner: ignore[unpinned] waituntil=2027-01-31", ("unpinned",), "waituntil=2027-01-31", None, False),
        ("# pinner: ignore[unpinned] \u200b", ("unpinned",), "", None, False),
        ("# pinner: ignore[unpinned] \ufeff\u00ad\u2060 \u00a0\u3000", ("unpinned",), "", None, False),
        ("# pinner: ignore[unpinned] \u202e\u2066\u061c", ("unpinned",), "", None, False),
        ("# pinner: ignore[unpinned] \u034f\ufe0f\U000e0041", ("unpinned",), "", None, False),
        ("# pinner: ignore[unpinned] \u3164\u115f\uffa0\u2800", ("unpinned",), "", None, False),
        ("# pinner: ignore[unpinned] \u2028\u2029\x85", ("unpinned",), "", None, False),
        ("# pinner: ignore[unpinned] \x00\x07\x7f", ("unpinned",), "", None, False),
        ("# pinner: ignore[unpinned] \ue000\U0010ffff\ud800", ("unpinned",), "", None, False),
        ("# pinner: ignore[unpinned] until=2027-01-31 \u200b", ("unpinned",), "", "2027-01-31", False),
        ("# pinner: ignore[unpinned] \u200bwhy", ("unpinned",), "\u200bwhy", None, False),
        ("# pinner: ignore[unpinned] \u7406\u7531", ("unpinned",), "\u7406\u7531", None, False),
        ("# pinner: ignore[unpinned] \u2705", ("unpinned",), "\u2705", None, False),
        ("# pinner: ignore[unpinned] #12", ("unpinned",), "#12", None, False),
        ("# pinner: ignore-file", (), "", None, True),
        ("# pinner: ignore-file[unpinned] until=2027-01-31 demo", ("unpinned",), "demo", "2027-01-31", True),
    ],
)
def test_what_a_comment_says(
    comment: str, rules: tuple[str, ...], reason: str, until: str | None, whole_file: bool
) -> None:
    assert read_suppression(comment, WHERE) == Suppression(WHERE, rules, reason, comment, until, whole_file)


@pytest.mark.parametrize(
    "comment",
    [
        "# ignore",
        "# see pinner: ignore",
        "# pinner",
        "# pinner is run on this file",
        "# pinner leaves this alone",
        "# pinners: ignore",
        "# pinner/ignore",
        "# spinner: ignore",
        "# Pinner: ignore",
    ],
)
def test_other_comments(comment: str) -> None:
    assert read_suppression(comment, WHERE) is None


@pytest.mark.parametrize(
    "comment",
    [
        "# pinner: ignored",
        "# pinner: ignore-files",
        "# pinner: ignore[unpinned",
        "# pinner: ignore[unpinned]x",
        "# pinner: ignore[]",
        "# pinner: ignore[] all",
        "# pinner: ignore[,] all",
        "# pinner: ignore[ ,\t, ] all",
        "# pinner: ignore[\u00a0] all",
        "# pinner: ignore-file[ ]",
        "# pinner: ignore-file[] until=2027-01-31 demo",
        "# pinner: ignore [unpinned]",
        "# pinner: ignor[unpinned]",
        "# pinner: note",
        "# pinner:",
        "# pinner ignore",
        "# pinner ignor[unpinned] why",
        "# pinner Ignore",
        "# pinner ignore-fil",
    ],
)
def test_comments_that_cannot_be_read(comment: str) -> None:
    ignore = read_suppression(comment, WHERE)
    assert ignore == Suppression(WHERE, (), "", comment, malformed=True)
    assert not ignore.covers("unpinned")


@pytest.mark.parametrize(
    ("text", "ignored"),
    [
        ("# syntax=a\n# pinner: ignore why\nFROM b\n", ["a", "b"]),
        ("# syntax=a\n# pinner: ignore why\n\nFROM b\n", ["a"]),
        ("# syntax=a\n\n# pinner: ignore why\n\nFROM b\n", ["a"]),
        ("# syntax=a\n# escape=\\\n# check=skip=all\n# pinner: ignore why\n\nFROM b\n", ["a"]),
        ("# check=skip=all\n# syntax=a\n# pinner: ignore why\n\nFROM b\n", ["a"]),
        ("#!/usr/bin/env x\n# syntax=a\n# pinner: ignore why\n\nFROM b\n", ["a"]),
        ("# syntax=a\n# words\n# pinner: ignore why\nFROM b\n", ["b"]),
        ("# syntax=a\n# words\n# pinner: ignore why\n\nFROM b\n", []),
        ("# syntax=a\nFROM b\n# pinner: ignore why\nFROM c\n", ["c"]),
        ("# pinner: ignore why\n# syntax=a\nFROM b\n", ["b"]),
        ("# pinner: ignore why\nFROM b\n", ["b"]),
    ],
)
def test_the_first_comment_after_the_directives_speaks_for_them(text: str, ignored: list[str]) -> None:
    reading = DOCKERFILE.read(Source("Dockerfile", text.encode()))
    assert [each.text for each in reading.occurrences if each.suppressions] == ignored


def test_comments_about_the_whole_file() -> None:
    dockerfile = b"FROM a\n# pinner: ignore-file why\n\nRUN <<E\n# pinner: ignore-file no\nE\n"
    (suppression,) = DOCKERFILE.read(Source("Dockerfile", dockerfile)).suppressions
    assert (suppression.whole_file, suppression.reason) == (True, "why")
    compose = b"# pinner: ignore-file[unpinned] why\nservices: {web: {image: a}}\n"
    (suppression,) = COMPOSE.read(Source("compose.yaml", compose)).suppressions
    assert (suppression.whole_file, suppression.rules) == (True, ("unpinned",))

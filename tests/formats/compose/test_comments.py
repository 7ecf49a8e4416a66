"""Which comments of a Compose file speak to pinner, and of what."""

from textwrap import dedent

import pytest

from pinner.formats.compose import read
from pinner.model.occurrence import Reading
from pinner.model.source import Source


def reading(text: str) -> Reading:
    return read(Source("compose.yaml", dedent(text).lstrip("\n").encode()))


COVERED = {
    "at the end of the line": "services:\n  a:\n    image: b # pinner: ignore",
    "at the end of a quoted image": "services:\n  a:\n    image: 'b' # pinner: ignore",
    "on the line above": "services:\n  a:\n    # pinner: ignore\n    image: b",
    "above another comment": "services:\n  a:\n    # pinner: ignore\n    # because\n    image: b",
    "not indented": "services:\n  a:\n# pinner: ignore\n    image: b",
    "on the first line": "# pinner: ignore\nservices: {a: {image: b}}",
    "after a byte-order mark": "\ufeff# pinner: ignore\nservices: {a: {image: b}}",
    "on the last line, without an end": "services: {a: {image: b}} # pinner: ignore",
    "between key and value": "services:\n  a:\n    image: # pinner: ignore\n      b",
    "after the indicator of a block scalar": "services:\n  a:\n    image: >- # pinner: ignore\n      b\n",
    "after the last line of a scalar": "services:\n  a:\n    image:\n      b # pinner: ignore",
    "after an alias": "x-i: &i b\nservices:\n  a:\n    image: *i # pinner: ignore",
    "at the anchor": "x-i: &i b # pinner: ignore\nservices:\n  a:\n    image: *i",
    "after another number sign": "services:\n  'a#':\n    image: b # pinner: ignore",
    "CRLF": "services:\r\n  a:\r\n    image: b # pinner: ignore\r\n",
    "CR alone": "services:\r  a:\r    image: b # pinner: ignore\r",
    "in an item of a list": (
        "services:\n  a:\n    build: .\n    volumes:\n      - type: image\n        source: b # pinner: ignore"
    ),
    "in a list of contexts": (
        "services:\n  a:\n    build:\n      additional_contexts:\n        - c=docker-image://b # pinner: ignore"
    ),
    "above an inline Dockerfile": (
        "services:\n  a:\n    build:\n      # pinner: ignore\n      dockerfile_inline: |\n        FROM b"
    ),
    "beside an inline Dockerfile": (
        "services:\n  a:\n    build:\n      dockerfile_inline: | # pinner: ignore\n        FROM b"
    ),
    "in an inline Dockerfile": (
        "services:\n  a:\n    build:\n      dockerfile_inline: |\n        # pinner: ignore\n        FROM b"
    ),
}


@pytest.mark.parametrize("name", COVERED)
def test_comments_that_cover_the_image(name: str) -> None:
    result = reading(COVERED[name])
    (occurrence,) = result.occurrences
    assert occurrence.text == "b"
    assert [suppression.text for suppression in occurrence.suppressions] == ["# pinner: ignore"]
    assert result.suppressions == occurrence.suppressions


NOT_COVERED = {
    "two lines above": "services:\n  # pinner: ignore\n  a:\n    image: b",
    "blank line between": "services:\n  a:\n    # pinner: ignore\n\n    image: b",
    "on the line below": "services:\n  a:\n    image: b\n    # pinner: ignore",
    "on a line of its own at the end": "services: {a: {image: b}}\n# pinner: ignore",
    "beside another key": "services:\n  a:\n    image: b\n    command: c # pinner: ignore",
    "beside the service": "services:\n  a: # pinner: ignore\n    image: b",
}


@pytest.mark.parametrize("name", NOT_COVERED)
def test_comments_that_cover_something_else(name: str) -> None:
    result = reading(NOT_COVERED[name])
    (occurrence,) = result.occurrences
    assert occurrence.suppressions == ()
    assert [suppression.text for suppression in result.suppressions] == ["# pinner: ignore"]


NO_COMMENTS = {
    "in quotes": "services:\n  a:\n    command: 'x # pinner: ignore'\n    image: b",
    "in quotes on the same line": "services: {a: {command: 'x # pinner: ignore', image: b}}",
    "in a quoted scalar of two lines": "services:\n  a:\n    command: 'x\n      # pinner: ignore'\n    image: b",
    "in a block scalar": "services:\n  a:\n    command: |\n      # pinner: ignore\n    image: b",
    "in a folded scalar": "services:\n  a:\n    command: >\n      x\n      # pinner: ignore\n    image: b",
    "without a space before it": "services:\n  a:\n    command: x#pinner:ignore\n    image: b",
    "in the middle of a comment": "services:\n  a:\n    image: b # see # pinner: ignore",
    "another word": "services:\n  a:\n    image: b # pinner says no",
    "not to pinner": "services:\n  a:\n    image: b # spinner: ignore",
}


@pytest.mark.parametrize("name", NO_COMMENTS)
def test_what_is_no_comment(name: str) -> None:
    result = reading(NO_COMMENTS[name])
    (occurrence,) = result.occurrences
    assert occurrence.suppressions == ()
    assert result.suppressions == ()


def test_rules_reason_and_place() -> None:
    (suppression,) = reading(
        "services: {a: {image: b}}  # pinner: ignore[unpinned, floating-tag] é built here\n"
    ).suppressions
    assert suppression.rules == ("unpinned", "floating-tag")
    assert suppression.reason == "é built here"
    assert suppression.where == (1, 28, 1, 81)


def test_several_comments() -> None:
    result = reading(
        """
        services:
          a:
            # pinner: ignore[unpinned] one
            image: b # pinner: ignore[floating-tag] two
          c: {image: d}
        """
    )
    assert [[suppression.reason for suppression in each.suppressions] for each in result.occurrences] == [
        ["one", "two"],
        [],
    ]
    assert [suppression.reason for suppression in result.suppressions] == ["one", "two"]


def test_a_comment_speaks_for_every_image_on_its_line() -> None:
    result = reading("services: {a: {image: b}, c: {image: d}} # pinner: ignore")
    assert [len(each.suppressions) for each in result.occurrences] == [1, 1]

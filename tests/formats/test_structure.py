"""The second reader of Dockerfiles, which is asked before a file is written."""

import pytest

from pinner.formats import DOCKERFILE
from pinner.source import Source

CASES = {
    "one line each": (b"FROM a\nRUN b\n", ["FROM 1-1", "RUN 2-2"]),
    "blank lines and comments": (b"# c\n\nFROM a\n # c\nRUN b\n", ["FROM 3-3", "RUN 5-5"]),
    "continued": (b"FROM a\nRUN b \\\n  c \\\n  d\nCMD e\n", ["FROM 1-1", "RUN 2-4", "CMD 5-5"]),
    "comment and blank line inside": (b"FROM a\nRUN b \\\n# c\n\n  d\nCMD e\n", ["FROM 1-1", "RUN 2-5", "CMD 6-6"]),
    "continued in two lines": (b"FROM \\\n  a\n", ["FROM 1-2"]),
    "heredoc": (b"FROM a\nRUN <<X\nFROM b\nX\nCMD e\n", ["FROM 1-1", "RUN 2-2", "CMD 5-5"]),
    "other escape": (b"# escape=`\nFROM a\nRUN b `\n c \\\nCMD e\n", ["FROM 2-2", "RUN 3-4", "CMD 5-5"]),
    "byte-order mark and CRLF": (b"\xef\xbb\xbfFROM a\r\nRUN b \\\r\n c\r\n", ["FROM 1-1", "RUN 2-3"]),
    "lower case": (b"from a\nonbuild run b\n", ["FROM 1-1", "ONBUILD 2-2"]),
    "not UTF-8": (b"FROM a\nRUN echo \xff \\\n x\n", ["FROM 1-1", "RUN 2-3"]),
}


@pytest.mark.parametrize(("data", "expected"), CASES.values(), ids=CASES)
def test_dockerfile_parse_divides_as_we_do(data: bytes, expected: list[str]) -> None:
    assert list(DOCKERFILE.open(Source("Dockerfile", data)).outline()[: len(expected)]) == expected


def test_an_outline_sees_heredocs_and_stages() -> None:
    data = b"FROM --platform=linux/amd64 a AS x\nRUN <<E\nfoo\nE\n"
    assert DOCKERFILE.open(Source("Dockerfile", data)).outline() == (
        *("FROM 1-1", "RUN 2-2", "FROM ends on 1", "RUN ends on 4", "stage x on linux/amd64"),
    )


def test_what_cannot_be_divided_has_no_outline() -> None:
    assert DOCKERFILE.open(Source("Dockerfile", b"RUN <<E\n")).outline() == ()

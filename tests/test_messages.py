"""What a message must say so that nobody has to look for the reason, and what it must not suggest."""

from pathlib import Path

import pytest

from pinner.formats.dockerfile.comments import BEHIND
from tests.support.command import pinner
from tests.support.occurrences import DIGEST

SAID = {
    "an undeclared variable": ("FROM ${BASE}\n", "BASE is not declared: write ARG BASE=… above the first FROM"),
    "an undeclared part": ("FROM node:${V}\n", "V is not declared: write ARG V=… above the first FROM"),
    "a digest that is cut off": (f"FROM node@{DIGEST[:-1]}\n", "the digest has 63 digits, and sha256 has 64"),
    "a short digest": ("FROM node:20@sha256:abc\n", "the digest has 3 digits, and sha256 has 64"),
    "a misspelt stage": (
        f"FROM a:1@{DIGEST} AS build\nFROM b:1@{DIGEST}\nCOPY --from=biuld / /\n",
        "biuld is not pinned to a digest; if a stage is meant, it is called build\n",
    ),
    "a misspelt base": (f"FROM a:1@{DIGEST} AS builder\nFROM bilder\n", "if a stage is meant, it is called builder\n"),
    "a comment behind FROM": ("FROM a:1 # pinner: ignore\n", "put the comment on the line above"),
    "a comment behind COPY": (
        f"FROM a:1@{DIGEST}\nCOPY --from=b:1 / / # pinner: ignore[unpinned] own\n",
        f"b:1 is not pinned to a digest; the ignore comment on line 2 {BEHIND}\n",
    ),
    "a comment behind RUN": (
        f"FROM a:1@{DIGEST}\nRUN --mount=from=b:1 \\\n  true # pinner: ignore-file[unpinned]\n",
        f"the ignore comment on line 3 {BEHIND}\n",
    ),
    "a comment behind ONBUILD": (
        f"FROM a:1@{DIGEST}\nONBUILD COPY --from=b:1 / / # pinner:ignore own\r\n",
        f"the ignore comment on line 2 {BEHIND}\n",
    ),
    "a comment behind ARG": (
        "ARG BASE=b:1 # pinner: ignore[unpinned]\nFROM ${BASE}\n",
        f"the ignore comment on line 1 {BEHIND}\n",
    ),
}
NOT_SAID = {
    "an image with a tag": (f"FROM a:1@{DIGEST} AS build\nCOPY --from=build:1 / /\n", "a stage is meant"),
    "a longer name": (f"FROM a:1@{DIGEST} AS node18\nCOPY --from=node / /\n", "a stage is meant"),
    "a declared variable": ("ARG BASE=Node\nFROM ${BASE}\n", "is not declared"),
    "a digest of the right length": (f"FROM Node@{DIGEST}\n", "digits"),
    "too many words": ("FROM a:1 b\n", "comment"),
    "a comment behind FROM, twice": ("FROM a:1 # pinner: ignore\n", BEHIND),
    "a comment about another rule": (
        f"FROM a:1@{DIGEST}\nCOPY --from=b:1 / / # pinner: ignore[floating-tag]\n",
        BEHIND,
    ),
    "a comment behind another instruction": (
        f"FROM a:1@{DIGEST}\nRUN true # pinner: ignore\nCOPY --from=b:1 / /\n",
        BEHIND,
    ),
    "another comment": (f"FROM a:1@{DIGEST}\nCOPY --from=b:1 / / # pinner is not asked\n", BEHIND),
    "a part of a word": (f"FROM a:1@{DIGEST}\nRUN --mount=from=b:1 echo a#pinner:ignore\n", BEHIND),
    "a heredoc": (f"FROM a:1@{DIGEST}\nRUN --mount=from=b:1 <<E\ntrue # pinner: ignore\nE\n", BEHIND),
}


def told(text: str, tmp_path: Path) -> str:
    (tmp_path / "Dockerfile").write_text(text)
    return pinner("check", tmp_path).stdout


@pytest.mark.parametrize("name", SAID)
def test_said(name: str, tmp_path: Path) -> None:
    text, message = SAID[name]
    assert message in told(text, tmp_path)


@pytest.mark.parametrize("name", NOT_SAID)
def test_not_said(name: str, tmp_path: Path) -> None:
    text, message = NOT_SAID[name]
    assert message not in told(text, tmp_path)

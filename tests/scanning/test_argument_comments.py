"""Ignore comments at values that Compose files pass to builds: they count as those in the Dockerfile do."""

from pathlib import Path

import pytest

from tests.support.trees import FileTree

DOCKERFILE = "ARG BASE\nFROM $BASE\n"
HEAD = "services:\n  a:\n    build:\n      context: .\n      args:\n"


@pytest.mark.parametrize(
    ("args", "rules"),
    [
        ("        # pinner: ignore[unpinned] why\n        BASE: node:20\n", []),
        ("        BASE: node:20 # pinner: ignore[unpinned] why\n", []),
        ("        - BASE=node:20 # pinner: ignore[unpinned] why\n", []),
        ("        BASE: node:20 # pinner: ignore[floating-tag] why\n", ["unpinned", "unused-ignore"]),
        ("        BASE: node:20\n        B: b # pinner: ignore[unpinned] why\n", ["unpinned", "unused-ignore"]),
        (
            "        # pinner: ignore[unpinned] why\n        B: b\n        BASE: node:20\n",
            ["unpinned", "unused-ignore"],
        ),
        (
            '        BASE: "" # pinner: ignore[unpinned] why\n',
            ["invalid-reference", "opaque-reference", "unused-ignore"],
        ),
        ("        BASE: # pinner: ignore[unpinned] why\n", ["opaque-reference", "unused-ignore"]),
        ("        BASE: node:20\n", ["unpinned"]),
    ],
)
def test_a_comment_at_a_build_argument(
    args: str, rules: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = FileTree(tmp_path, {"compose.yaml": HEAD + args, "Dockerfile": DOCKERFILE}, monkeypatch)
    report = tree.run("check", "--format", "json").document
    assert sorted(each["rule"] for each in report["findings"]) == rules

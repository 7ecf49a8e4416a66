"""What every kind of file names, and what pinning makes of it: `tests/data/kinds.json`.

`refs` are the rows of `pinner list`, `maybe` those that may be left out of it, `pinned` the files after `pinner pin`,
`untouched` those that stay as they are, `named` the exit codes of a check of one file that is named.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pinner.model.reference import parse
from tests.support.pinning import digest_of
from tests.support.trees import FileTree

DATA = Path(__file__).parents[2] / "data" / "kinds.json"
CASES = {case["name"]: case for case in json.loads(DATA.read_bytes())}
SPLIT = ("registry", "repository", "tag", "digest")


def with_digests(text: str) -> str:
    """The text with a digest for each `{D:registry/repository:tag}`."""
    return re.sub(r"\{D:([^}]*)\}", lambda match: digest_of(parse(match[1])), text)


def is_expected(row: dict[str, Any], expected: dict[str, Any]) -> bool:
    """Whether a row of `pinner list` is what the vector says; what it does not mention may be anything."""
    said: dict[str, Any] = {name: row.get(name) for name in ("kind", "context", "text", "also")}
    said |= {name: row[name] is not None for name in ("opaque", "unwritable")}
    said["split"] = {name: row[name] for name in SPLIT}
    return all(said[name] == value for name, value in expected.items())


@pytest.fixture
def tree(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileTree:
    return FileTree(tmp_path, CASES[request.param]["files"], monkeypatch)


EVERY = pytest.mark.parametrize(("name", "tree"), [(name, name) for name in CASES], indirect=["tree"], ids=list(CASES))


@EVERY
def test_what_is_listed(name: str, tree: FileTree) -> None:
    case = CASES[name]
    listed = tree.references()
    for path, rows in listed.items():
        maybe = case.get("maybe", {}).get(path, [])
        rows = [row for row in rows if row["context"] not in maybe]
        expected = case["refs"].get(path, [])
        assert len(rows) == len(expected), rows
        for row, wanted in zip(rows, expected, strict=True):
            assert is_expected(row, wanted), (row, wanted)
    assert case["refs"].keys() <= listed.keys()


@EVERY
def test_what_is_written(name: str, tree: FileTree) -> None:
    case = CASES[name]
    tree.run("pin")
    written = {path: with_digests(text) for path, text in case["pinned"].items()}
    assert tree.texts() == case["files"] | written
    assert not written.keys() & set(case["untouched"])
    tree.run("pin")
    assert tree.texts() == case["files"] | written


@pytest.mark.parametrize(
    ("tree", "path", "code"),
    [(name, path, code) for name, case in CASES.items() for path, code in case.get("named", {}).items()],
    indirect=["tree"],
)
def test_the_exit_code_of_a_named_file(tree: FileTree, path: str, code: int) -> None:
    assert tree.run("check", path).code == code

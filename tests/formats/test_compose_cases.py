"""Whole Compose files: what is read from them, and what they are when everything that can be pinned is.

Each folder of `tests/cases/compose` holds `compose.yaml`, `expected.json` (context, text, canonical
reference or null, and why nothing can be written) and `pinned.yaml`. `python -m tests.formats.test_compose_cases`
writes the last two.
"""

import json
from pathlib import Path

import pytest

from pinner.finding import Occurrence
from pinner.formats.compose import outline, read
from pinner.reference import Reference
from pinner.source import Edit, Source, Span, apply_edits

FOLDERS = sorted((Path(__file__).parents[1] / "cases" / "compose").iterdir())
DIGEST = "sha256:" + "0123456789abcdef" * 4


def source_of(folder: Path) -> Source:
    return Source("compose.yaml", (folder / "compose.yaml").read_bytes())


def row(occurrence: Occurrence) -> list[str | None]:
    target = occurrence.target
    if isinstance(target, Reference):
        return [occurrence.context, occurrence.text, str(target), occurrence.unwritable]
    return [occurrence.context, occurrence.text, None, target.reason]


def rows(source: Source) -> list[list[str | None]]:
    return [row(each) for each in read(source).occurrences]


def pinned(source: Source) -> bytes:
    edits = []
    for each in read(source).occurrences:
        if isinstance(each.target, Reference) and each.insert_at is not None:
            suffix = f"@{DIGEST}" if each.target.tag else f":latest@{DIGEST}"
            edits.append(Edit(Span(each.insert_at, each.insert_at), suffix))
        elif each.digest is not None:
            edits.append(Edit(each.digest, DIGEST))
    return apply_edits(source.data, edits)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_what_is_read(folder: Path) -> None:
    assert read(source_of(folder)).problems == ()
    assert rows(source_of(folder)) == json.loads((folder / "expected.json").read_bytes())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_what_is_written(folder: Path) -> None:
    before, after = source_of(folder), Source("compose.yaml", (folder / "pinned.yaml").read_bytes())
    assert pinned(before) == after.data
    assert pinned(after) == after.data
    assert outline(after) == outline(before)


if __name__ == "__main__":
    for each in FOLDERS:
        lines = ",\n  ".join(json.dumps(found, ensure_ascii=False) for found in rows(source_of(each)))
        (each / "expected.json").write_bytes(f"[\n  {lines}\n]\n".encode())
        (each / "pinned.yaml").write_bytes(pinned(source_of(each)))

"""Whole files as data: `tests/cases/<format>/<case>/`.

A case is a file such as `Dockerfile` or `compose.yaml`; `pinned` with the same suffix, which is the file with
every digest that is missing and can be written; and `expected.json`, a row for each occurrence: context, text,
canonical reference or null, and why it has none or why nothing can be written. `make regenerate`
writes the last two.
"""

import json
from pathlib import Path
from typing import NamedTuple

from pinner.formats import FORMATS, Format
from pinner.model.occurrence import Occurrence
from pinner.model.reference import Reference
from pinner.model.source import Source
from tests.support.pinning import digest_of, pinned

Row = list[str | None]
_FOLDER = Path(__file__).parents[1] / "cases"


class Case(NamedTuple):
    """One folder."""

    format: Format
    path: Path

    @property
    def name(self) -> str:
        return f"{self.format.NAME}/{self.path.parent.name}"

    @property
    def source(self) -> Source:
        return Source(self.path.name, self.path.read_bytes())

    @property
    def pinned(self) -> Path:
        return self.path.with_name(f"pinned{self.path.suffix}")

    @property
    def expected(self) -> Path:
        return self.path.with_name("expected.json")


def cases() -> list[Case]:
    """All cases of all formats."""
    return [
        Case(each, path)
        for each in FORMATS
        for path in sorted((_FOLDER / each.NAME).glob("*/*"))
        if path.stem != "pinned" and path.name != "expected.json"
    ]


def rows(case: Case) -> list[Row]:
    """What is read from a case."""
    return [_row(each) for each in case.format.read(case.source).occurrences if each.built is None]


def with_digests(source: Source, file_format: Format) -> bytes:
    """What pinning makes of a file: every image has a digest of its own."""
    return pinned(source, file_format, digest_of)


def rows_as_text(case: Case) -> str:
    lines = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in rows(case))
    return f"[\n  {lines}\n]\n"


def _row(occurrence: Occurrence) -> Row:
    target = occurrence.target
    if isinstance(target, Reference):
        return [occurrence.context, occurrence.text, str(target), occurrence.unwritable]
    return [occurrence.context, occurrence.text, None, target.reason]

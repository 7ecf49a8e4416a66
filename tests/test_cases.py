"""Whole files: what is read from them, and what they are when everything that can be pinned is."""

import json

import pytest

from pinner.formats import FORMATS
from pinner.model.source import Source
from tests.support.cases import Case, cases, rows, with_digests

CASES = pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)


@CASES
def test_what_is_read(case: Case) -> None:
    assert case.format.read(case.source).problems == ()
    assert rows(case) == json.loads(case.expected.read_bytes())


@CASES
def test_what_is_written(case: Case) -> None:
    assert with_digests(case.source, case.format) == case.pinned.read_bytes()


@CASES
def test_what_is_written_is_final(case: Case) -> None:
    after = Source(case.path.name, case.pinned.read_bytes())
    assert with_digests(after, case.format) == after.data
    assert case.format.open(after).outline() == case.format.open(case.source).outline()


def test_every_format_has_cases() -> None:
    assert {case.format.NAME for case in cases()} == {each.NAME for each in FORMATS}

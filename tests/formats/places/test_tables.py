"""Every kind of file: what changes, what is only listed, and what names no image."""

import pytest

from pinner.formats import Places
from pinner.formats.places.table import KINDS
from pinner.model.occurrence import Reading, edit_of
from pinner.model.reference import Reference
from pinner.model.source import Source
from tests.formats.places.tables import TABLES, Table
from tests.support.pinning import DIGEST, pinned, unpinned

CHANGES = [(kind, text) for kind, table in TABLES.items() for text in table.changes]
LISTED = [(kind, text, texts) for kind, table in TABLES.items() for text, texts in table.listed.items()]
NOTHING = [(kind, text) for kind, table in TABLES.items() for text in table.nothing]


def without_marks(text: str) -> str:
    return text.replace("@", "").replace("^", "").replace("~", "")


def with_digests(text: str) -> str:
    return text.replace("@", f"@{DIGEST}").replace("^", f":latest@{DIGEST}").replace("~", DIGEST)


def read(kind: str, text: str) -> Reading:
    return Places().read(Source(TABLES[kind].path, text.encode()))


def test_every_kind_has_a_table() -> None:
    assert {kind.name for kind in KINDS} == TABLES.keys()


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_more_stays_than_changes(table: Table) -> None:
    assert len(table.nothing) > len(table.changes)


@pytest.mark.parametrize(("kind", "text"), CHANGES)
def test_changes(kind: str, text: str) -> None:
    before, after = without_marks(text), with_digests(text)
    reading = read(kind, before)
    assert {each.kind for each in reading.occurrences} == {kind}
    assert not reading.problems
    path = TABLES[kind].path
    assert pinned(Source(path, before.encode()), Places()).decode() == after
    assert pinned(Source(path, after.encode()), Places()).decode() == after, "pinning once is enough"
    if "^" not in text:
        assert unpinned(Source(path, after.encode()), Places()).decode() == before


@pytest.mark.parametrize(("kind", "text", "texts"), LISTED)
def test_what_is_only_listed(kind: str, text: str, texts: list[str]) -> None:
    reading = read(kind, text)
    assert [each.text for each in reading.occurrences] == texts
    assert {each.kind for each in reading.occurrences} == {kind}
    for each in reading.occurrences:
        assert each.place is None
        assert each.unwritable if isinstance(each.target, Reference) else each.target.reason
    assert pinned(Source(TABLES[kind].path, text.encode()), Places()) == text.encode()


@pytest.mark.parametrize(("kind", "text"), NOTHING)
def test_nothing(kind: str, text: str) -> None:
    reading = read(kind, text)
    assert reading.occurrences == ()
    assert not reading.problems


@pytest.mark.parametrize("algorithm", ["", "sha256:"])
def test_what_stands_at_sha_is_replaced_as_it_is_written(algorithm: str) -> None:
    # kube-state-metrics joins it to the image as it is, Grafana's chart puts sha256: before it.
    values = "image: {{repository: a/b, tag: '1', sha: '{}'}}\n"
    before = Source("values.yaml", values.format(algorithm + "0" * 64).encode())
    (occurrence,) = Places().read(before).occurrences
    assert occurrence.text == f"a/b:1@sha256:{'0' * 64}"
    edit = edit_of(occurrence, DIGEST)
    after = before.data[: edit.span.start] + edit.text.encode() + before.data[edit.span.end :]
    assert after.decode() == values.format(algorithm + DIGEST.removeprefix("sha256:"))

"""The ledger: what it holds, how its file looks, and what it forgets."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.model.errors import UsageError
from pinner.model.reference import Reference, parse
from pinner.updating.ledger import Ledger, pruned, read_ledger, render, write_ledger

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
NODE = parse("node:20")


def digest(seed: int) -> str:
    return f"sha256:{seed:064x}"


def named(seed: int, tag: Reference = NODE) -> Reference:
    return tag._replace(digest=digest(seed))


references = st.builds(
    Reference,
    st.sampled_from(["docker.io", "ghcr.io", "localhost:5000"]),
    st.sampled_from(["library/node", "a/b"]),
    st.sampled_from([None, "20", "latest"]),
    st.integers(0, 20).map(digest),
)
times = st.integers(-3000, 3000).map(lambda hours: NOW + timedelta(hours=hours, microseconds=hours * 37))
entries = st.lists(st.tuples(references, times), max_size=40)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "pinner-ledger.json")


def test_no_file_is_an_empty_ledger(path: str) -> None:
    assert read_ledger(path) == Ledger()


def test_an_empty_file_is_an_empty_ledger(path: str) -> None:
    Path(path).touch()
    assert read_ledger(path) == Ledger()


def test_the_file(path: str) -> None:
    write_ledger(
        path, Ledger().noted([(named(2), NOW), (named(1), NOW), (NODE._replace(tag=None, digest=digest(3)), NOW)])
    )
    assert Path(path).read_text() == (
        '{"schema_version": 1, "entries": [\n'
        f'{{"registry": "docker.io", "repository": "library/node", "tag": null, "digest": "{digest(3)}", '
        '"first_seen": "2026-03-01T12:00:00Z"},\n'
        f'{{"registry": "docker.io", "repository": "library/node", "tag": "20", "digest": "{digest(1)}", '
        '"first_seen": "2026-03-01T12:00:00Z"},\n'
        f'{{"registry": "docker.io", "repository": "library/node", "tag": "20", "digest": "{digest(2)}", '
        '"first_seen": "2026-03-01T12:00:00Z"}\n'
        "]}\n"
    )


@given(entries)
def test_what_is_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, found: list[tuple[Reference, datetime]]
) -> None:
    path = str(tmp_path_factory.mktemp("ledger") / "ledger.json")
    ledger = Ledger().noted(found)
    write_ledger(path, ledger)
    assert read_ledger(path) == ledger
    assert len(render(ledger).splitlines()) == max(len(ledger.seen), 1) + 2
    assert json.loads(render(ledger))["schema_version"] == 1


@given(entries, st.randoms())
def test_the_order_of_notes_changes_nothing(found: list[tuple[Reference, datetime]], random) -> None:  # type: ignore[no-untyped-def]
    text = render(Ledger().noted(found))
    random.shuffle(found)
    assert render(Ledger().noted(found)) == text


@given(entries)
def test_the_first_time_stands(found: list[tuple[Reference, datetime]]) -> None:
    ledger = Ledger().noted(found)
    assert ledger.noted((key, when + DAY) for key, when in ledger.seen.items()) == ledger


def test_a_ledger_that_says_nothing_new_is_not_written(path: str) -> None:
    ledger = Ledger().noted([(named(1), NOW)])
    write_ledger(path, ledger)
    Path(path).chmod(0o444)
    write_ledger(path, ledger)


def test_duplicates_after_a_merge_are_the_earlier_one(path: str) -> None:
    early, late = (render(Ledger().noted([(named(1), when)])).splitlines()[1] for when in (NOW - DAY, NOW))
    Path(path).write_text('{"schema_version": 1, "entries": [\n' + late + ",\n" + early + "\n]}\n")
    assert read_ledger(path).seen == {named(1): NOW - DAY}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<<<<<<< HEAD", "Expecting value"),
        ("[]", "it has no schema_version 1"),
        ('{"schema_version": 2, "entries": []}', "it has no schema_version 1"),
        ('{"schema_version": 1}', "it has no entries"),
        ('{"schema_version": 1, "entries": [null]}', "null is no entry"),
        ('{"schema_version": 1, "entries": [{"registry": "docker.io"}]}', "is no entry"),
        (render(Ledger({named(1): NOW})).replace("sha256:0", "sha256:x"), "is no entry"),
        (render(Ledger({named(1): NOW})).replace('"20"', "20"), "is no entry"),
        (render(Ledger({named(1): NOW})).replace("Z", ""), "has no time zone"),
        (render(Ledger({named(1): NOW})).replace("2026", "now"), "Invalid isoformat string"),
        ("[" * 100_000, "recursion"),
    ],
)
def test_a_damaged_ledger_ends_the_run_and_names_the_file(text: str, reason: str, path: str) -> None:
    Path(path).write_text(text)
    with pytest.raises(UsageError) as raised:
        read_ledger(path)
    assert path in str(raised.value)
    assert reason in str(raised.value)


def test_bytes_that_are_no_text(path: str) -> None:
    Path(path).write_bytes(b"\xff{}")
    with pytest.raises(UsageError, match="damaged"):
        read_ledger(path)


def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_ledger(str(tmp_path))


def test_a_place_where_nothing_can_be_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        write_ledger(str(tmp_path / "none" / "ledger.json"), Ledger())


def test_what_a_tag_named() -> None:
    other = parse("node:22")
    ledger = Ledger().noted(
        [
            (named(1), NOW - 2 * DAY),
            (named(2), NOW),
            (named(3), NOW - DAY),
            (named(4, other), NOW),
            (named(5).by_digest(), NOW),
        ]
    )
    assert list(ledger.named(NODE)) == [digest(2), digest(3), digest(1)]
    assert list(ledger.named(named(1))) == [digest(2), digest(3), digest(1)]
    assert ledger.named(parse("ghcr.io/library/node:20")) == {}


def test_since_when_a_pin_is_known() -> None:
    ledger = Ledger().noted([(named(1), NOW), (named(1).by_digest(), NOW - DAY), (named(2), NOW)])
    assert ledger.since(named(1)) == NOW - DAY
    assert ledger.since(named(2)) == NOW
    assert ledger.since(named(3)) is None


def nightly(days: int) -> Ledger:
    return Ledger().noted((named(day), NOW - day * DAY) for day in range(days))


@pytest.mark.parametrize(("min_age", "expected"), [(0, 30 + 8), (7, 30 + 8), (90, 90 + 8)])
def test_pruning_keeps_what_may_matter(min_age: int, expected: int) -> None:
    kept = pruned(nightly(1000), [], NOW, min_age * DAY)
    assert len(kept.seen) == expected
    assert set(kept.named(NODE)) == {digest(day) for day in range(expected)}


def test_pruning_keeps_what_is_in_use() -> None:
    assert named(700) in pruned(nightly(1000), [named(700)], NOW, DAY).seen


def test_a_tag_that_is_not_in_use_any_more_goes_after_a_year_and_a_month() -> None:
    ledger = Ledger().noted([(named(1), NOW - 401 * DAY)])
    assert pruned(ledger, [], NOW, DAY) == Ledger()
    assert pruned(ledger, [named(1)], NOW, DAY) == ledger
    assert pruned(ledger, [], NOW - 2 * DAY, DAY) == ledger


@given(entries, st.integers(0, 500))
def test_pruning_twice_changes_nothing(found: list[tuple[Reference, datetime]], min_age: int) -> None:
    once = pruned(Ledger().noted(found), [], NOW, min_age * DAY)
    assert pruned(once, [], NOW, min_age * DAY) == once

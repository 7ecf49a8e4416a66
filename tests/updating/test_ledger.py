"""The ledger: what it holds, how its file looks, and what it forgets."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.model.errors import UsageError
from pinner.model.reference import Reference, parse
from pinner.updating.ledger import Fact, FactKind, Ledger, Naming, read_ledger, render_fact, write_ledger

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
NODE = parse("node:20")


def digest(seed: int) -> str:
    return f"sha256:{seed:064x}"


def named(seed: int, when: datetime, image: Reference = NODE, kind: FactKind = FactKind.NAMED) -> Fact:
    return Fact(when, kind, image, digest(seed))


WRITTEN = render_fact(named(1, NOW))


def write(path: str, *facts: Fact, now: datetime = NOW) -> Ledger:
    ledger = read_ledger(path, now).noted(facts)
    write_ledger(path, ledger, now)
    return read_ledger(path, now)


images = st.builds(
    Reference,
    st.sampled_from(["docker.io", "ghcr.io", "localhost:5000"]),
    st.sampled_from(["library/node", "a/b"]),
    st.sampled_from([None, "20", "latest"]),
    st.none(),
)
times = st.integers(0, 3000).map(lambda hours: NOW - timedelta(hours=hours))
facts = st.builds(
    Fact, times, st.sampled_from(FactKind), images, st.integers(0, 20).map(digest), st.sampled_from([None, digest(21)])
)
lists_of_facts = st.lists(facts, max_size=30)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "pinner-ledger.jsonl")


def test_no_file_is_an_empty_ledger(path: str) -> None:
    ledger = read_ledger(path, NOW)
    assert (ledger.facts, ledger.path) == ((), None)


def test_an_empty_file_is_an_empty_ledger(path: str) -> None:
    Path(path).touch()
    ledger = read_ledger(path, NOW)
    assert (ledger.facts, ledger.path) == ((), path)


def test_the_file(path: str) -> None:
    write(path, named(1, NOW - DAY), Fact(NOW, FactKind.REJECTED, NODE, digest(1), digest(2)))
    start = '{"time": "2026-02-28T12:00:00Z", "fact": "named", "image": "docker.io/library/node:20"'
    assert Path(path).read_text() == (
        f'{start}, "digest": "{digest(1)}"}}\n'
        '{"time": "2026-03-01T12:00:00Z", "fact": "rejected", "image": "docker.io/library/node:20", '
        f'"digest": "{digest(1)}", "instead": "{digest(2)}"}}\n'
    )


def test_lines_are_appended_and_no_other_changes(path: str) -> None:
    text = "".join(f"{render_fact(named(seed, NOW - seed * DAY))}\n" for seed in (1, 3, 2))
    Path(path).write_text(text.replace('": "', '":"').rstrip("\n"))
    write(path, named(4, NOW))
    assert Path(path).read_text() == text.replace('": "', '":"') + render_fact(named(4, NOW)) + "\n"


def test_of_doubles_the_first_line_stays(path: str) -> None:
    one, two = (render_fact(named(seed, NOW)) for seed in (1, 2))
    Path(path).write_text(f"{one}\n\n{two}\n{one.replace(': ', ':')}\n{two}\n")
    write(path)
    assert Path(path).read_text() == f"{one}\n{two}\n"


def test_a_ledger_that_says_nothing_new_is_not_written(path: str) -> None:
    ledger = write(path, named(1, NOW))
    Path(path).chmod(0o444)
    write_ledger(path, ledger.noted([named(1, NOW)]), NOW)


@given(lists_of_facts, st.randoms())
def test_any_order_and_doubles_are_the_same_ledger(
    tmp_path_factory: pytest.TempPathFactory, noted: list[Fact], shuffling: random.Random
) -> None:
    path = str(tmp_path_factory.mktemp("ledger") / "ledger.jsonl")
    ledger = write(path, *noted)
    assert ledger.facts == Ledger(noted).facts
    lines = Path(path).read_text().splitlines() * 2
    shuffling.shuffle(lines)
    Path(path).write_text("\n".join(lines))
    assert read_ledger(path, NOW).facts == ledger.facts


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<<<<<<< HEAD\n{}\n=======\n", ":1: the ledger holds a merge conflict"),
        (WRITTEN + "\n=======\n", ":2: the ledger holds a merge conflict"),
        (WRITTEN + "\n>>>>>>> other\n", ":2: the ledger holds a merge conflict"),
        ('{"schema_version": 1, "entries": [\n<<<<<<< HEAD\n', ":2: the ledger holds a merge conflict"),
        ("[]", ":1: the ledger is damaged"),
        ("\n\nnull", ":3: the ledger is damaged"),
        ("{}", ":1: the ledger is damaged"),
        (WRITTEN.replace("sha256:0", "sha256:x"), "this line is no fact"),
        (WRITTEN.replace("node:20", "Node:20"), "this line is no fact"),
        (WRITTEN.replace("Z", ""), "this line is no fact"),
        (WRITTEN.replace("2026", "now"), "this line is no fact"),
        (
            render_fact(named(1, NOW)).replace("2026-03-01T12:00:00Z", "0001-01-01T00:00:00+14:00"),
            "this line is no fact",
        ),
        (
            render_fact(named(1, NOW)).replace("2026-03-01T12:00:00Z", "9999-12-31T23:59:59-14:00"),
            "this line is no fact",
        ),
        (WRITTEN.replace('"named"', '"called"'), "this line is no fact"),
        (WRITTEN[:-1], "this line is no fact"),
        ("[" * 100_000, "this line is no fact"),
        ('{"schema_version": 2, "entries": []}', "is damaged: schema_version"),
        ('{"schema_version": 1}', "is damaged: 'entries'"),
        ('{"schema_version": 1, "entries": [null]}', "is damaged"),
        ('{"schema_version": 1, "entries": [{"registry": "docker.io"}]}', "is damaged"),
    ],
)
def test_a_damaged_ledger_ends_the_run_and_names_the_place(text: str, reason: str, path: str) -> None:
    Path(path).write_text(text)
    with pytest.raises(UsageError) as raised:
        read_ledger(path, NOW)
    assert path in str(raised.value)
    assert reason in str(raised.value)


def test_bytes_that_are_no_text(path: str) -> None:
    Path(path).write_bytes(b"\xff{}")
    with pytest.raises(UsageError, match="damaged"):
        read_ledger(path, NOW)


def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_ledger(str(tmp_path), NOW)


def test_a_place_where_nothing_can_be_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        write_ledger(str(tmp_path / "none" / "ledger.jsonl"), Ledger([named(1, NOW)]), NOW)


def test_the_older_format_is_rewritten(path: str) -> None:
    entry = {"registry": "docker.io", "repository": "library/node", "digest": digest(1)}
    entries = [
        {**entry, "tag": "20", "first_seen": "2026-02-01T00:00:00Z"},
        {**entry, "tag": None, "digest": digest(2), "first_seen": "2026-02-02T00:00:00Z"},
    ]
    Path(path).write_text(json.dumps({"schema_version": 1, "entries": entries}))
    ledger = read_ledger(path, NOW)
    assert ledger.namings(NODE) == (Naming(datetime(2026, 2, 1, tzinfo=UTC), digest(1)),)
    assert ledger.since(NODE._replace(digest=digest(2))) == datetime(2026, 2, 2, tzinfo=UTC)
    assert write(path).facts == ledger.facts
    assert len(Path(path).read_text().splitlines()) == 2


def test_lines_from_the_future_count_from_today_and_go_on_from_there(path: str) -> None:
    write(path, named(1, NOW - DAY), named(2, NOW + DAY), now=NOW + DAY)
    ledger = read_ledger(path, NOW)
    assert ledger.from_future == 1
    assert ledger.first_named(NODE, digest(2)) == NOW
    write_ledger(path, ledger, NOW)
    assert read_ledger(path, NOW).from_future == 0
    assert Path(path).read_text().splitlines()[0] == render_fact(named(1, NOW - DAY))


def test_what_a_tag_named() -> None:
    seen = [(1, 9), (2, 8), (2, 7), (1, 6), (3, 5)]
    other = named(4, NOW, parse("node:22")), named(5, NOW, NODE, FactKind.PINNED)
    ledger = Ledger([*(named(seed, NOW - days * DAY) for seed, days in seen), *other])
    assert [naming.digest for naming in ledger.namings(NODE)] == [digest(seed) for seed in (1, 2, 1, 3)]
    assert [(NOW - naming.time).days for naming in ledger.namings(NODE)] == [9, 8, 6, 5]
    assert ledger.namings(parse("ghcr.io/library/node:20")) == ()


def test_since_when_a_pin_is_known() -> None:
    pinned = named(1, NOW - DAY, NODE._replace(tag=None), FactKind.PINNED)
    ledger = Ledger([named(1, NOW), pinned, named(2, NOW), named(3, NOW, kind=FactKind.REJECTED)])
    assert ledger.since(NODE._replace(digest=digest(1))) == NOW - DAY
    assert ledger.since(NODE._replace(digest=digest(2))) == NOW
    assert ledger.since(NODE._replace(digest=digest(3))) is None


def test_what_was_superseded_long_ago_is_forgotten_unless_it_is_pinned(path: str) -> None:
    nightly = [named(days, NOW - days * DAY) for days in range(800)]
    write_ledger(path, Ledger(nightly), NOW, [NODE._replace(digest=digest(700))])
    kept = read_ledger(path, NOW).namings(NODE)
    # The newest of the old ones is what the tag named then.
    assert [naming.digest for naming in kept] == [digest(days) for days in (700, *range(401, -1, -1))]


@pytest.mark.parametrize(("later", "stays"), [([], True), ([1], True), ([2], True), ([1, 2], True), ([3, 1], False)])
def test_a_rejection_is_forgotten_only_after_a_third_digest(later: list[int], stays: bool) -> None:
    rejected = Fact(NOW - 500 * DAY, FactKind.REJECTED, NODE, digest(1), digest(2))
    named_since = [named(seed, NOW - (100 - at) * DAY) for at, seed in enumerate(later)]
    ledger = Ledger([named(1, NOW - 600 * DAY), rejected, *named_since])
    assert (rejected in ledger.in_force([], NOW)) == stays

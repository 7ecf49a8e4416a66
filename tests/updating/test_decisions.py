"""When a pin moves, where to, and why it does not."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.model.reference import Reference, parse
from pinner.model.resolution import PinState
from pinner.registry.manifest import OCI_INDEX, OCI_MANIFEST, Child, Manifest
from pinner.updating import decisions
from pinner.updating.decisions import (
    EMPTY_INDEX,
    LOST_PLATFORMS,
    NOT_AN_IMAGE,
    SAME_MANIFESTS,
    TOO_YOUNG,
    Move,
    Options,
    Stay,
    decide,
    in_conflict,
    old_enough,
    platforms_in_use,
    too_young,
)
from pinner.updating.ledger import Ledger
from tests.support.occurrences import DIGEST, OTHER_DIGEST, occurrence

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
NODE = parse("node:20")
CURRENT = "sha256:" + "c" * 64


def digest(seed: int) -> str:
    return f"sha256:{seed:064x}"


def index(children: str) -> Manifest:
    """An index written as `platform=content`, separated by commas; `unknown/unknown` is an attestation's."""
    pairs = [child.partition("=") for child in children.split(",") if child]
    return Manifest(OCI_INDEX, tuple(_child(platform, content) for platform, _, content in pairs))


def _child(platform: str, content: str) -> Child:
    return Child(digest(sum(f"{platform}={content}".encode())), OCI_MANIFEST, 1, platform or None)


MANIFEST = Manifest(OCI_MANIFEST)
OLD = index("linux/amd64=1,linux/arm64/v8=1,unknown/unknown=1")


@pytest.mark.parametrize(
    ("new", "old", "used", "options", "expected"),
    [
        (index("linux/amd64=2,linux/arm64/v8=2"), OLD, (), Options(), None),
        (index("linux/amd64=2,linux/arm64/v8=1"), OLD, (), Options(), None),
        (index("linux/amd64=1,linux/arm64/v8=1,linux/s390x=1"), OLD, (), Options(), None),
        (MANIFEST, MANIFEST, (), Options(), None),
        (OLD, MANIFEST, (), Options(), None),
        (MANIFEST, index("linux/amd64=1"), (), Options(), None),
        # The same for whom it matters.
        (index("linux/amd64=1,linux/arm64/v8=1"), OLD, (), Options(), SAME_MANIFESTS),
        (index("linux/arm64/v8=1,linux/amd64=1,unknown/unknown=2"), OLD, (), Options(), SAME_MANIFESTS),
        (index("linux/amd64=1,linux/arm64/v8=2"), OLD, ("linux/amd64",), Options(), SAME_MANIFESTS),
        (index("linux/amd64=1,linux/arm64/v8=2"), OLD, ("linux/arm64",), Options(), None),
        (index("linux/amd64=1,linux/arm64/v8=1"), OLD, ("linux/arm64", "linux/amd64"), Options(), SAME_MANIFESTS),
        (index("linux/amd64=2,linux/arm64/v8=1"), OLD, ("linux/arm64", "linux/amd64"), Options(), None),
        (index("linux/amd64=1,linux/arm64/v8=1"), OLD, (), Options(all_changes=True), None),
        (index("linux/amd64=2,linux/arm64/v8=2"), OLD, ("linux/s390x",), Options(), None),
        (index("=1"), index("=1"), (), Options(), SAME_MANIFESTS),
        # Platforms that go.
        (index("linux/amd64=2"), OLD, (), Options(), LOST_PLATFORMS),
        (index("linux/amd64=1"), OLD, (), Options(), LOST_PLATFORMS),
        (index("linux/amd64=2,linux/arm/v7=2"), OLD, (), Options(), LOST_PLATFORMS),
        (index("linux/amd64=2,linux/arm64=2"), OLD, (), Options(), None),
        (index("linux/amd64=2"), OLD, ("linux/amd64",), Options(), None),
        (index("linux/amd64=2"), OLD, ("linux/arm64",), Options(), LOST_PLATFORMS),
        (index("linux/amd64=2"), OLD, (), Options(allow_lost_platforms=True), None),
        (index("linux/amd64=1"), OLD, (), Options(allow_lost_platforms=True), None),
        (MANIFEST, OLD, (), Options(), LOST_PLATFORMS),
        (MANIFEST, OLD, ("linux/amd64",), Options(), None),
        (MANIFEST, OLD, (), Options(allow_lost_platforms=True), None),
        # What is no image.
        (index(""), OLD, (), Options(), EMPTY_INDEX),
        (index("unknown/unknown=1"), OLD, (), Options(), EMPTY_INDEX),
        (index(""), OLD, (), Options(all_changes=True, allow_lost_platforms=True), EMPTY_INDEX),
        (index(""), None, (), Options(), EMPTY_INDEX),
        (Manifest(OCI_MANIFEST, artifact="application/x"), MANIFEST, (), Options(), NOT_AN_IMAGE),
        (Manifest(OCI_MANIFEST, artifact="application/x"), None, (), Options(all_changes=True), NOT_AN_IMAGE),
    ],
)  # fmt: skip
def test_decisions(
    new: Manifest, old: Manifest | None, used: tuple[str, ...], options: Options, expected: str | None
) -> None:
    match decide(CURRENT, new, old, used, options):
        case Move(digest):
            assert expected is None
            assert digest == CURRENT
        case Stay(reason, detail, refused):
            assert reason == expected
            assert refused == (reason != SAME_MANIFESTS)
            assert CURRENT in detail


def test_what_is_gone_is_replaced_and_that_is_said() -> None:
    note = "the registry no longer has the old content, so nothing was compared"
    assert decide(CURRENT, OLD, None, (), Options()) == Move(CURRENT, note)


def test_the_lost_platforms_are_named() -> None:
    stay = decide(CURRENT, index("linux/amd64=2"), index("linux/amd64=1,linux/arm/v7=1,linux/s390x=1"), (), Options())
    assert stay == Stay(
        LOST_PLATFORMS,
        f"{CURRENT} lacks linux/arm/v7, linux/s390x, which the pin has; --allow-lost-platforms takes it all the same",
        refused=True,
    )


PIN = f"node:20@{DIGEST}"


@pytest.mark.parametrize(
    ("literal", "configured", "expected"),
    [
        ([None], (), ()),
        (["linux/amd64"], (), ("linux/amd64",)),
        (["linux/amd64", "linux/amd64"], (), ("linux/amd64",)),
        (["linux/amd64", "linux/arm64"], (), ("linux/amd64", "linux/arm64")),
        (["linux/amd64", None], (), ()),
        ([None, "linux/amd64"], (), ()),
        ([None], ("linux/s390x",), ("linux/s390x",)),
        (["linux/amd64", None], ("linux/s390x",), ("linux/amd64", "linux/s390x")),
        (["linux/amd64"], ("linux/s390x",), ("linux/amd64",)),
        (["amd64"], (), ()),
    ],
)
def test_platforms_in_use(literal: list[str | None], configured: tuple[str, ...], expected: tuple[str, ...]) -> None:
    places = [occurrence(PIN, line=line, platform=platform) for line, platform in enumerate(literal, 1)]
    assert platforms_in_use(places, Options(platforms=configured)) == {parse(PIN): expected}


def test_a_tag_with_two_digests_is_in_conflict() -> None:
    references = [parse(text) for text in (PIN, f"node:20@{OTHER_DIGEST}", f"node:22@{DIGEST}", "node:24", PIN)]
    assert in_conflict(references) == {NODE}


def known(*days: int, pin: int | None = None) -> Ledger:
    """The tag named digest(n) for the first time n days ago; the pin was found in a file `pin` days ago."""
    found = [(NODE._replace(digest=digest(day)), NOW - day * DAY) for day in days]
    if pin is not None:
        found.append((parse(PIN).by_digest(), NOW - pin * DAY))
    return Ledger().noted(found)


@pytest.mark.parametrize(
    ("ledger", "min_age", "expected"),
    [
        (known(0, pin=0), 0, [0]),
        (known(0, pin=0), 7, []),
        (known(0, 6, pin=6), 7, []),
        (known(0, 7, pin=7), 7, [7]),
        (known(0, 6, 7, 8, 9, pin=9), 7, [7, 8, 9]),
        (known(0, 8, 9, 10, pin=9), 7, [8, 9]),
        (known(0, 8, 9), 7, []),
        (known(0), 1, []),
    ],
)
def test_the_newest_that_is_old_enough_comes_first(ledger: Ledger, min_age: int, expected: list[int]) -> None:
    assert old_enough(parse(PIN), digest(0), ledger, NOW, min_age * DAY) == [digest(day) for day in expected]


def test_what_the_tag_names_now_counts_alone_when_it_is_old_enough() -> None:
    """It may be older than what the tag named in between."""
    assert old_enough(parse(PIN), digest(9), known(9, 8, pin=3), NOW, 7 * DAY) == [digest(9)]


def test_a_pin_that_the_tag_named_itself_never_moves_back() -> None:
    pin = NODE._replace(digest=digest(9))
    assert old_enough(pin, digest(0), known(0, 8, 9, 10, 11), NOW, 7 * DAY) == [digest(8)]


@given(st.sets(st.integers(0, 60), min_size=1), st.integers(0, 60), st.integers(0, 30))
def test_nothing_younger_than_asked_and_nothing_older_than_the_pin(days: set[int], pin: int, min_age: int) -> None:
    current = min(days)
    found = old_enough(parse(PIN), digest(current), known(*days, pin=pin), NOW, min_age * DAY)
    ages = [int(each.removeprefix("sha256:"), 16) for each in found]
    assert all(age >= min_age for age in ages)
    assert all(age <= pin for age in ages if age != current)
    assert ages == sorted(ages)


def test_until_when_a_pin_stays() -> None:
    assert too_young(parse(PIN), digest(3), known(3), NOW, 7 * DAY) == Stay(
        TOO_YOUNG,
        f"{digest(3)} is known since 2026-02-26, for less than 7 days; "
        "the pin can move to it from 2026-03-05 12:00 UTC on",
    )


def test_the_documentation_knows_all_states_and_reasons() -> None:
    page = (Path(__file__).parents[2] / "docs/update.md").read_text()
    assert re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE) == [state.value for state in PinState]
    reasons = {value for name, value in vars(decisions).items() if name.isupper()}
    assert set(re.findall(r"^\| `(?:kept|refused)\[([a-z-]+)\]` \|", page, re.MULTILINE)) == reasons


def test_the_name_of_a_registry_is_part_of_the_tag() -> None:
    other = Reference("ghcr.io", "library/node", "20", DIGEST)
    assert old_enough(other, CURRENT, known(0, 8, 9), NOW, 7 * DAY) == []

"""When a pin moves, where to, and why it does not."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.model.reference import Reference, parse
from pinner.model.resolution import PinState
from pinner.registry.errors import EmptyIndex, NotAnImage
from pinner.registry.manifest import OCI_INDEX, OCI_MANIFEST, Child, Manifest
from pinner.updating import decisions
from pinner.updating.decisions import (
    LOST_PLATFORMS,
    REJECTED,
    SAME_MANIFESTS,
    TOO_YOUNG,
    Move,
    Options,
    Stay,
    decide,
    history_of,
    in_conflict,
    platforms_in_use,
    repairs,
    targets,
    too_young,
)
from pinner.updating.ledger import Fact, FactKind, Ledger
from tests.support.occurrences import DIGEST, OTHER_DIGEST, occurrence

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
START = datetime(2026, 2, 1, 12, tzinfo=UTC)
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
        (MANIFEST._replace(platform="linux/amd64"), OLD, (), Options(), LOST_PLATFORMS),
        (MANIFEST._replace(platform="linux/amd64"), OLD, ("linux/amd64",), Options(), None),
        (MANIFEST._replace(platform="linux/arm64"), OLD, ("linux/amd64",), Options(), LOST_PLATFORMS),
        (MANIFEST._replace(platform="linux/arm64"), index("linux/amd64=1"), (), Options(), LOST_PLATFORMS),
        (MANIFEST._replace(platform="linux/arm64"), index("linux/arm64/v8=1,linux/arm64=2"), (), Options(), None),
        # What is no image.
        (index(""), OLD, (), Options(), EmptyIndex.reason),
        (index("unknown/unknown=1"), OLD, (), Options(), EmptyIndex.reason),
        (index(""), OLD, (), Options(all_changes=True, allow_lost_platforms=True), EmptyIndex.reason),
        (index(""), None, (), Options(), EmptyIndex.reason),
        (Manifest(OCI_MANIFEST, artifact="application/x"), MANIFEST, (), Options(), NotAnImage.reason),
        (Manifest(OCI_MANIFEST, artifact="application/x"), None, (), Options(all_changes=True), NotAnImage.reason),
    ],
)  # fmt: skip
def test_decisions(
    new: Manifest, old: Manifest | None, used: tuple[str, ...], options: Options, expected: str | None
) -> None:
    match decide(CURRENT, new, old, used, options):
        case Move(digest=digest):
            assert expected is None
            assert digest == CURRENT
        case Stay(reason, detail, refused):
            assert reason == expected
            assert refused == (reason != SAME_MANIFESTS)
            assert CURRENT in detail


def test_what_is_gone_is_replaced_and_that_is_said() -> None:
    assert decide(CURRENT, OLD, None, (), Options()) == Move(CURRENT, "the pinned digest is gone")


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
    assert platforms_in_use(places, lambda _: Options(platforms=configured)) == {parse(PIN): expected}


def test_a_tag_with_two_digests_is_in_conflict() -> None:
    references = [parse(text) for text in (PIN, f"node:20@{OTHER_DIGEST}", f"node:22@{DIGEST}", "node:24", PIN)]
    assert in_conflict(references) == {NODE}


def ledger_of(sequence: str) -> Ledger:
    """A ledger written as `what@day`: A the tag named it, `=A` a file pinned it, `-A+B` a pin was moved from A to B."""
    return Ledger(map(_fact, sequence.split()))


def _fact(text: str) -> Fact:
    what, _, day = text.partition("@")
    kind = {"=": FactKind.PINNED, "-": FactKind.REJECTED}.get(what[0], FactKind.NAMED)
    what, _, instead = what.strip("=-").partition("+")
    return Fact(START + float(day) * DAY, kind, NODE, of(what), of(instead) if instead else None)


def of(letter: str) -> str:
    return digest(ord(letter))


def letters(digests: list[str]) -> str:
    return "".join(chr(int(each.removeprefix("sha256:"), 16)) for each in digests)


def reached(pin: str, sequence: str, day: float, min_age: int = 7) -> str:
    """The letters of the digests to which a pin may move on a day, when the tag names what it named last."""
    ledger, now = ledger_of(sequence), START + day * DAY
    current = ledger.namings(NODE)[-1].digest
    history = history_of(NODE._replace(digest=of(pin)), current, ledger, now)
    return letters(targets(of(pin), history, now, min_age * DAY))


@pytest.mark.parametrize(
    ("pin", "sequence", "day", "min_age", "expected"),
    [
        # Without an age the pin goes where the tag is.
        ("A", "A@0 B@1", 1, 0, "B"),
        ("A", "A@0 B@1 A@2 B@3", 3, 0, "B"),
        # What the tag names now, when it is old enough: twelve hours of grace.
        ("A", "A@0 B@1", 7, 7, ""),
        ("A", "A@0 B@1", 7.4, 7, ""),
        ("A", "A@0 B@1", 7.5, 7, "B"),
        ("A", "A@0 B@1", 8, 7, "B"),
        ("A", "A@0 B@1", 2, 1, "B"),
        # What it named that long ago, then what it named before that.
        ("A", "A@0 B@1 C@2 D@3", 10, 7, "D"),
        ("A", "A@0 B@1 C@2 D@9", 10, 7, "CB"),
        ("B", "A@0 B@1 C@2 D@9", 10, 7, "C"),
        ("C", "A@0 B@1 C@2 D@9", 10, 7, ""),
        # A build that was withdrawn, however long it had lived.
        ("A", "A@0 B@10 A@11 C@17", 18, 7, ""),
        ("A", "A@0 B@10 A@40 C@47", 48, 7, ""),
        ("A", "A@0 B@10 A@11 C@17", 24, 7, "C"),
        ("X", "=X@0 A@1 B@10 A@11 C@17", 18, 7, "A"),
        ("A", "A@0 B@1 C@2 B@3 D@12", 12, 7, "B"),
        ("A", "A@0 B@1 C@9 B@10 D@12", 12.5, 7, "B"),
        # The tag goes back to what is known for longer, and for long enough, than the pin that was withdrawn.
        ("B", "A@0 B@10 A@11", 11, 7, "A"),
        ("B", "A@9 B@10 A@11", 11, 7, ""),
        # It goes on to what was withdrawn once: that waits as anything new does.
        ("A", "A@0 B@10 A@11 B@20", 21, 7, ""),
        ("A", "A@0 B@10 A@11 B@20", 27, 7, "B"),
        # A pin that the tag was never seen to name: nothing that came before it.
        ("X", "A@0 B@1 =X@2 C@3 D@20", 21, 7, "C"),
        ("X", "A@0 B@1 D@20", 21, 7, ""),
        ("X", "A@0 B@1 =X@2", 21, 7, "B"),
        # What somebody rejected, until the tag names a third.
        ("A", "A@0 B@1 -B+A@9", 20, 7, ""),
        ("A", "A@0 B@1 -B+A@9", 20, 0, ""),
        ("A", "A@0 B@1 -B+A@9 A@10 B@11", 30, 0, ""),
        ("A", "A@0 B@1 -B+A@9 C@10", 11, 7, ""),
        ("A", "A@0 B@1 -B+A@9 C@10", 11, 0, "C"),
        ("A", "A@0 B@1 -B+A@9 C@10", 18, 7, "C"),
        ("A", "A@0 B@1 -B+A@9 C@10 B@11", 12, 0, "B"),
        ("A", "A@0 B@1 -B+A@9 C@10 B@11", 19, 7, "B"),
    ],
)  # fmt: skip
def test_where_a_pin_may_go(pin: str, sequence: str, day: float, min_age: int, expected: str) -> None:
    assert reached(pin, sequence, day, min_age) == expected
    # Lines in any order, twice over, are the same ledger.
    backwards = " ".join(reversed(sequence.split() * 2))
    assert reached(pin, backwards, day, min_age) == expected


@pytest.mark.parametrize(
    ("pin", "sequence", "min_age", "expected"),
    [
        ("A", "A@0 B@1 C@2", 0, "C"),
        ("A", "A@0 B@1 C@2", 7, "BC"),
        ("B", "A@0 B@1 C@2", 7, "C"),
        ("A", "A@0 B@1 C@2 B@3", 7, "B"),
        ("A", "A@0 B@1 A@2 C@3 D@4", 7, "CD"),
        ("X", "A@0 =X@1 B@2 C@3", 7, "BC"),
        ("X", "A@0 B@1", 7, "B"),
        ("A", "A@0 B@1 C@2 -B+A@3", 7, "C"),
    ],
)
def test_where_a_pin_goes_that_is_gone(pin: str, sequence: str, min_age: int, expected: str) -> None:
    ledger, now = ledger_of(sequence), START + 5 * DAY
    current = ledger.namings(NODE)[-1].digest
    history = history_of(NODE._replace(digest=of(pin)), current, ledger, now)
    assert letters(repairs(of(pin), current, history, min_age * DAY)) == expected


@pytest.mark.parametrize("min_age", [0, 7])
@pytest.mark.parametrize(
    ("pin", "sequence", "expected"),
    [
        ("A", "A@0 B@1 C@2", "BC"),
        ("C", "A@0 B@1 C@2", ""),
        ("A", "A@0 B@1 A@2 C@3", "C"),
        ("A", "A@0 B@1 C@2 -B+A@3", "C"),
        ("A", "=A@0", ""),
    ],
)
def test_where_a_pin_goes_that_is_gone_with_its_tag(pin: str, sequence: str, expected: str, min_age: int) -> None:
    ledger, now = ledger_of(sequence), START + 5 * DAY
    history = history_of(NODE._replace(digest=of(pin)), "", ledger, now)
    assert letters(repairs(of(pin), "", history, min_age * DAY)) == expected


def test_a_reference_without_a_digest_obeys_the_age_too() -> None:
    ledger, now = ledger_of("A@0 B@1 A@2 C@9"), START + 10 * DAY
    assert letters(targets(None, history_of(NODE, of("C"), ledger, now), now, 7 * DAY)) == "A"


def test_what_a_tag_names_for_the_first_time_counts_from_now() -> None:
    history = history_of(NODE._replace(digest=of("A")), of("B"), Ledger(), NOW)
    assert targets(of("A"), history, NOW, DAY) == []
    assert [naming.time for naming in history.namings] == [NOW]


@given(st.lists(st.sampled_from("ABCD"), min_size=1), st.sampled_from("ABCD"), st.integers(0, 40), st.integers(1, 14))
def test_nothing_younger_than_asked_and_nothing_that_was_withdrawn(
    named: list[str], pin: str, later: int, min_age: int
) -> None:
    sequence = " ".join(f"{letter}@{day}" for day, letter in enumerate(named))
    day = len(named) - 1 + later
    for letter in reached(pin, sequence, day, min_age):
        assert day - named.index(letter) >= min_age - 0.5
        last = len(named) - 1 - named[::-1].index(letter)
        assert all(named.index(each) >= named.index(letter) for each in named[last:])


def test_until_when_a_pin_stays() -> None:
    history = history_of(NODE._replace(digest=of("A")), of("B"), ledger_of("A@0 B@1"), NOW)
    assert too_young(history, 7 * DAY) == Stay(
        TOO_YOUNG,
        f"{of('B')} is known since 2026-02-02, for less than 7 days; "
        "the pin can move to it from 2026-02-09 00:00 UTC on",
    )


def test_a_pin_stays_because_of_a_rejection() -> None:
    history = history_of(NODE._replace(digest=of("A")), of("B"), ledger_of("A@0 B@1 -B+A@2"), NOW)
    stay = too_young(history, 7 * DAY)
    assert (stay.reason, stay.refused) == (REJECTED, False)
    assert f"{of('B')} was rejected on 2026-02-03" in stay.detail


def test_the_documentation_knows_all_states_and_reasons() -> None:
    page = (Path(__file__).parents[2] / "docs/update.md").read_text()
    assert re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE) == [state.value for state in PinState]
    reasons = {value for name, value in vars(decisions).items() if re.fullmatch("[A-Z][A-Z_]+", name)}
    # A flaw of the new content has the reason of the error.
    reasons = reasons - {decisions.GONE} | {EmptyIndex.reason, NotAnImage.reason}
    assert set(re.findall(r"^\| `(?:kept|refused)\[([a-z-]+)\]` \|", page, re.MULTILINE)) == reasons


def test_the_name_of_a_registry_is_part_of_the_tag() -> None:
    other = Reference("ghcr.io", "library/node", "20", DIGEST)
    assert history_of(other, CURRENT, ledger_of("A@0 B@1"), NOW).namings == ((NOW, CURRENT),)

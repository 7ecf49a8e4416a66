"""`min-age` over weeks in which an image is rebuilt every night, with a clock that the test controls."""

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from pinner.formats import dockerfile
from pinner.model.reference import Reference
from pinner.model.resolution import Unresolved
from pinner.pipeline import Outcome, update
from pinner.registry.hub import HubTags
from pinner.registry.settings import RegistrySettings
from pinner.scanning.discovery import Found
from pinner.scanning.scan import scan_files
from pinner.updating.decisions import Options
from pinner.updating.ledger import Naming, read_ledger, write_ledger
from pinner.updating.updater import Update, find_updates
from tests.support import images
from tests.support.embedded import Embedded
from tests.support.shelves import EmbeddedShelf

pytestmark = pytest.mark.integration

START = datetime(2026, 1, 5, 6, tzinfo=UTC)
DAY = timedelta(days=1)


class Hub(HubTags):
    """Docker Hub that says of one digest when it was pushed."""

    def __init__(self, digest: str, when: datetime) -> None:
        super().__init__(RegistrySettings())
        self._answer = digest, when

    async def pushed(self, tag: Reference, digest: str) -> datetime | None:
        return self._answer[1] if digest == self._answer[0] else None


class World:
    """A registry, a Dockerfile that pins an image of it, and a ledger."""

    def __init__(self, registry: Embedded, folder: Path, min_age: int) -> None:
        self.shelf = EmbeddedShelf(registry)
        self.path = folder / "Dockerfile"
        self.ledger = str(folder / "pinner-ledger.jsonl")
        self.settings = RegistrySettings(mirrors={"*": registry.url})
        self.options = Options(min_age=min_age * DAY)
        self.nights: dict[str, int] = {}

    def build(self, night: int) -> str:
        """What the publisher does every night."""
        digest = self.shelf.put("library/app", images.multi_platform(f"night {night}"), "1")
        self.nights[digest] = night
        return digest

    def pin(self, digest: str) -> None:
        self.path.write_text(f"FROM app:1@{digest}\n")

    @property
    def pinned(self) -> str:
        return self.path.read_text().partition("@")[2].strip()

    def update(self, now: datetime, hub: HubTags | None = None) -> Outcome:
        scan = scan_files([Found(str(self.path), dockerfile)])
        return update(scan, partial(self._find, now=now, hub=hub), lambda _: self.options, write=True)

    def _find(
        self, used: dict[Reference, tuple[str, ...]], now: datetime, hub: HubTags | None
    ) -> dict[Reference, Update | Unresolved]:
        known = read_ledger(self.ledger, now)
        found = find_updates(used, self.settings, lambda _: self.options, known, now, hub=hub)
        write_ledger(self.ledger, found.ledger, now, used)
        return dict(found.by_reference)


@pytest.mark.parametrize(("every", "min_age"), [(1, 1), (1, 3), (1, 7), (7, 7), (7, 10), (2, 30)])
def test_the_pin_moves_and_never_to_what_is_too_young(
    every: int, min_age: int, embedded_registry: Embedded, tmp_path: Path
) -> None:
    world = World(embedded_registry, tmp_path, min_age)
    world.pin(world.build(0))
    pins = []
    for day in range(70):
        world.build(day)
        if day % every == 0:
            before = world.pinned
            report = world.update(START + day * DAY).report
            night = world.nights[world.pinned]
            pins.append(night)
            # What was built on a day on which pinner runs is seen that day.
            assert world.pinned == before or day - night >= min_age
            assert [each.reason for each in report.kept] == (
                [] if world.pinned != before or day == 0 else ["too-young"]
            )
    assert pins == sorted(pins)
    behind = 69 - pins[-1]
    assert min_age <= behind < min_age + 2 * every + 1


def test_what_the_registry_has_lost_is_passed_over(embedded_registry: Embedded, tmp_path: Path) -> None:
    world = World(embedded_registry, tmp_path, 3)
    digests = [world.build(0)]
    world.pin(digests[0])
    for day in range(1, 7):
        world.update(START + (day - 1) * DAY)
        digests.append(world.build(day))
        world.pin(digests[0])
    world.shelf.delete("library/app", digests[3])
    world.update(START + 6 * DAY)
    assert world.pinned == digests[2]


def test_where_nothing_is_old_enough_the_report_says_until_when(embedded_registry: Embedded, tmp_path: Path) -> None:
    world = World(embedded_registry, tmp_path, 3)
    old = world.build(0)
    world.pin(old)
    new = world.build(1)
    (kept,) = world.update(START).report.kept
    assert world.pinned == old
    assert kept.detail == (
        f"{new} is known since 2026-01-05, for less than 3 days; the pin can move to it from 2026-01-07 18:00 UTC on"
    )
    world.update(START + 2.5 * DAY - timedelta(seconds=1))
    assert world.pinned == old
    world.update(START + 2.5 * DAY)
    assert world.pinned == new


def test_a_tag_that_is_moved_back(embedded_registry: Embedded, tmp_path: Path) -> None:
    """The publisher withdraws a build: the pin goes back with the tag, for that content is known."""
    world = World(embedded_registry, tmp_path, 3)
    first = world.build(1)
    world.pin(first)
    world.update(START)
    second = world.build(2)
    world.update(START + DAY)
    world.update(START + 4 * DAY)
    assert world.pinned == second
    world.build(1)
    world.update(START + 5 * DAY)
    assert world.pinned == first


def test_a_pin_that_is_newer_than_what_is_known_does_not_move_back(embedded_registry: Embedded, tmp_path: Path) -> None:
    """Somebody else moved the pin while the ledger was not looking."""
    world = World(embedded_registry, tmp_path, 3)
    world.pin(world.build(0))
    world.update(START)
    by_hand = world.build(1)
    world.pin(by_hand)
    world.build(2)
    report = world.update(START + 5 * DAY).report
    assert world.pinned == by_hand
    assert [each.reason for each in report.kept] == ["too-young"]


def test_docker_hub_vouches_for_what_the_ledger_does_not_know(embedded_registry: Embedded, tmp_path: Path) -> None:
    world = World(embedded_registry, tmp_path, 7)
    old = world.build(0)
    world.pin(old)
    new = world.build(1)
    world.update(START, Hub(old, START - 100 * DAY))
    assert world.pinned == old
    world.update(START, Hub(new, START - 6 * DAY))
    assert world.pinned == old
    world.update(START, Hub(new, START - 8 * DAY))
    assert world.pinned == new
    namings = read_ledger(world.ledger, START).namings(Reference("docker.io", "library/app", "1"))
    assert namings == (Naming(START - 8 * DAY, new),)


def test_without_min_age_pins_move_at_once(embedded_registry: Embedded, tmp_path: Path) -> None:
    world = World(embedded_registry, tmp_path, 0)
    world.pin(world.build(0))
    new = world.build(1)
    world.update(START)
    assert world.pinned == new

"""The updates of pins: what tags name now, compared with the pins where the two differ.

A fresh pin costs one HEAD. One whose tag has moved costs two, and two GETs for the comparison.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from pinner.model.reference import DOCKER_HUB, Reference, is_digest
from pinner.model.resolution import PinState, PinStatus, Unresolved
from pinner.registry.errors import NotFound
from pinner.registry.hub import HubTags
from pinner.registry.manifest import INDEXES, Manifest
from pinner.registry.resolver import Resolver
from pinner.registry.settings import RegistrySettings
from pinner.updating.decisions import (
    EMPTY_INDEX,
    Decision,
    Move,
    Options,
    Stay,
    decide,
    in_conflict,
    old_enough,
    too_young,
)
from pinner.updating.ledger import Ledger, pruned
from pinner.updating.pin_status import Examination, examine_all, fetch_manifest

_MOVED = frozenset({PinState.STALE, PinState.PLATFORM, PinState.GONE})


class Update(NamedTuple):
    """What has become of a reference, and what is to be done; None where there is nothing to do."""

    status: PinStatus
    decision: Decision | None = None


class Updates(NamedTuple):
    """What to do with every reference that was asked for, and what the ledger says now."""

    by_reference: Mapping[Reference, Update | Unresolved]
    ledger: Ledger


def find_updates(
    used: Mapping[Reference, tuple[str, ...]],
    settings: RegistrySettings,
    options: Options,
    ledger: Ledger,
    now: datetime,
    *,
    hub: HubTags | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Updates:
    """What to do with the references that are the keys of `used`; the values are the platforms in use."""

    async def run() -> Updates:
        async with Resolver(settings) as resolver, hub or HubTags(settings) as tags:
            statuses = await examine_all(used, resolver, progress=progress)
            known = ledger.noted(_sightings(statuses, ledger, now))
            if options.min_age:
                known = known.noted(await _pushed(statuses, known, tags, now, options))
            updater = _Updater(resolver, known, now, options)
            return Updates(await updater.updates(statuses, used), _tidy(known, statuses, now, options))

    return asyncio.run(run())


def _sightings(
    statuses: Mapping[Reference, Examination], ledger: Ledger, now: datetime
) -> Iterator[tuple[Reference, datetime]]:
    """What the tags name now, and the pins that the ledger does not know."""
    for reference, status in statuses.items():
        if isinstance(status, PinStatus) and status.current:
            yield reference.by_tag()._replace(digest=status.current), now
            fresh = status.current == reference.digest
            if is_digest(reference.digest or "") and not fresh and ledger.since(reference) is None:
                yield reference.by_digest(), now


def _tidy(ledger: Ledger, statuses: Mapping[Reference, Examination], now: datetime, options: Options) -> Ledger:
    in_use = [key for reference in statuses for key in (reference, reference.by_digest())]
    return pruned(ledger, in_use, now, options.min_age)


async def _pushed(
    statuses: Mapping[Reference, Examination], ledger: Ledger, hub: HubTags, now: datetime, options: Options
) -> list[tuple[Reference, datetime]]:
    """How long Docker Hub has had what its tags name, where the ledger does not know that for long enough."""
    young = {
        reference.by_tag()._replace(digest=status.current)
        for reference, status in statuses.items()
        if isinstance(status, PinStatus)
        and status.current
        and status.state in _MOVED
        and reference.registry == DOCKER_HUB
        if status.current not in old_enough(reference, status.current, ledger, now, options.min_age)
    }
    times = await asyncio.gather(*(hub.pushed(each, each.digest or "") for each in young))
    return [(each, time) for each, time in zip(young, times, strict=True) if time]


class _Updater:
    """Decides, and fetches what it needs to know for that."""

    def __init__(self, resolver: Resolver, ledger: Ledger, now: datetime, options: Options) -> None:
        self._resolver = resolver
        self._ledger = ledger
        self._now = now
        self._options = options

    async def updates(
        self, statuses: Mapping[Reference, Examination], used: Mapping[Reference, tuple[str, ...]]
    ) -> dict[Reference, Update | Unresolved]:
        conflicts = in_conflict(statuses)
        options = {
            each: self._options._replace(all_changes=self._options.all_changes or each.by_tag() in conflicts)
            for each in statuses
        }
        work = (self._update(each, status, used[each], options[each]) for each, status in statuses.items())
        return dict(zip(statuses, await asyncio.gather(*work), strict=True))

    async def _update(
        self, reference: Reference, status: Examination, used: tuple[str, ...], options: Options
    ) -> Update | Unresolved:
        if isinstance(status, Unresolved):
            return status
        if status.state is PinState.UNPINNED and status.current:
            fetched = await self._resolver.get(reference.by_tag()) if options.verify else None
            broken = Stay(EMPTY_INDEX, status.broken, refused=True) if status.broken else None
            return fetched if isinstance(fetched, Unresolved) else Update(status, broken or Move(status.current))
        if status.state not in _MOVED or not status.current:
            return Update(status)
        decision = await self._decision(reference, status, status.current, used, options)
        return decision if isinstance(decision, Unresolved) else Update(status, decision)

    async def _decision(
        self, reference: Reference, status: PinStatus, current: str, used: tuple[str, ...], options: Options
    ) -> Decision | Unresolved:
        """What to do with a pin whose tag has moved: the first of the digests that still resolves counts."""
        when = self._ledger, self._now, options.min_age
        for digest in old_enough(reference, current, *when):
            new = await fetch_manifest(self._resolver, reference._replace(tag=None, digest=digest))
            if isinstance(new, Manifest):
                old = await self._pinned(reference, status)
                return old if isinstance(old, Unresolved) else decide(digest, new, old, used, options)
            if digest == current or new.reason != NotFound.reason:
                return new
        return too_young(reference, current, *when)

    async def _pinned(self, reference: Reference, status: PinStatus) -> Manifest | Unresolved | None:
        """What the pin names. A manifest need not be fetched: it does not say more than that it is one."""
        if status.state is PinState.GONE:
            return None
        if status.media_type in INDEXES:
            return await fetch_manifest(self._resolver, reference.by_digest())
        return Manifest(status.media_type or "")

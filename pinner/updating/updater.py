"""The updates of pins: what tags name now, compared with the pins where the two differ.

A fresh pin costs one HEAD. One whose tag has moved costs two, and two GETs for the comparison.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
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
    NOT_UPDATED,
    Move,
    Options,
    OptionsOf,
    Stay,
    UpdateDecision,
    decide,
    history_of,
    in_conflict,
    repairs,
    targets,
    too_young,
)
from pinner.updating.explanation import explain_move
from pinner.updating.ledger import Fact, FactKind, Ledger
from pinner.updating.pin_status import SHALLOW, Depth, Examination, examine_all, fetch_manifest

_MOVED = frozenset({PinState.STALE, PinState.PLATFORM, PinState.GONE})


class Update(NamedTuple):
    """What has become of a reference, and what is to be done.

    The decision is None where there is nothing to do, and Unresolved where a registry did not say what it takes.
    """

    status: PinStatus
    decision: UpdateDecision | Unresolved | None = None

    @property
    def judged(self) -> PinStatus | Unresolved:
        """The status with what is to be done: what a check says of the pin.

        A pin that is stale is nothing to report where nobody knows whether it may move; any other is bad as it is.
        """
        match self.decision:
            case Move(digest=digest):
                return self.status._replace(target=digest)
            case Stay(detail=detail, refused=True):
                return self.status._replace(refused=detail)
            case Stay(detail=detail):
                return self.status._replace(held=detail)
            case Unresolved(detail=detail) if self.status.state is not PinState.STALE:
                return self.status._replace(refused=detail)
        return self.decision or self.status


class Updates(NamedTuple):
    """What to do with every reference that was asked for, and what the ledger says now."""

    by_reference: Mapping[Reference, Update | Unresolved]
    ledger: Ledger


Choices = Mapping[Reference, tuple[str, ...]]
"""The digests to which somebody wants pins to move, the best first, whatever their tags name."""


def find_updates(
    used: Mapping[Reference, tuple[str, ...]],
    settings: RegistrySettings,
    options_of: OptionsOf,
    ledger: Ledger,
    now: datetime,
    *,
    choices: Choices | None = None,
    beside: Iterable[Reference] = (),
    depth: Depth = SHALLOW,
    hub: HubTags | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Updates:
    """Return what to do with the references that are the keys of `used`; the values are the platforms in use.

    `choices` say where pins are to go in place of what their tags name, `beside` are further references that the run
    knows.
    """

    async def run() -> Updates:
        async with Resolver(settings, references=[*used, *beside]) as resolver, hub or HubTags(settings) as tags:
            statuses = await examine_all(used, resolver, depth, progress=progress)
            known = ledger.noted(_sightings(statuses, ledger, now))
            known = known.noted(await _pushed(statuses, known, tags, now, options_of))
            updater = _Updater(resolver, known, now)
            if choices is None:
                return Updates(await updater.updates(statuses, used, options_of), known)
            chosen = await updater.choose(statuses, used, choices)
            return Updates(chosen, known.noted(_rejections(chosen, now)))

    return asyncio.run(run())


def earlier_pins(pin: Reference, ledger: Ledger) -> tuple[str, ...]:
    """Return the digests to which a pin can be rolled back, the latest first: what was pinned before, or else named."""
    digests = [naming.digest for naming in ledger.namings(pin)]
    # What the tag named after the pin is no way back.
    before = digests[: digests.index(pin.digest)] if pin.digest in digests else digests
    rejected = {fact.digest for fact in ledger.rejections(pin)}
    return tuple(
        each for each in dict.fromkeys((*ledger.pins(pin), *reversed(before))) if each not in (pin.digest, *rejected)
    )


def _sightings(statuses: Mapping[Reference, Examination], ledger: Ledger, now: datetime) -> Iterator[Fact]:
    """Yield what the tags name now, and the pins, where that is not what the ledger knows as the latest."""
    pinned = {each for each in statuses if each.tag and is_digest(each.digest or "")}
    conflicts = in_conflict(pinned)
    for reference, status in statuses.items():
        image = reference.by_tag()
        if isinstance(status, PinStatus) and status.current:
            namings = ledger.namings(reference)
            if not namings or namings[-1].digest != status.current:
                yield Fact(time=now, kind=FactKind.NAMED, image=image, digest=status.current)
        if reference.digest and reference in pinned:
            known = ledger.pins(reference)
            # Of two pins of one tag none is the latest: each run would note the other one again.
            if reference.digest not in (known if image in conflicts else known[:1]):
                yield Fact(time=now, kind=FactKind.PINNED, image=image, digest=reference.digest)


def _rejections(chosen: Mapping[Reference, Update | Unresolved], now: datetime) -> Iterator[Fact]:
    """Yield the digests that pins leave because somebody wants it."""
    for reference, update in chosen.items():
        if isinstance(update, Update) and isinstance(update.decision, Move) and is_digest(reference.digest or ""):
            image, digest = reference.by_tag(), reference.digest or ""
            yield Fact(time=now, kind=FactKind.REJECTED, image=image, digest=digest, instead=update.decision.digest)


async def _pushed(
    statuses: Mapping[Reference, Examination], ledger: Ledger, hub: HubTags, now: datetime, options_of: OptionsOf
) -> list[Fact]:
    """Return how long Docker Hub has had what its tags name, where the ledger does not know that for long enough.

    A tag cannot have named it before it was last seen to name something else.
    """
    young = {
        reference.by_tag()._replace(digest=status.current)
        for reference, status in statuses.items()
        if isinstance(status, PinStatus) and status.current and reference.registry == DOCKER_HUB
        if status.state in (*_MOVED, PinState.UNPINNED) and (age := options_of(reference).min_age)
        # Docker Hub's API has a rate limit of its own: only where the answer can let a pin move today.
        if status.current not in targets(None, history_of(reference, status.current, ledger, now), now, age)[:1]
    }
    times = await asyncio.gather(*(hub.pushed(each, each.digest or "") for each in young))
    facts = []
    for each, time in zip(young, times, strict=True):
        *before, last = ledger.namings(each)
        if time and (not before or before[-1].time < time) and time < last.time:
            facts.append(Fact(time=time, kind=FactKind.NAMED, image=each.by_tag(), digest=each.digest or ""))
    return facts


class _Updater:
    """Decides, and fetches what it needs to know for that."""

    def __init__(self, resolver: Resolver, ledger: Ledger, now: datetime) -> None:
        self._resolver = resolver
        self._ledger = ledger
        self._now = now

    async def updates(
        self,
        statuses: Mapping[Reference, Examination],
        used: Mapping[Reference, tuple[str, ...]],
        options_of: OptionsOf,
    ) -> dict[Reference, Update | Unresolved]:
        """Return what to do with every reference."""
        conflicts = in_conflict(statuses)
        work = []
        for each, status in statuses.items():
            options = options_of(each)
            options = options._replace(all_changes=options.all_changes or each.by_tag() in conflicts)
            work.append(self._update(each, status, used[each], options))
        return dict(zip(statuses, await asyncio.gather(*work), strict=True))

    async def choose(
        self, statuses: Mapping[Reference, Examination], used: Mapping[Reference, tuple[str, ...]], choices: Choices
    ) -> dict[Reference, Update | Unresolved]:
        """Return the moves that somebody wants, to the first of the digests that resolves."""
        work = (self._chosen(each, status, used[each], choices[each]) for each, status in statuses.items())
        return dict(zip(statuses, await asyncio.gather(*work), strict=True))

    async def _update(
        self, reference: Reference, status: Examination, used: tuple[str, ...], options: Options
    ) -> Update | Unresolved:
        if isinstance(status, Unresolved):
            return status
        decision: UpdateDecision | Unresolved | None
        if status.state is PinState.UNPINNED and status.current and options.add:
            decision = await self._addition(reference, status, status.current, options)
        elif status.state not in _MOVED or not (status.current or reference.tag):
            # A digest without a tag that is gone leaves nothing that could take its place.
            return Update(status)
        elif not options.update:
            decision = Stay(NOT_UPDATED, "the configuration says `update = false` for this image")
        else:
            decision = await self._decision(reference, status, status.current or "", used, options)
        return Update(status, decision)

    async def _addition(
        self, reference: Reference, status: PinStatus, current: str, options: Options
    ) -> UpdateDecision | Unresolved:
        """Return the digest for a reference without one: without `min_age`, or `verify`, nothing is fetched for it."""
        if not options.min_age and not status.broken:
            fetched = await self._resolver.get(reference.by_tag()) if options.verify else None
            return fetched if isinstance(fetched, Unresolved) else self._explained(reference, Move(current), current)
        history = history_of(reference, current, self._ledger, self._now)
        for digest in targets(None, history, self._now, options.min_age):
            new = await fetch_manifest(self._resolver, reference._replace(tag=None, digest=digest))
            if isinstance(new, Manifest):
                decision = decide(digest, new, new, (), options._replace(all_changes=True))
                return self._explained(reference, decision, current)
            if digest == current or new.reason != NotFound.reason:
                return new
        return too_young(history, options.min_age)

    async def _decision(
        self, reference: Reference, status: PinStatus, current: str, used: tuple[str, ...], options: Options
    ) -> UpdateDecision | Unresolved | None:
        """Return what to do with a pin whose tag has moved: the first of the digests that still resolves counts.

        None where the tag is gone as well, and no digest that the ledger knows is left.
        """
        history = history_of(reference, current, self._ledger, self._now)
        pin = reference.digest or ""
        if status.state is PinState.GONE:
            wanted = repairs(pin, current, history, options.min_age)
        else:
            wanted = targets(pin, history, self._now, options.min_age)
        for digest in wanted:
            new = await fetch_manifest(self._resolver, reference._replace(tag=None, digest=digest))
            if isinstance(new, Manifest):
                old = await self._pinned(reference, status)
                if isinstance(old, Unresolved):
                    return old
                # The platform of a manifest stands in its configuration, one GET more: only an index has some to lose.
                if old and old.is_index and not (new.is_index or new.artifact):
                    new = new._replace(platform=await self._resolver.platform(reference, new))
                decision = decide(digest, new, old, used, options)
                return self._explained(reference, decision, current, old=old, new=new, used=used)
            # What a tag named earlier may have been deleted since; then the next one is tried.
            if digest == current or new.reason != NotFound.reason:
                return new
        return too_young(history, options.min_age) if current else None

    async def _chosen(
        self, reference: Reference, status: Examination, used: tuple[str, ...], wanted: tuple[str, ...]
    ) -> Update | Unresolved:
        if isinstance(status, Unresolved):
            return status
        lacking: Unresolved | None = None
        for digest in wanted:
            if digest == reference.digest:
                return Update(status)
            new = await fetch_manifest(self._resolver, reference._replace(tag=None, digest=digest))
            if isinstance(new, Manifest):
                old = await self._pinned(reference, status)
                if isinstance(old, Unresolved):
                    return Update(status, old)
                options = Options(all_changes=True, allow_lost_platforms=True)
                decision = decide(digest, new, old, used, options)
                current = status.current or ""
                return Update(status, self._explained(reference, decision, current, old=old, new=new, used=used))
            lacking = new
        return Update(status, lacking)

    def _explained(
        self,
        reference: Reference,
        decision: UpdateDecision,
        current: str,
        *,
        old: Manifest | None = None,
        new: Manifest | None = None,
        used: tuple[str, ...] = (),
    ) -> UpdateDecision:
        """Return the decision with why the pin moves, if it does; without `new` it is one that is added."""
        if not isinstance(decision, Move):
            return decision
        digest = decision.digest
        # Without a ledger everything would be first seen today.
        first_seen = self._ledger.first_named(reference, digest) if self._ledger.path else None
        if new is None:
            time = f"{first_seen:%Y-%m-%dT%H:%M:%SZ}" if first_seen else None
            tag_digest = None if digest == current else current
            explanation = decision.explanation._replace(
                current=digest == current, tag_digest=tag_digest, first_seen=time
            )
        else:
            explanation = explain_move(old, new, used, digest=digest, current=current, first_seen=first_seen)
        return decision._replace(explanation=explanation)

    async def _pinned(self, reference: Reference, status: PinStatus) -> Manifest | Unresolved | None:
        """Return what the pin names. A manifest need not be fetched: it does not say more than that it is one."""
        if status.state is PinState.GONE:
            return None
        if status.media_type in INDEXES:
            return await fetch_manifest(self._resolver, reference.by_digest())
        return Manifest(status.media_type or "")

"""The state of pins: the fewest requests that tell all states apart.

A fresh pin costs one HEAD, a stale one two. HEAD is no pull on Docker Hub; GET is, and only asked
where HEAD cannot tell: to confirm that content is gone, to find a platform's manifest in an index,
to look into an index that is suspiciously small, and with `deep`.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pinner.reference import Reference, is_digest
from pinner.registry.errors import NotFound, RegistryError
from pinner.registry.manifest import INDEXES, Manifest, parse_manifest
from pinner.registry.settings import RegistrySettings
from pinner.resolver import Resolution, Resolved, Resolver, Unresolved
from pinner.state import ATTESTATION, State, Verdict

# An index that lists one manifest is longer: its digest alone takes 71 bytes, its media type up to 60.
_SMALLEST_INDEX = 200

Examination = State | Unresolved


@dataclass(frozen=True, slots=True)
class Depth:
    """How much to ask: `fetch` the content for its platforms, `deep` for the children of an index."""

    fetch: bool = False
    deep: bool = False


def examine(
    references: Iterable[Reference],
    settings: RegistrySettings,
    depth: Depth = Depth(),
    *,
    progress: Callable[[int, int], None] | None = None,
) -> dict[Reference, Examination]:
    """The state of every reference, in an event loop of its own; `progress` gets done and all."""
    return asyncio.run(_examine(list(dict.fromkeys(references)), settings, depth, progress or _quiet))


async def _examine(
    references: list[Reference], settings: RegistrySettings, depth: Depth, progress: Callable[[int, int], None]
) -> dict[Reference, Examination]:
    done = 0

    async def one(reference: Reference) -> Examination:
        nonlocal done
        examination = await examiner.examine(reference)
        done += 1
        progress(done, len(references))
        return examination

    async with Resolver(settings) as resolver, asyncio.TaskGroup() as group:
        examiner = Examiner(resolver, depth)
        tasks = {reference: group.create_task(one(reference)) for reference in references}
    return {reference: task.result() for reference, task in tasks.items()}


class Examiner:
    """Finds the state of references, one at a time, with the caches of one resolver."""

    def __init__(self, resolver: Resolver, depth: Depth) -> None:
        self._resolver = resolver
        self._depth = depth

    async def examine(self, reference: Reference) -> Examination:
        """The state of one reference, or why it could not be found out."""
        if reference.digest is None:
            return await self._unpinned(reference)
        if reference.tag is None:
            return await self._untagged(reference)
        tag = await self._resolver.head(reference.by_tag())
        if isinstance(tag, Unresolved):
            return await self._without_tag(reference, tag)
        if tag.digest == reference.digest:
            return await self._looked_into(Verdict.FRESH, tag, tag.digest)
        pin = await self._find(reference)
        if isinstance(pin, Unresolved):
            return _gone_or(pin, tag.digest)
        if pin.media_type not in INDEXES and tag.media_type in INDEXES:
            return await self._manifest_of(reference, tag)
        return await self._looked_into(Verdict.STALE, pin, tag.digest)

    async def _unpinned(self, reference: Reference) -> Examination:
        tag = await self._resolver.head(reference.by_tag())
        if isinstance(tag, Unresolved):
            return State(Verdict.NO_TAG, None) if tag.reason == NotFound.reason else tag
        return await self._looked_into(Verdict.UNPINNED, tag, tag.digest)

    async def _untagged(self, reference: Reference) -> Examination:
        pin = await self._find(reference)
        if isinstance(pin, Unresolved):
            return _gone_or(pin, None)
        return await self._looked_into(Verdict.UNTAGGED, pin, None)

    async def _without_tag(self, reference: Reference, failure: Unresolved) -> Examination:
        """The tag gives no answer: it is missing only if the repository answers for the pin."""
        if failure.reason != NotFound.reason:
            return failure
        pin = await self._resolver.head(reference.by_digest())
        if not isinstance(pin, Unresolved):
            return await self._looked_into(Verdict.NO_TAG, pin, None)
        if pin.reason != NotFound.reason:
            return pin
        detail = f"the registry has neither the tag nor the digest of {reference._replace(digest=None).familiar}"
        return Unresolved(reference, pin.reason, f"{detail}: check the name, and whether the repository wants a login")

    async def _find(self, reference: Reference) -> Resolution:
        """The pin, by HEAD; that it is not there is believed only when GET says so too."""
        pin = await self._resolver.head(reference.by_digest())
        if isinstance(pin, Unresolved) and pin.reason == NotFound.reason:
            return await self._resolver.get(reference.by_digest())
        return pin

    async def _manifest_of(self, reference: Reference, tag: Resolved) -> Examination:
        """The pin is a manifest and the tag an index: is the pin one of its children?"""
        fetched = await self._fetch(tag)
        if isinstance(fetched, Unresolved):
            return fetched
        for child in fetched.children:
            if child.digest == reference.digest:
                what = ATTESTATION if child.is_attestation else child.platform or "a manifest without a platform"
                return State(Verdict.PLATFORM, tag.digest, child.media_type, child=what)
        return State(Verdict.STALE, tag.digest)

    async def _looked_into(self, verdict: Verdict, content: Resolved, current: str | None) -> Examination:
        """The state, with what the content says where it has to be looked at."""
        state = State(verdict, current, content.media_type)
        is_index = content.media_type in INDEXES
        suspicious = is_index and content.size is not None and content.size < _SMALLEST_INDEX
        if not (self._depth.fetch or suspicious or (is_index and self._depth.deep)):
            return state
        fetched = await self._fetch(content)
        if isinstance(fetched, Unresolved):
            return fetched
        state = state._replace(platforms=fetched.platforms)
        if is_index and not fetched.children:
            return state._replace(broken="the index lists no manifest")
        return await self._children_asked(state, fetched, content) if self._depth.deep else state

    async def _children_asked(self, state: State, index: Manifest, content: Resolved) -> Examination:
        images = [child for child in index.children if not child.is_attestation and is_digest(child.digest)]
        name = content.reference._replace(tag=None)
        answers = await asyncio.gather(*(self._find(name._replace(digest=child.digest)) for child in images))
        gone: list[str] = []
        for child, answer in zip(images, answers, strict=True):
            if isinstance(answer, Unresolved):
                if answer.reason != NotFound.reason:
                    return answer
                gone.append(child.platform or child.digest)
        return state._replace(broken=f"the registry has lost {', '.join(gone)}") if gone else state

    async def _fetch(self, content: Resolved) -> Manifest | Unresolved:
        """What `content` says, fetched by its digest unless it is there."""
        reference = content.reference._replace(tag=None, digest=content.digest)
        fetched = content if content.body is not None else await self._resolver.get(reference)
        if isinstance(fetched, Unresolved):
            return fetched
        try:
            return parse_manifest(fetched.body or b"", fetched.media_type)
        except RegistryError as error:
            return Unresolved(reference, error.reason, error.detail)


def _gone_or(failure: Unresolved, current: str | None) -> Examination:
    return State(Verdict.GONE, current) if failure.reason == NotFound.reason else failure


def _quiet(done: int, total: int) -> None:
    """The progress that nobody watches."""

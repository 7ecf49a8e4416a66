"""The status of pins: the fewest requests that tell all statuses apart.

A fresh pin costs one HEAD, a stale one two. HEAD is no pull on Docker Hub; GET is, and only asked
where HEAD cannot tell: to confirm that content is gone (which the client does by itself), to find a
platform's manifest in an index, to look into an index that is suspiciously small, or into a manifest that is to be
pinned, and with `deep`.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import NamedTuple

from pinner.model.reference import Reference, is_digest
from pinner.model.resolution import ATTESTATION, PinState, PinStatus, Resolved, Unresolved
from pinner.registry.errors import NotFound, RegistryError, UnsupportedMediaType
from pinner.registry.manifest import INDEXES, Manifest, is_surely_an_image, parse_manifest
from pinner.registry.resolver import Resolver
from pinner.registry.settings import RegistrySettings

Examination = PinStatus | Unresolved


class Depth(NamedTuple):
    """How much to ask: `fetch` the content for its platforms, `deep` for the children of an index."""

    fetch: bool = False
    deep: bool = False


SHALLOW = Depth()


def examine(
    references: Iterable[Reference],
    settings: RegistrySettings,
    depth: Depth = SHALLOW,
    *,
    progress: Callable[[int, int, str], None] | None = None,
) -> dict[Reference, Examination]:
    """Return the status of every reference, in an event loop of its own; `progress` gets done and all."""

    async def run() -> dict[Reference, Examination]:
        known = list(references)
        async with Resolver(settings, references=known) as resolver:
            return await examine_all(known, resolver, depth, progress=progress)

    return asyncio.run(run())


async def examine_all(
    references: Iterable[Reference],
    resolver: Resolver,
    depth: Depth = SHALLOW,
    *,
    progress: Callable[[int, int, str], None] | None = None,
) -> dict[Reference, Examination]:
    """Return the same inside an event loop, by a resolver that may go on being used."""
    unique = list(dict.fromkeys(references))
    examiner = Examiner(resolver, depth)
    waiting = dict.fromkeys(unique)
    done = 0

    async def one(reference: Reference) -> Examination:
        nonlocal done
        examination = await examiner.examine(reference)
        done += 1
        waiting.pop(reference)
        if progress:
            progress(done, len(unique), next((each.registry for each in waiting), ""))
        return examination

    async with asyncio.TaskGroup() as group:
        tasks = {reference: group.create_task(one(reference)) for reference in unique}
    return {reference: task.result() for reference, task in tasks.items()}


class Examiner:
    """Finds the status of references, one at a time, with the caches of one resolver."""

    def __init__(self, resolver: Resolver, depth: Depth) -> None:
        self._resolver = resolver
        self._depth = depth

    async def examine(self, reference: Reference) -> Examination:
        """Return the status of one reference, or why it could not be found out."""
        if reference.digest is not None and reference.tag is None:
            return await self._untagged(reference)
        tag = await self._resolver.head(reference.by_tag())
        if isinstance(tag, Unresolved):
            return await self._without_tag(reference, tag)
        if reference.digest is None:
            return await self._looked_into(PinState.UNPINNED, tag, tag.digest)
        if tag.digest == reference.digest:
            return await self._looked_into(PinState.FRESH, tag, tag.digest)
        pin = await self._resolver.head(reference.by_digest())
        if isinstance(pin, Unresolved):
            return PinStatus(PinState.GONE, tag.digest) if pin.reason == NotFound.reason else pin
        if pin.media_type not in INDEXES and tag.media_type in INDEXES:
            return await self._manifest_of(pin, tag)
        return await self._looked_into(PinState.STALE, pin, tag.digest)

    async def _untagged(self, reference: Reference) -> Examination:
        """No tag vouches for the repository. That `latest` is there must do, lest a missing login look like a loss."""
        pin = await self._resolver.head(reference)
        if isinstance(pin, Resolved):
            return await self._looked_into(PinState.UNTAGGED, pin, None)
        if pin.reason == NotFound.reason:
            latest = await self._resolver.head(reference.by_tag())
            if isinstance(latest, Resolved):
                return PinStatus(PinState.GONE, None)
        return pin

    async def _without_tag(self, reference: Reference, failure: Unresolved) -> Examination:
        """Return what an unanswered tag means: the pin is all there is, or the registry has neither."""
        if failure.reason != NotFound.reason:
            return failure
        if reference.digest is None:
            return PinStatus(PinState.NO_TAG, None)
        pin = await self._resolver.head(reference.by_digest())
        if isinstance(pin, Resolved):
            return await self._looked_into(PinState.NO_TAG, pin, None)
        # Registries answer 404 for a private repository as well: one that they do not show is no evidence of a loss.
        is_gone = pin.reason == NotFound.reason and pin.has_repository
        return PinStatus(PinState.GONE, None) if is_gone else pin

    async def _manifest_of(self, pin: Resolved, tag: Resolved) -> Examination:
        """Return whether a pin that is a manifest is a child of the index that its tag names."""
        fetched = await fetch_manifest(self._resolver, tag)
        if isinstance(fetched, Unresolved):
            return fetched
        for child in fetched.children:
            if child.digest == pin.digest:
                what = ATTESTATION if child.is_attestation else child.platform or "a manifest without a platform"
                # BuildKit gives an attestation the platform unknown/unknown (attestation-storage.md).
                platforms = (child.platform,) if child.platform and not child.is_attestation else ()
                return PinStatus(
                    state=PinState.PLATFORM,
                    current=tag.digest,
                    media_type=pin.media_type,
                    platforms=platforms,
                    child=what,
                )
        return PinStatus(state=PinState.STALE, current=tag.digest, media_type=pin.media_type)

    async def _looked_into(self, state: PinState, content: Resolved, current: str | None) -> Examination:
        """Return the status, with what the content says where it has to be looked at."""
        status = PinStatus(state=state, current=current, media_type=content.media_type)
        is_index = content.media_type in INDEXES
        # That a pin of one manifest is an image was judged when it was pinned; a GET would count as a pull each time.
        is_judged = not is_index and state is not PinState.UNPINNED
        unsure = not is_judged and not is_surely_an_image(content.media_type, content.size)
        if not (self._depth.fetch or self._depth.deep or unsure):
            return status
        fetched = await fetch_manifest(self._resolver, content)
        if isinstance(fetched, Unresolved):
            return fetched
        status = status._replace(platforms=fetched.platforms)
        if fetched.flaw:
            return status._replace(broken=fetched.flaw.detail)
        return await self._children_asked(status, fetched, content) if self._depth.deep else status

    async def _children_asked(self, status: PinStatus, index: Manifest, content: Resolved) -> Examination:
        """Return the status, with the children that are gone. One without an answer matters only when none is gone."""
        name = content.reference._replace(tag=None)
        asked = (self._child(name._replace(digest=child.digest)) for child in index.images)
        answers = await asyncio.gather(*asked)
        failures = [(child, answer) for child, answer in zip(index.images, answers, strict=True) if answer]
        gone = [child.platform or child.digest for child, answer in failures if answer.reason == NotFound.reason]
        if gone:
            return status._replace(broken=f"the registry has lost {', '.join(gone)}")
        return failures[0][1] if failures else status

    async def _child(self, reference: Reference) -> Unresolved | None:
        """Return why a child could not be had; None where it is there."""
        if not is_digest(reference.digest or ""):
            detail = "the index lists a digest that is not sha256, for which pinner does not ask"
            return Unresolved(reference=reference, reason=UnsupportedMediaType.reason, detail=detail)
        answer = await self._resolver.head(reference)
        return answer if isinstance(answer, Unresolved) else None


async def fetch_manifest(resolver: Resolver, content: Reference | Resolved) -> Manifest | Unresolved:
    """Return what the content of a reference says, or why it could not be had. What has a body is not fetched again."""
    if isinstance(content, Reference):
        fetched = await resolver.get(content)
    elif content.body is None:
        # By its digest: the tag may have moved since it was asked.
        fetched = await resolver.get(content.reference._replace(tag=None, digest=content.digest))
    else:
        fetched = content
    if isinstance(fetched, Unresolved):
        return fetched
    try:
        return parse_manifest(fetched.body or b"", fetched.media_type)
    except RegistryError as error:
        return Unresolved(reference=fetched.reference, reason=error.reason, detail=error.detail)

"""Resolve references to digests, each unique one once.

A reference that could not be resolved is a value with a reason, never an exception that ends the run.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from types import TracebackType
from typing import Self

from pinner.model.reference import Reference, is_digest
from pinner.model.resolution import Resolution, Resolved, Unresolved
from pinner.registry.client import RegistryClient
from pinner.registry.endpoint import ambiguous_tags
from pinner.registry.errors import DigestMismatch, EmptyIndex, NotAnImage, NotFound, RegistryError, RepositoryNotFound
from pinner.registry.http.single_flight import SingleFlight
from pinner.registry.manifest import Content, Manifest, is_surely_an_image, parse_manifest, platform_of
from pinner.registry.settings import RegistrySettings

# Seconds after an answer at which it is told: what is then done with it must not delay the requests that follow.
_TOLD_AFTER = 0.02


class Resolver:
    """Asks registries, each reference once, inside one event loop. An asynchronous context manager.

    A reference with a digest is asked by digest, any other by its tag, `latest` where none is written.
    What a tag names holds for the life of the resolver. `references` are all that the run knows: among them are the
    tags that a mirror could not tell apart.
    """

    def __init__(
        self,
        settings: RegistrySettings,
        client: RegistryClient | None = None,
        *,
        references: Iterable[Reference] = (),
    ) -> None:
        self._client = client or RegistryClient(settings)
        self._ambiguous = ambiguous_tags(references, settings)
        self._heads: SingleFlight[Reference, Content] = SingleFlight()
        self._contents: SingleFlight[Reference, Content] = SingleFlight()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, traceback)

    async def head(self, reference: Reference) -> Resolution:
        """Return the digest and the media type, by HEAD where the registry answers it well: no pull on Docker Hub."""
        return await _resolution(reference, self._head(_canonical(reference)))

    async def get(self, reference: Reference) -> Resolution:
        """Return the same with the content, fetched by its digest and verified."""
        return await _resolution(reference, self._get(_canonical(reference)))

    async def image(self, reference: Reference, *, fetch: bool) -> Resolution:
        """Return the same as `head`, or with `fetch` as `get`, of what is an image; anything else is not resolved.

        What is no index is fetched for that: HEAD says the same of a chart as of an image.
        """
        return await _resolution(reference, self._image(_canonical(reference), fetch))

    async def platform(self, reference: Reference, manifest: Manifest) -> str | None:
        """Return the platform that a manifest's configuration names, None where that cannot be found out."""
        if not is_digest(manifest.configuration or ""):
            return None
        try:
            return platform_of(await self._client.configuration(reference, manifest.configuration or ""))
        except RegistryError:
            return None

    async def _head(self, asked: Reference) -> Content:
        if asked in self._ambiguous:
            raise self._ambiguous[asked]
        return await self._heads.get(asked, lambda: self._client.head(asked))

    async def _image(self, asked: Reference, fetch: bool) -> Content:
        content = await self._head(asked)
        if fetch or not is_surely_an_image(content.media_type, content.size):
            content = await self._get(asked)
        flaw = parse_manifest(content.body, content.media_type).flaw if content.body is not None else None
        if flaw:
            raise flaw
        return content

    async def _get(self, asked: Reference) -> Content:
        if asked.digest:
            return await self._contents.get(asked, lambda: self._client.get(asked))
        named = await self._head(asked)
        if named.body is not None:
            return named
        try:
            return await self._get(asked._replace(tag=None, digest=named.digest))
        except NotFound:
            raise DigestMismatch(
                f"the registry says that {asked.familiar} is {named.digest}, which it does not have; try again later"
            ) from None


def resolve(
    references: Iterable[Reference],
    settings: RegistrySettings,
    *,
    fetch: bool = False,
    beside: Iterable[Reference] = (),
    progress: Callable[[int, int, str], None] | None = None,
    answered: Callable[[Reference, Resolution], None] | None = None,
) -> dict[Reference, Resolution]:
    """Return what the registries say of every reference, in the order of `references`, in an event loop of its own.

    What is no image is not resolved. `fetch` also gets the content and verifies it, which counts as a pull on Docker
    Hub. `beside` are further references that the run knows. `progress` is called with the number of references done
    and of all, and the host that is waited for. `answered` is called with the tag or the digest alone and the answer,
    while others are waited for, and not for the last ones.
    """

    def tell_nobody(*_: object) -> None:
        """Do nothing."""

    unique = list(dict.fromkeys(references))
    work = _resolve(unique, settings, fetch, [*beside], progress or tell_nobody, answered or tell_nobody)
    return asyncio.run(work)


async def _resolve(
    references: list[Reference],
    settings: RegistrySettings,
    fetch: bool,
    beside: list[Reference],
    progress: Callable[[int, int, str], None],
    answered: Callable[[Reference, Resolution], None],
) -> dict[Reference, Resolution]:
    done = 0

    async def one(reference: Reference) -> Resolution:
        nonlocal done
        resolution = await resolver.image(reference, fetch=fetch)
        done += 1
        waiting.pop(reference)
        asyncio.get_running_loop().call_later(_TOLD_AFTER, answered, reference, resolution)
        progress(done, len(asked), next((each.registry for each in waiting), ""))
        return resolution

    asked = dict.fromkeys(map(_canonical, references))
    waiting = asked.copy()
    known = [*references, *beside]
    tasks = {}
    async with Resolver(settings, references=known) as resolver, asyncio.TaskGroup() as group:
        for reference in asked:
            tasks[reference] = group.create_task(one(reference))
            # The first request is on its way before the others are begun: for its answer they wait anyway.
            await asyncio.sleep(0)
    return {each: tasks[_canonical(each)].result()._replace(reference=each) for each in references}


def _canonical(reference: Reference) -> Reference:
    return reference.by_digest() if reference.digest else reference.by_tag()


async def _resolution(reference: Reference, work: Awaitable[Content]) -> Resolution:
    try:
        content = await work
    except RegistryError as error:
        return Unresolved(
            reference=reference,
            reason=error.reason,
            detail=error.detail,
            is_image=not isinstance(error, NotAnImage | EmptyIndex),
            has_repository=not isinstance(error, RepositoryNotFound),
        )
    return Resolved(reference=reference, **content._asdict())

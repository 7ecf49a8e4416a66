"""Find where a registry is asked: scheme, host, port and path prefix."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import NamedTuple

import httpx

from pinner.model.reference import DOCKER_HUB, Reference
from pinner.registry.errors import (
    AmbiguousMirror,
    ConnectFailed,
    ConnectTimedOut,
    Dropped,
    NotTLS,
    RegistryError,
    TLSFailure,
    Unreachable,
)
from pinner.registry.http.requests import Response
from pinner.registry.http.urls import DOCKER_HUB_HOST, Origin, ascii_authority, is_loopback, parse_url, split_port
from pinner.registry.settings import HOST_PLACEHOLDER, RegistrySettings


class Endpoint(NamedTuple):
    """One registry. `bases` are the URLs, each with the prefix in its path, to try until one answers.

    `authority` is the host that is asked, as people and credential files name it. `namespace` is the registry for which
    a mirror is asked, empty where the registry itself is.
    """

    authority: str
    bases: tuple[httpx.URL, ...]
    namespace: str = ""

    def repository(self, reference: Reference) -> str:
        """Return the repository's path on this endpoint."""
        return f"{self.bases[0].path.strip('/')}/{reference.repository}".lstrip("/")


def endpoint_of(registry: str, settings: RegistrySettings) -> Endpoint:
    """Return where `registry`, a reference's host, is asked. Raises Unreachable when its name makes no URL."""
    host = ascii_authority(registry)
    if mirror := settings.mirror_of(host):
        authority = Origin.of(mirror).authority
        return Endpoint(
            authority=authority, bases=(mirror,), namespace=host if authority not in (host, asked_host(host)) else ""
        )
    asked = asked_host(host)
    name, port = split_port(asked)
    if port == "443":
        schemes = ["https"]
    elif is_loopback(name):
        schemes = ["http", "https"]  # plain first: a server there may hang on a TLS greeting
    else:
        schemes = ["https", "http"] if settings.is_insecure(asked) else ["https"]
    urls = [parse_url(f"{scheme}://{asked}") for scheme in schemes]
    bases = tuple(url for url in urls if url)
    if not bases:
        raise Unreachable(f"{registry} is no valid host; correct the reference")
    return Endpoint(host, bases)


def asked_host(host: str) -> str:
    """Return the host that is asked for the images of a registry."""
    return DOCKER_HUB_HOST if host == DOCKER_HUB else host


def ambiguous_tags(references: Iterable[Reference], settings: RegistrySettings) -> dict[Reference, AmbiguousMirror]:
    """Return the tags of different registries that would be asked for at one URL, and why none of them can be.

    Whatever is there belongs to one of them at most, and nobody can tell to which.
    """
    if not settings.mirrors:
        return {}
    registries: dict[tuple[str, str, str | None], dict[str, Reference]] = {}
    for reference in references:
        tag = reference.by_tag()
        with suppress(Unreachable):
            endpoint = endpoint_of(tag.registry, settings)
            place = Origin.of(endpoint.bases[0]).authority, endpoint.repository(tag), tag.tag
            registries.setdefault(place, {})[ascii_authority(tag.registry)] = tag
    return {
        tag: AmbiguousMirror(
            f"{authority} is asked in the same way for {repository}:{name} of {' and '.join(sorted(tags))}; "
            f"put {HOST_PLACEHOLDER} into the path of the mirror, or name one mirror for each"
        )
        for (authority, repository, name), tags in registries.items()
        if len(tags) > 1
        for tag in tags.values()
    }


# Asks at a base, and where the flag is set again and again while connections break.
Ask = Callable[[httpx.URL, bool], Awaitable[Response]]


class SchemeSearch:
    """Finds which of an endpoint's bases answers, by the first request; the others wait for that."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._bases = endpoint.bases
        self._asked = False
        self._lock = asyncio.Lock()

    async def ask(self, ask: Ask) -> Response:
        """Return what `ask` comes to at the right base. Raises RegistryError.

        The first request goes alone: from what it learns, of challenges too, all others start.
        """
        if self._asked:
            return await self._answer(ask)
        async with self._lock:
            if not self._asked:
                try:
                    return await self._answer(ask)
                finally:
                    self._asked = True
        return await self._answer(ask)

    async def _answer(self, ask: Ask) -> Response:
        if len(self._bases) > 1 and (response := await self._first_answer(ask, *self._bases)):
            return response
        return await ask(self._bases[0], True)

    async def _first_answer(self, ask: Ask, first: httpx.URL, second: httpx.URL) -> Response | None:
        """Return the answer from the right one of two bases, which then stays the only one.

        None where nothing speaks for the second: the first is then the only one, and is tried again.
        """
        one = await _tried(ask(first, False))
        if isinstance(one, Response):
            # What Go's, nginx's and Apache's servers answer to a plain request at a port of TLS.
            is_plain = one.url.scheme == "http" and one.status == 400
            if not (is_plain and (one.http_version == "HTTP/1.0" or one.content_type == "text/html")):
                self._bases = (first,)
                return one
        other = await _tried(ask(second, True))
        if isinstance(other, Response):
            self._bases = (second,)
            return other
        if distrust := _distrust(one) or _distrust(other):
            raise distrust
        if isinstance(one, Dropped):
            self._bases = (first,)
            return None
        if isinstance(one, RegistryError):
            raise one
        return one


async def _tried(response: Awaitable[Response]) -> Response | RegistryError:
    """Return the answer, or why there was no HTTP at all."""
    try:
        return await response
    except (ConnectFailed, ConnectTimedOut, Dropped, TLSFailure) as error:
        return error


def _distrust(response: Response | RegistryError) -> TLSFailure | None:
    """Return a failure of TLS with a side that does speak it: that says more than what plain HTTP came to."""
    return response if isinstance(response, TLSFailure) and not isinstance(response, NotTLS) else None

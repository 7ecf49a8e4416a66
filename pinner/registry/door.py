"""The way into a registry whose scheme may not be known: the first question finds it, and the others wait for that."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx

from pinner.registry.endpoint import Endpoint
from pinner.registry.errors import ConnectFailed, ConnectTimedOut, Dropped, NotTLS, RegistryError, TLSFailure
from pinner.registry.http.requests import Answer

# Asks at a base, and where the flag is set again and again while connections break.
Ask = Callable[[httpx.URL, bool], Awaitable[Answer]]


class Door:
    """How to reach one endpoint."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._bases = endpoint.bases
        self._opened = False
        self._lock = asyncio.Lock()

    async def through(self, ask: Ask) -> Answer:
        """What `ask` comes to at the right base. Raises RegistryError.

        The first question goes alone: from what it learns, of challenges too, all others start.
        """
        if self._opened:
            return await self._answer(ask)
        async with self._lock:
            if not self._opened:
                try:
                    return await self._answer(ask)
                finally:
                    self._opened = True
        return await self._answer(ask)

    async def _answer(self, ask: Ask) -> Answer:
        if len(self._bases) > 1 and (answer := await self._first_answer(ask, *self._bases)):
            return answer
        return await ask(self._bases[0], True)

    async def _first_answer(self, ask: Ask, first: httpx.URL, second: httpx.URL) -> Answer | None:
        """The answer from the right one of two bases, which then stays the only one.

        None where nothing speaks for the second: the first is then the only one and worth more patience.
        """
        one = await _tried(ask(first, False))
        if isinstance(one, Answer) and not _wants_tls(one):
            self._bases = (first,)
            return one
        other = await _tried(ask(second, True))
        if isinstance(other, Answer):
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


async def _tried(answer: Awaitable[Answer]) -> Answer | RegistryError:
    """The answer, or why there was no HTTP at all."""
    try:
        return await answer
    except (ConnectFailed, ConnectTimedOut, Dropped, TLSFailure) as error:
        return error


def _wants_tls(answer: Answer) -> bool:
    """Whether a plain request met a port that speaks TLS: what Go's, nginx's and Apache's servers answer then."""
    plain = answer.url.scheme == "http" and answer.status == 400
    return plain and (answer.http_version == "HTTP/1.0" or answer.content_type == "text/html")


def _distrust(answer: Answer | RegistryError) -> TLSFailure | None:
    """A failure of TLS with a side that does speak it: that says more than what plain HTTP came to."""
    return answer if isinstance(answer, TLSFailure) and not isinstance(answer, NotTLS) else None

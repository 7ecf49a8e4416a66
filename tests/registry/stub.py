"""Stand-ins for the network and for time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import httpx

from pinner.registry.client import RegistryClient
from pinner.registry.http.dns import Addresses
from pinner.registry.http.limits import Clock
from pinner.registry.http.urls import Origin
from pinner.registry.manifest import OCI_INDEX
from pinner.registry.settings import RegistrySettings

MANIFEST = f'{{"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "sha256:{"1" * 64}", "size": 2}}'
INDEX = f'{{"schemaVersion": 2, "mediaType": "{OCI_INDEX}", "manifests": [{MANIFEST}]}}'.encode()
DIGEST = f"sha256:{sha256(INDEX).hexdigest()}"
FIELDS = {"content-type": OCI_INDEX, "docker-content-digest": DIGEST}

Handler = Callable[[httpx.Request], httpx.Response]


class Body(httpx.AsyncByteStream):
    """A body in pieces. `sent` counts those that were taken."""

    def __init__(self, *pieces: bytes, then: Exception | None = None) -> None:
        self.pieces = pieces
        self.then = then
        self.sent = 0
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            self.sent += 1
            yield piece
        if self.then:
            raise self.then

    async def aclose(self) -> None:
        self.closed = True


class StubNetwork:
    """Answers every request by `handler`, and keeps them. `most` is how many were in flight at once."""

    def __init__(self, handler: Handler) -> None:
        self.requests: list[httpx.Request] = []
        self.most = 0
        self.closed = 0
        self._handler = handler
        self._flying = 0

    def __call__(self, origin: Origin) -> httpx.AsyncBaseTransport:
        return _StubTransport(self)

    def urls(self, method: str = "") -> list[str]:
        return [str(request.url) for request in self.requests if method in ("", request.method)]

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self._flying += 1
        self.most = max(self.most, self._flying)
        try:
            for _ in range(3):
                await asyncio.sleep(0)
            return self._handler(request)
        finally:
            self._flying -= 1


class _StubTransport(httpx.AsyncBaseTransport):
    def __init__(self, network: StubNetwork) -> None:
        self._network = network

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._network.answer(request)

    async def aclose(self) -> None:
        self._network.closed += 1


class FakeClock(Clock):
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.seconds

    def wall(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds - 1000)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)


def reply(status: int = 200, fields: Mapping[str, str] | None = None, body: bytes = b"") -> httpx.Response:
    """A response whose body is taken raw, as from the wire."""
    return httpx.Response(status, headers=fields or {}, stream=Body(body))


def manifest(request: httpx.Request) -> httpx.Response:
    """What a good registry answers."""
    return reply(200, FIELDS, b"" if request.method == "HEAD" else INDEX)


def addresses(known: Mapping[str, str | list[str]] | None = None) -> Addresses:
    """A resolver that knows `known`, and for any other name a public address."""

    def look_up(host: str) -> list[str]:
        found = (known or {}).get(host, "93.184.216.34")
        return [found] if isinstance(found, str) else found

    return Addresses(5, look_up)


def settings(**changes: Any) -> RegistrySettings:
    """Settings that see nothing of the machine."""
    return RegistrySettings(**{"environ": {}, "certs_dirs": (), **changes})


def ask(
    network: StubNetwork,
    work: Callable[[RegistryClient], Coroutine[Any, Any, Any]],
    clock: Clock | None = None,
    known: Mapping[str, str | list[str]] | None = None,
    **changes: Any,
) -> Any:
    """The result of `work` with a client on `network`."""

    async def run() -> Any:
        client = RegistryClient(
            settings(**changes), transports=network, addresses=addresses(known), clock=clock or FakeClock()
        )
        async with client:
            return await work(client)

    return asyncio.run(run())

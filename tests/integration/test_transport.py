"""The transport raises what httpx's own does, for the same failures of the same servers."""

import asyncio
import ssl
from typing import NamedTuple

import httpx
import pytest

from pinner.registry.http.dns import Addresses
from pinner.registry.http.transport import Transports
from pinner.registry.http.urls import Origin
from pinner.registry.settings import RegistrySettings
from tests.support.answers import RIGHT_GET, RIGHT_HEAD
from tests.support.misbehaving import Reply, Script, flood, misbehaving, reset, silence

pytestmark = pytest.mark.integration

NOBODY = "http://127.0.0.1:1"


class Outcome(NamedTuple):
    kind: type[BaseException]
    causes: frozenset[type[BaseException]]


def outcome(transport: httpx.AsyncBaseTransport, url: str, method: str = "GET", **headers: str) -> Outcome | bytes:
    """The body, or the error with all that led to it."""
    times = {"connect": 0.2, "read": 0.2, "write": 0.2}

    async def ask() -> bytes:
        async with transport:
            sent = httpx.Request(method, url, headers=headers, extensions={"timeout": times})
            response = await transport.handle_async_request(sent)
            try:
                return await response.aread()
            finally:
                await response.aclose()

    try:
        return asyncio.run(ask())
    except (httpx.HTTPError, OSError) as error:
        return Outcome(type(error), frozenset(map(type, causes(error))))


def causes(error: BaseException | None) -> list[BaseException]:
    """Those of the network and of TLS: what is said to users comes from them."""
    found: list[BaseException] = []
    while error := error and (error.__cause__ or error.__context__):
        if isinstance(error, ssl.SSLError):
            found.append(error)
    return found


def both(url: str, **options: str) -> tuple[Outcome | bytes, Outcome | bytes]:
    origin = Origin.of(httpx.URL(url))
    own = Transports(RegistrySettings(environ={}, certs_dirs=()), Addresses(5))(origin)
    return outcome(own, url, **options), outcome(httpx.AsyncHTTPTransport(trust_env=False), url, **options)


ANSWERS: dict[str, tuple[Reply, type[BaseException] | None]] = {
    "an answer": (RIGHT_GET, None),
    "early hints before": (b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + RIGHT_GET, None),
    "until the end": (b"HTTP/1.0 200 OK\r\n\r\nok", None),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", None),
    "nothing": (b"", httpx.RemoteProtocolError),
    "a reset": (reset, httpx.ReadError),
    "half a head": (RIGHT_HEAD[:40], httpx.RemoteProtocolError),
    "half a body": (RIGHT_GET[:-9], httpx.RemoteProtocolError),
    "no HTTP": (b"SSH-2.0-OpenSSH_9.2p1\r\n", httpx.RemoteProtocolError),
    "a length that is no number": (RIGHT_HEAD.replace(b"Length: ", b"Length: x"), httpx.RemoteProtocolError),
    "another protocol": (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", httpx.RemoteProtocolError),
    "a head without end": (flood(b"HTTP/1.1 200 OK\r\nX: ", 10**7, b"x"), httpx.RemoteProtocolError),
    "silence": (silence, httpx.ReadTimeout),
}


@pytest.mark.parametrize(("answer", "expected"), ANSWERS.values(), ids=ANSWERS)
def test_answers(answer: Reply, expected: type[BaseException] | None) -> None:
    with misbehaving(Script(other=[answer])) as server:
        own, httpx_s = both(f"{server.url}/x")
    assert own == httpx_s
    assert (own.kind if isinstance(own, Outcome) else None) == expected


def test_a_plain_server_that_is_asked_by_tls() -> None:
    with misbehaving(Script(other=[RIGHT_GET])) as server:
        own, httpx_s = both(f"https://{server.host}/x")
    assert own == httpx_s
    assert isinstance(own, Outcome)
    assert own.kind is httpx.ConnectError


def test_nobody_there() -> None:
    own, httpx_s = both(NOBODY)
    assert own == httpx_s
    assert isinstance(own, Outcome)
    assert own.kind is httpx.ConnectError


def test_what_may_not_be_sent() -> None:
    with misbehaving(Script(other=[RIGHT_GET])) as server:
        own, httpx_s = both(f"{server.url}/x", Authorization="Basic x\r\nHost: other.example")
    assert own == httpx_s
    assert isinstance(own, Outcome)
    assert own.kind is httpx.LocalProtocolError

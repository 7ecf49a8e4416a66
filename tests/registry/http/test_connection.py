"""HTTP over one connection, against the other side's bytes."""

import asyncio
import ssl
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import httpx
import pytest

from pinner.reference import parse
from pinner.registry.client import RegistryClient
from pinner.registry.errors import NameNotFound
from pinner.registry.http.connection import Connection
from pinner.registry.http.dns import Addresses
from pinner.registry.http.limits import Clock
from pinner.registry.http.requests import Wire
from pinner.registry.http.urls import Origin
from tests.registry.stub import FIELDS, settings

FIRST, SECOND = "2001:db8::1", "192.0.2.1"
HTTP = Origin("http", "reg.example", 5000)
HTTPS = Origin("https", "reg.example", 443)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
MANIFEST = "\r\n".join(["HTTP/1.1 200 OK", *(f"{name}: {value}" for name, value in FIELDS.items()), "", ""]).encode()
END = None
"""The other side ends the connection."""

Piece = bytes | Exception | None
Replies = Sequence[Piece]


class Side(asyncio.Transport):
    """The other side of one connection: sends the next of `replies` for every request."""

    def __init__(self, protocol: Any, replies: Iterator[Replies]) -> None:
        super().__init__()
        self.protocol = protocol
        self.received = b""
        self.closed = False
        self.pauses = 0
        self._replies = replies

    def write(self, data: Any) -> None:
        self.received += bytes(data)
        for piece in next(self._replies, ()):
            asyncio.get_running_loop().call_soon(self.say, piece)

    def say(self, piece: Piece) -> None:
        match piece:
            case bytes():
                self.protocol.data_received(piece)
            case None:
                self.protocol.eof_received()
            case error:
                self.protocol.connection_lost(error)

    def abort(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        self.pauses += 1

    def resume_reading(self) -> None:
        pass


class Network:
    """Stands in for the event loop's connections: the addresses in `dead` refuse them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.dead: set[str] = set()
        self.replies: Iterator[Replies] = iter(())
        self.handshake: BaseException | None = None
        self.names: list[str] = []
        self.tried: list[tuple[str, int]] = []
        self.sides: list[Side] = []
        monkeypatch.setattr(asyncio.BaseEventLoop, "create_connection", self._connect)
        monkeypatch.setattr(asyncio.BaseEventLoop, "start_tls", self._start_tls)

    async def _connect(self, factory: Callable[[], Any], address: str, port: int) -> tuple[Side, Any]:
        self.tried.append((address, port))
        if address == "silent":
            await asyncio.sleep(60)
        if address in self.dead:
            raise ConnectionRefusedError
        protocol = factory()
        self.sides.append(Side(protocol, self.replies))
        protocol.connection_made(self.sides[-1])
        return self.sides[-1], protocol

    async def _start_tls(self, transport: Side, protocol: Any, context: object, *, server_hostname: str) -> Side:
        self.names.append(server_hostname)
        if self.handshake:
            raise self.handshake
        return transport


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    return Network(monkeypatch)


def request(origin: Origin, method: str = "GET", *, path: str = "/v2/x", **options: Any) -> httpx.Request:
    timeout = {"connect": 5, "read": 5}
    return httpx.Request(method, f"{origin.scheme}://{origin}{path}", extensions={"timeout": timeout}, **options)


def found() -> Addresses:
    return Addresses(5, lambda host: [FIRST, SECOND])


def ask(
    network: Network, *replies: Replies, requests: Sequence[httpx.Request] = (), origin: Origin = HTTP
) -> list[Any]:
    """The bodies of the answers to `requests`, by default as many as there are replies."""
    network.replies = iter(replies)

    async def run() -> list[bytes]:
        connection = Connection(origin, ssl.create_default_context() if origin.scheme == "https" else None, found())
        bodies = []
        for each in requests or [request(origin) for _ in replies]:
            response = await connection.handle_async_request(each)
            bodies.append(await response.aread())
            await response.aclose()
            await asyncio.sleep(0)
        await connection.aclose()
        return bodies

    return asyncio.run(run())


def test_the_connection_goes_to_the_address_and_speaks_to_the_name(network: Network) -> None:
    assert ask(network, [OK], origin=HTTPS) == [b"ok"]
    assert network.tried == [(FIRST, 443)]
    assert network.names == ["reg.example"]
    assert network.sides[0].received.startswith(b"GET /v2/x HTTP/1.1\r\nHost: reg.example\r\n")
    assert network.sides[0].closed


def test_the_next_address_is_tried_and_the_good_one_kept(network: Network) -> None:
    network.dead = {FIRST}
    assert ask(network, [OK, END], [OK]) == [b"ok", b"ok"]
    assert [address for address, _ in network.tried] == [FIRST, SECOND, SECOND]


def test_the_last_address_has_the_last_word(network: Network) -> None:
    network.dead = {FIRST, SECOND}
    with pytest.raises(httpx.ConnectError):
        ask(network, [OK])
    assert len(network.tried) == 2


def test_a_bad_certificate_is_not_shopped_around(network: Network) -> None:
    network.handshake = ssl.SSLCertVerificationError(1, "expired")
    network.handshake.verify_message = "expired"
    with pytest.raises(httpx.ConnectError) as caught:
        ask(network, [OK], origin=HTTPS)
    assert caught.value.__cause__ is network.handshake
    assert len(network.tried) == 1
    assert network.sides[0].closed


def test_who_hangs_up_on_a_greeting_speaks_no_tls(network: Network) -> None:
    network.handshake = ConnectionResetError()
    with pytest.raises(httpx.ConnectError) as caught:
        ask(network, [OK], origin=HTTPS)
    assert isinstance(caught.value.__cause__, ssl.SSLEOFError)


def test_a_literal_address_is_its_own(network: Network) -> None:
    ask(network, [OK], origin=Origin("https", "192.0.2.7", 5000))
    assert network.tried == [("192.0.2.7", 5000)]
    assert network.names == ["192.0.2.7"]


def test_a_name_without_address() -> None:
    def lookup(host: str) -> list[str]:
        raise OSError

    connection = Connection(HTTP, None, Addresses(5, lookup))
    with pytest.raises(NameNotFound):
        asyncio.run(connection.handle_async_request(request(HTTP)))


def test_an_address_that_does_not_answer(network: Network) -> None:
    connection = Connection(HTTP, None, Addresses(5, lambda host: ["silent"]))
    hasty = httpx.Request("GET", "http://reg.example:5000/", extensions={"timeout": {"connect": 0.01, "read": 5}})
    with pytest.raises(httpx.ConnectTimeout):
        asyncio.run(connection.handle_async_request(hasty))


def test_a_form_is_sent(network: Network) -> None:
    assert ask(network, [OK], requests=[request(HTTP, "POST", data={"a": "b c"})]) == [b"ok"]
    head, _, body = network.sides[0].received.partition(b"\r\n\r\n")
    assert b"Content-Length: 5" in head
    assert body == b"a=b+c"


KEPT = {
    "a length": [OK],
    "no content": [b"HTTP/1.1 204 No Content\r\n\r\n"],
    "chunks": [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n", b"ok\r\n0\r\n\r\n"],
    "in pieces": [OK[:9], OK[9:30], OK[30:-1], OK[-1:]],
    "after early hints": [b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", OK],
}
NOT_KEPT = {
    "by its own word": [b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"],
    "an older version": [b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"],
    "until the end": [b"HTTP/1.1 200 OK\r\n\r\nok", END],
    "an end afterwards": [OK, END],
    "more than an answer": [OK + b"HTTP/1.1 200 OK\r\n"],
    "more than an answer, later": [OK, b"HTTP/1.1 408 Request Timeout\r\n\r\n"],
    "a break afterwards": [OK, ConnectionResetError()],
}


@pytest.mark.parametrize("pieces", KEPT.values(), ids=KEPT)
def test_a_connection_is_kept(network: Network, pieces: Replies) -> None:
    bodies = ask(network, pieces, [OK])
    assert bodies[0] in (b"ok", b"")
    assert bodies[1] == b"ok"
    assert len(network.sides) == 1


@pytest.mark.parametrize("pieces", NOT_KEPT.values(), ids=NOT_KEPT)
def test_a_connection_is_not_kept(network: Network, pieces: Replies) -> None:
    assert ask(network, pieces, [OK]) == [b"ok", b"ok"]
    assert len(network.sides) == 2
    assert network.sides[0].closed


def test_the_answer_to_head_has_no_body(network: Network) -> None:
    head = [b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"]
    assert ask(network, head, head, requests=[request(HTTP, "HEAD")] * 2) == [b"", b""]
    assert len(network.sides) == 1


BROKEN = {
    "nothing": ([END], httpx.RemoteProtocolError),
    "no HTTP": ([b"SSH-2.0-OpenSSH\r\n\r\n"], httpx.RemoteProtocolError),
    "half a head": ([b"HTTP/1.1 200 OK\r\nContent-", END], httpx.RemoteProtocolError),
    "half a body": ([OK[:-1], END], httpx.RemoteProtocolError),
    "two lengths": ([OK.replace(b"\r\n\r\n", b"\r\nContent-Length: 3\r\n\r\n")], httpx.RemoteProtocolError),
    "an endless head": ([b"HTTP/1.1 200 OK\r\nX: ", *[b"x" * 60_000] * 2], httpx.RemoteProtocolError),
    "another protocol": ([b"HTTP/1.1 101 Switching Protocols\r\n\r\n"], httpx.RemoteProtocolError),
    "a break": ([OK[:-1], ConnectionResetError()], ConnectionResetError),
    "an alert": ([ssl.SSLError(1, "x")], ssl.SSLError),
}


@pytest.mark.parametrize(("pieces", "expected"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_answer(network: Network, pieces: Replies, expected: type[Exception]) -> None:
    with pytest.raises(expected):
        ask(network, pieces)


def test_silence_ends(network: Network) -> None:
    hasty = httpx.Request("GET", "http://reg.example:5000/", extensions={"timeout": {"connect": 5, "read": 0.01}})
    with pytest.raises(httpx.ReadTimeout):
        ask(network, [], requests=[hasty])
    assert network.sides[0].closed


def test_what_http_does_not_allow_is_not_sent(network: Network) -> None:
    with pytest.raises(httpx.LocalProtocolError):
        ask(network, requests=[request(HTTP, headers={"Authorization": "Basic x\r\nHost: other.example"})])
    assert network.sides[0].received == b""
    assert network.sides[0].closed


def test_a_body_that_is_not_read_ends_the_connection(network: Network) -> None:
    network.replies = iter([[OK[:-1]]])

    async def run() -> None:
        connection = Connection(HTTP, None, Addresses(5, lambda host: [FIRST]))
        response = await connection.handle_async_request(request(HTTP))
        await response.aclose()

    asyncio.run(run())
    assert network.sides[0].closed


def test_a_flood_is_held_up(network: Network) -> None:
    flood = [b"HTTP/1.1 200 OK\r\nContent-Length: 400000\r\n\r\n", *[b"x" * 100_000] * 4]
    assert ask(network, flood) == [b"x" * 400_000]
    assert network.sides[0].pauses


def test_connections_are_made_while_the_first_question_is_under_way(network: Network) -> None:
    network.replies = iter([[MANIFEST]] * 3)
    references = [parse(f"127.0.0.1:5000/app:{tag}") for tag in range(3)]

    async def run() -> list[int]:
        made = []
        async with RegistryClient(settings()) as client:
            client.expect(references)
            for reference in references:
                await client.head(reference)
                await asyncio.sleep(0)
                made.append(len(network.sides))
        return made

    assert asyncio.run(run()) == [3, 3, 3]
    assert [side.received.count(b"HEAD ") for side in network.sides] == [3, 0, 0]
    assert all(side.closed for side in network.sides)


def test_no_more_connections_are_made_than_questions_may_be_asked_at_once(network: Network) -> None:
    network.replies = iter([[MANIFEST]])
    references = [parse(f"127.0.0.1:5000/app:{tag}") for tag in range(50)]

    async def run() -> None:
        async with RegistryClient(settings(jobs_per_host=4)) as client:
            client.expect(references)
            await client.head(references[0])
            await asyncio.sleep(0)

    asyncio.run(run())
    assert len(network.sides) == 4


@pytest.mark.parametrize("handshake", [None, ssl.SSLError(1, "x")])
def test_a_connection_that_cannot_be_made_ahead_is_no_failure(
    network: Network, handshake: BaseException | None
) -> None:
    network.dead, network.handshake = {FIRST, SECOND}, handshake

    async def run() -> int:
        wire = Wire(settings(), lambda origin: Connection(origin, ssl.create_default_context(), found()), Clock())
        wire.prepare(HTTPS, 2)
        await asyncio.sleep(0.01)
        await wire.close()
        return len(network.sides)

    assert asyncio.run(run()) == 0

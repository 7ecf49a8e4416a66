"""What speaks to an origin: addresses, names, errors, idle connections, proxies, certificates."""

import asyncio
import os
import ssl
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NoReturn

import httpcore
import httpx
import pytest

from pinner.registry.endpoint import endpoint_of
from pinner.registry.errors import ConnectFailed, NameNotFound, TLSFailure
from pinner.registry.http.dns import Addresses
from pinner.registry.http.tls import TLSContexts, Trust, trust_of
from pinner.registry.http.transport import AddressBackend, PoolTransport, Transports
from pinner.registry.http.urls import Origin
from pinner.registry.settings import RegistryOverride
from tests.registry.stub import settings
from tests.support import virtual_time

REG = Origin("https", "reg.example", 443)
FIRST, SECOND = "2001:db8::1", "192.0.2.1"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Stream(httpcore.AsyncNetworkStream):
    """One connection to `network`, which says OK to every request."""

    def __init__(self, network: "Network") -> None:
        self.received = b""
        self.closed = False
        self._network = network
        self._replies: asyncio.Queue[bytes] = asyncio.Queue()

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.received += buffer
        if buffer.endswith(b"\r\n\r\n"):
            self._replies.put_nowait(self._network.reply)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        while self._network.one_at_a_time and self._network.open[0] is not self:
            await asyncio.sleep(0.001)
        async with asyncio.timeout(timeout):
            await asyncio.sleep(self._network.latency)
            return await self._replies.get()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        self._network.names.append(server_hostname)
        if self._network.handshake:
            raise self._network.handshake
        return self

    async def aclose(self) -> None:
        if not self.closed:
            self.closed = True
            self._network.open.remove(self)

    def get_extra_info(self, info: str) -> Any:
        return False if info == "is_readable" else None


class Network(httpcore.AsyncNetworkBackend):
    """Stands in for sockets: the addresses in `dead` refuse connections, those in `silent` do not answer."""

    def __init__(
        self, *, dead: tuple[str, ...] = (), silent: tuple[str, ...] = (), one_at_a_time: bool = False
    ) -> None:
        self.dead, self.silent, self.one_at_a_time = dead, silent, one_at_a_time
        self.reply, self.latency = OK, 0.0
        self.handshake: Exception | None = None
        self.names: list[str | None] = []
        self.tried: list[tuple[str, int]] = []
        self.open: list[Stream] = []

    async def connect_tcp(self, host: str, port: int, timeout: float | None = None, *rest: Any) -> Stream:
        self.tried.append((host, port))
        if host in self.silent:
            assert timeout
            await asyncio.sleep(timeout)
            raise httpcore.ConnectTimeout
        if host in self.dead:
            raise httpcore.ConnectError("refused")
        self.open.append(Stream(self))
        return self.open[-1]


def request(url: str, method: str = "GET", **options: Any) -> httpx.Request:
    return httpx.Request(method, url, extensions={"timeout": {"connect": 5, "read": 15, "write": 15}}, **options)


def run(
    network: Network, work: Callable[[PoolTransport], Coroutine[Any, Any, Any]], *found: str, most: int = 16
) -> tuple[Any, float]:
    """What `work` comes to with a transport on `network`, and how long it takes."""

    async def inside() -> Any:
        backend = AddressBackend(Addresses(5, lambda host: list(found) or [FIRST, SECOND]), network)
        context = ssl.create_default_context()
        transport = PoolTransport(
            lambda: httpcore.AsyncConnectionPool(max_connections=1, network_backend=backend, ssl_context=context), most
        )
        try:
            return await work(transport)
        finally:
            await transport.aclose()

    return virtual_time.run(inside())


async def ask(transport: PoolTransport, sent: httpx.Request) -> bytes:
    response = await transport.handle_async_request(sent)
    try:
        return await response.aread()
    finally:
        await response.aclose()


def asking(*urls: str) -> Callable[[PoolTransport], Coroutine[Any, Any, list[bytes]]]:
    async def work(transport: PoolTransport) -> list[bytes]:
        return [await ask(transport, request(url)) for url in urls]

    return work


def at_once(*urls: str) -> Callable[[PoolTransport], Coroutine[Any, Any, list[bytes]]]:
    """The first alone, then the others."""

    async def work(transport: PoolTransport) -> list[bytes]:
        first = await ask(transport, request(urls[0]))
        return [first, *await asyncio.gather(*(ask(transport, request(url)) for url in urls[1:]))]

    return work


def test_the_connection_goes_to_the_address_and_speaks_to_the_name() -> None:
    network = Network()
    streams: list[Stream] = []

    async def work(transport: PoolTransport) -> None:
        assert await ask(transport, request("https://faß.example/v2/x")) == b"ok"
        streams.extend(network.open)

    run(network, work)
    assert network.tried == [(FIRST, 443)]
    assert network.names == ["xn--fa-hia.example"]
    assert streams[0].received.startswith(b"GET /v2/x HTTP/1.1\r\nHost: xn--fa-hia.example\r\n")
    assert streams[0].closed


def test_the_next_address_is_tried_and_the_good_one_kept() -> None:
    network = Network(dead=(FIRST,))
    bodies, _ = run(network, at_once(*["http://reg.example:5000/"] * 3))
    assert bodies == [b"ok"] * 3
    assert [address for address, _ in network.tried] == [FIRST, SECOND, SECOND]


def test_each_address_has_its_time() -> None:
    network = Network(silent=(FIRST,))
    bodies, seconds = run(network, asking("http://reg.example/"))
    assert bodies == [b"ok"]
    assert seconds == pytest.approx(5)


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        (Network(dead=(FIRST, SECOND)), httpx.ConnectError),
        (Network(dead=(FIRST,), silent=(SECOND,)), httpx.ConnectTimeout),
    ],
)
def test_the_last_address_has_the_last_word(network: Network, expected: type[Exception]) -> None:
    with pytest.raises(expected):
        run(network, asking("http://reg.example/"))
    assert len(network.tried) == 2


def test_a_bad_certificate_is_not_tried_at_the_next_address() -> None:
    network = Network()
    network.handshake = httpcore.ConnectError("expired")
    with pytest.raises(httpx.ConnectError):
        run(network, asking("https://reg.example/"))
    assert len(network.tried) == 1


def test_a_literal_address_is_its_own() -> None:
    network = Network()
    run(network, asking("https://192.0.2.7:5000/", "https://[2001:db8::7]/"))
    assert network.tried == [("192.0.2.7", 5000), ("2001:db8::7", 443)]
    assert network.names == ["192.0.2.7", "2001:db8::7"]


def test_a_name_without_address() -> None:
    async def work() -> None:
        backend = AddressBackend(Addresses(5, lambda host: []), Network())
        transport = PoolTransport(lambda: httpcore.AsyncConnectionPool(network_backend=backend), 1)
        await ask(transport, request("http://reg.example/"))

    with pytest.raises(NameNotFound):
        asyncio.run(work())


@pytest.mark.parametrize("value", ["Basic x\r\nHost: other.example", "x\0"])
def test_what_http_does_not_allow_is_not_sent(value: str) -> None:
    async def work(transport: PoolTransport) -> None:
        await ask(transport, request("http://reg.example/", headers={"Authorization": value}))

    network = Network()
    with pytest.raises(httpx.LocalProtocolError):
        run(network, work)
    assert network.open == []


def test_a_form_is_sent() -> None:
    network = Network()

    async def work(transport: PoolTransport) -> bytes:
        sent = asyncio.create_task(ask(transport, request("http://reg.example/", "POST", data={"a": "b c"})))
        await asyncio.sleep(0.01)
        sent.cancel()
        return network.open[0].received

    received, _ = run(network, work)
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"Content-Length: 5" in head
    assert body == b"a=b+c"


def test_an_idle_connection_is_used_again() -> None:
    network = Network()
    run(network, asking(*["http://reg.example/"] * 5))
    assert len(network.tried) == 1


def test_requests_at_once_use_all_idle_connections_again() -> None:
    network = Network()
    network.latency = 0.03

    async def work(transport: PoolTransport) -> None:
        for _ in range(3):
            await asyncio.gather(*(ask(transport, request("http://reg.example/")) for _ in range(4)))

    run(network, work)
    assert len(network.tried) == 4


def test_nothing_is_connected_before_it_is_asked() -> None:
    network = Network()

    async def work(transport: PoolTransport) -> None:
        await asyncio.sleep(1)

    run(network, work)
    assert network.tried == []


@pytest.mark.parametrize(("count", "at_most"), [(2, 0.2), (7, 1), (16, 2)])
def test_a_server_of_one_connection_at_a_time_answers_all(count: int, at_most: float) -> None:
    network = Network(one_at_a_time=True)
    bodies, seconds = run(network, at_once(*["http://reg.example/"] * count))
    assert bodies == [b"ok"] * count
    assert seconds < at_most


def test_a_connection_that_is_in_use_is_not_closed_for_others() -> None:
    network = Network()
    network.latency = 0.3
    run(network, at_once(*["http://reg.example/"] * 16))
    assert len(network.tried) == 15


def test_idle_connections_make_room_for_other_hosts() -> None:
    network = Network()
    most = 0

    async def work(transport: PoolTransport) -> None:
        nonlocal most
        for number in range(40):
            await ask(transport, request(f"http://host{number}.example/"))
            most = max(most, len(network.open))

    run(network, work, most=4)
    assert most == 4


def test_a_body_that_is_not_read_ends_the_connection() -> None:
    network = Network()
    network.reply = OK[:-1]

    async def work(transport: PoolTransport) -> list[Stream]:
        response = await transport.handle_async_request(request("http://reg.example/"))
        await response.aclose()
        return list(network.open)

    assert run(network, work)[0] == []


def test_hosts_of_the_same_trust_share_their_connections() -> None:
    transports = Transports(settings(insecure=("lab.example",)), Addresses(5))
    assert transports(REG) is transports(Origin("https", "other.example", 443))
    assert transports(REG) is not transports(Origin("https", "lab.example", 443))


def proxied(url: str) -> Transports:
    return Transports(settings(environ={"https_proxy": url}), Addresses(5))


def test_a_proxy_is_given_the_name_and_its_own_password(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[httpcore.Proxy] = []

    def make_pool(**options: Any) -> NoReturn:
        given.append(options["proxy"])
        raise httpcore.ConnectError

    monkeypatch.setattr(httpcore, "AsyncConnectionPool", make_pool)
    transport = proxied("http://me:hunter2@proxy.example:3128")(REG)
    with pytest.raises(httpcore.ConnectError):
        asyncio.run(transport.handle_async_request(request("https://reg.example/")))
    assert (given[0].url.host, given[0].url.port) == (b"proxy.example", 3128)
    assert given[0].auth == (b"me", b"hunter2")


@pytest.mark.parametrize("proxy", ["ftp://proxy", "socks5://me:hunter2@proxy", "http://[::", "http://x:y", "http://"])
def test_a_proxy_that_cannot_be_used(proxy: str) -> None:
    with pytest.raises(ConnectFailed, match="proxy") as caught:
        proxied(proxy)(REG)
    assert "hunter2" not in caught.value.detail


def folder(path: Path, *names: str) -> Path:
    path.mkdir(parents=True)
    for name in names:
        path.joinpath(name).write_text("")
    return path


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("reg.example", "reg.example"),
        ("reg.example", "reg.example:443"),
        ("reg.example:5000", "reg.example:5000"),
        ("docker.io", "docker.io"),
        ("docker.io", "registry-1.docker.io"),
    ],
)
def test_certs_d(tmp_path: Path, url: str, name: str) -> None:
    path = folder(tmp_path / name, "ca.crt", "me.cert", "me.key", "README")
    options = settings(certs_dirs=(str(tmp_path),))
    origin = Origin.of(endpoint_of(url, options).bases[0])
    expected = Trust((str(path / "ca.crt"),), ((str(path / "me.cert"), str(path / "me.key")),))
    assert trust_of(origin, options) == expected


def test_the_users_certs_d(tmp_path: Path) -> None:
    podman = folder(tmp_path / ".config/containers/certs.d/reg.example", "a.crt")
    docker = folder(tmp_path / ".config/docker/certs.d/reg.example", "b.crt")
    found = trust_of(REG, settings(environ={"HOME": str(tmp_path)}))
    assert found.ca_files == (str(podman / "a.crt"), str(docker / "b.crt"))
    moved = settings(environ={"HOME": "/nowhere", "XDG_CONFIG_HOME": str(tmp_path / ".config")})
    assert trust_of(REG, moved) == found


def test_settings_give_trust() -> None:
    override = RegistryOverride(ca_file="own.pem", insecure=True)
    options = settings(ca_file="all.pem", registries={"reg.example": override})
    assert trust_of(REG, options) == Trust(("all.pem", "own.pem"), (), True)
    assert trust_of(Origin("https", "other.example", 443), options) == Trust(("all.pem",))


def test_contexts_are_shared_and_verify() -> None:
    contexts = TLSContexts(settings(insecure=("lab.example",)))
    context = contexts.of(REG)
    assert context is contexts.of(Origin("https", "other.example", 443))
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert contexts.of(Origin("https", "lab.example", 443)).verify_mode == ssl.CERT_NONE


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_certificates_that_cannot_be_used(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(TLSFailure, match="CA file"):
        TLSContexts(settings(ca_file=str(path))).of(REG)
    with pytest.raises(TLSFailure, match="SSL_CERT_FILE"):
        TLSContexts(settings(environ={"SSL_CERT_FILE": str(path)})).of(REG)


def test_pipes_and_devices_are_no_certificates(tmp_path: Path) -> None:
    path = folder(tmp_path / "reg.example") / "me.pem"
    os.mkfifo(path)
    for file in (str(path), "/dev/zero"):
        with pytest.raises(TLSFailure, match="CA file"):
            TLSContexts(settings(ca_file=file)).of(REG)
        with pytest.raises(TLSFailure, match="SSL_CERT_FILE"):
            TLSContexts(settings(environ={"SSL_CERT_FILE": file})).of(REG)
    path.rename(path.with_suffix(".cert"))
    with pytest.raises(TLSFailure, match="client certificate"):
        TLSContexts(settings(certs_dirs=(str(tmp_path),))).of(REG)


def test_a_client_certificate_without_its_key(tmp_path: Path) -> None:
    folder(tmp_path / "reg.example", "me.cert")
    with pytest.raises(TLSFailure, match="client certificate"):
        TLSContexts(settings(certs_dirs=(str(tmp_path),))).of(REG)


def test_without_certificates_of_the_system_there_are_those_of_httpx(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = ssl.get_default_verify_paths()._replace(cafile="", capath="")
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: nothing)
    assert TLSContexts(settings()).of(REG).cert_store_stats()["x509_ca"] > 0

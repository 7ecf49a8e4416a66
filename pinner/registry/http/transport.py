"""httpx's transport over httpcore's pool, which connects to the addresses that pinner looked up and judged.

It is used without httpx's client: pinner wants none of its redirects, cookies, netrc and decoding.
"""

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

import httpcore
import httpx

from pinner.registry.errors import ConnectFailed
from pinner.registry.http.dns import Addresses
from pinner.registry.http.limits import most_connections
from pinner.registry.http.proxies import proxy_for
from pinner.registry.http.tls import TLSContexts
from pinner.registry.http.urls import Origin
from pinner.registry.settings import RegistrySettings

# Idle connections are looked for so often, in seconds, while another request to their host waits.
_CHECK_INTERVAL = 0.05
# Seconds after which an idle connection is not used again: many servers end theirs a little later.
_KEPT = 5.0

# httpx has each of httpcore's exceptions by the same name.
_ERRORS: dict[type[Exception], type[httpx.TransportError]] = {
    getattr(httpcore, name): getattr(httpx, name)
    for name in (
        *("ConnectTimeout", "ReadTimeout", "WriteTimeout", "PoolTimeout"),
        *("ConnectError", "ReadError", "WriteError", "ProxyError"),
        *("UnsupportedProtocol", "LocalProtocolError", "RemoteProtocolError"),
    )
}

TransportFactory = Callable[[Origin], httpx.AsyncBaseTransport]


class Transports:
    """Makes transports by the settings, one for all origins that share certificates and a proxy."""

    def __init__(self, settings: RegistrySettings, addresses: Addresses) -> None:
        self._settings = settings
        self._network = AddressBackend(addresses)
        self._contexts = TLSContexts(settings)
        self._made: dict[tuple[ssl.SSLContext | None, str | None], PoolTransport] = {}

    def __call__(self, origin: Origin) -> httpx.AsyncBaseTransport:
        """Return a transport for requests to `origin`. Raises TLSFailure or ConnectFailed for unusable settings."""
        context = self._contexts.of(origin) if origin.scheme == "https" else None
        proxy = proxy_for(origin, self._settings.environ)
        if (context, proxy) not in self._made:
            make_pool = partial(
                httpcore.AsyncConnectionPool,
                ssl_context=context,
                proxy=_proxy(proxy, origin) if proxy else None,
                max_connections=1,
                keepalive_expiry=_KEPT,
                network_backend=self._network,
            )
            self._made[context, proxy] = PoolTransport(make_pool, most_connections(self._settings.jobs))
        return self._made[context, proxy]


def _proxy(url: str, origin: Origin) -> httpcore.Proxy:
    try:
        proxy = httpx.Proxy(url)
        if proxy.url.scheme not in ("http", "https") or not proxy.url.host:
            raise ValueError(proxy.url.scheme)
        return httpcore.Proxy(_core_url(proxy.url), auth=proxy.raw_auth, headers=proxy.headers.raw)
    except (ValueError, httpx.InvalidURL):
        raise ConnectFailed(
            f"the proxy that the environment names for {origin} cannot be used; it must be an http:// URL"
        ) from None


class AddressBackend(httpcore.AsyncNetworkBackend):
    """Connects to a host's addresses as they are known in this run, the one that worked before first.

    A name is not looked up a second time here: another answer could lead past what `ssrf_policy` judged.
    """

    def __init__(self, addresses: Addresses, network: httpcore.AsyncNetworkBackend | None = None) -> None:
        self._addresses = addresses
        self._network = network or httpcore.AnyIOBackend()
        self._worked: dict[tuple[str, int], str] = {}

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109, the interface is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Return a connection to one of the host's addresses, each of which gets `timeout` seconds.

        Raises httpcore's errors for the last address, and NameNotFound or ConnectTimedOut where there is none.
        """

        async def connect(address: str) -> httpcore.AsyncNetworkStream:
            stream = await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            self._worked[host, port] = address
            return stream

        worked = self._worked.get((host, port))
        *others, last = sorted(await self._addresses.of(host), key=lambda address: address != worked)
        for address in others:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return await connect(address)
        return await connect(last)


class PoolTransport(httpx.AsyncBaseTransport):
    """Sends requests by pools of one connection each, which `make_pool` makes. Raises what httpx's own transport does.

    Above `most` pools one that is idle goes over to another host, and closes the connection that it has.
    """

    # A pool gives the first of its idle connections to all requests that come at once (httpcore 1.0.9,
    # `_assign_requests_to_connections`). One of them gets it and the others ask again: of 16 each asks 4 times.

    def __init__(self, make_pool: Callable[[], httpcore.AsyncConnectionPool], most: int) -> None:
        self._make_pool = make_pool
        self._most = most
        self._pools: list[httpcore.AsyncConnectionPool] = []
        # With the origin of their connection, the one that was used last at the end.
        self._idle: dict[httpcore.AsyncConnectionPool, Origin] = {}
        self._waiting: Counter[Origin] = Counter()
        self._checks: dict[Origin, asyncio.Task[None]] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the response, whose stream is the body as it comes."""
        origin, url = Origin.of(request.url), _core_url(request.url)
        self._waiting[origin] += 1
        if origin not in self._checks:
            self._checks[origin] = asyncio.create_task(self._close_idle(origin))
        pool = self._take(origin)

        def end() -> None:
            self._waiting[origin] -= 1
            self._idle[pool] = origin

        try:
            with _httpx_errors():
                response = await pool.handle_async_request(
                    httpcore.Request(
                        request.method,
                        url,
                        headers=request.headers.raw,
                        content=request.stream,
                        extensions=request.extensions,
                    )
                )
        except BaseException:
            end()
            raise
        return httpx.Response(
            response.status, headers=response.headers, stream=_Body(response, end), extensions=response.extensions
        )

    async def aclose(self) -> None:
        """End all connections."""
        for check in self._checks.values():
            check.cancel()
        for pool in self._pools:
            await pool.aclose()

    def _take(self, origin: Origin) -> httpcore.AsyncConnectionPool:
        """Return a pool for one request: one that is connected to `origin`, a new one, or the one idle for longest."""
        pool = next((pool for pool in reversed(self._idle) if self._idle[pool] == origin), None)
        if pool is None and self._idle and len(self._pools) >= self._most:
            pool = next(iter(self._idle))
        if pool is None:
            pool = self._make_pool()
            self._pools.append(pool)
        self._idle.pop(pool, None)
        return pool

    async def _close_idle(self, origin: Origin) -> None:
        """Close connections that did nothing between two checks while another request to their host waits.

        A server of one connection at a time, such as Python's `http.server`, takes the next when that one ends.
        """
        before: dict[httpcore.AsyncConnectionInterface, str] = {}
        try:
            while self._waiting[origin]:
                await asyncio.sleep(_CHECK_INTERVAL)
                pools = [pool for pool, connected in self._idle.items() if connected == origin]
                connections = [each for pool in pools for each in pool.connections]
                idle = {each: each.info() for each in connections if each.is_idle()}  # with the number of its requests
                for connection, info in idle.items():
                    # Looked at anew: while one is closed, another may be taken for a request.
                    if before.get(connection) == info == connection.info() and self._waiting[origin]:
                        await connection.aclose()
                before = idle
        finally:
            del self._checks[origin]


class _Body(httpx.AsyncByteStream):
    """The body of a response. One that is not read to its end ends the connection."""

    def __init__(self, response: httpcore.Response, end: Callable[[], None]) -> None:
        self._response = response
        self._end = end

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _httpx_errors():
            async for part in self._response.aiter_stream():
                yield part

    async def aclose(self) -> None:
        try:
            await self._response.aclose()
        finally:
            self._end()


@contextmanager
def _httpx_errors() -> Iterator[None]:
    """Raise httpx's exceptions in the place of httpcore's; what neither knows, such as TLS alerts, passes."""
    try:
        yield
    except tuple(_ERRORS) as error:
        raise _ERRORS[type(error)](str(error)) from error


def _core_url(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)

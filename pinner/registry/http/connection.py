"""HTTP/1.1 over one connection: h11 on asyncio, as a transport for httpx's requests.

httpx's own transport comes with a pool and goes through anyio. To import that takes as long as asking a hundred
tags, and here a connection carries one request at a time anyway.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator

import h11
import httpx

from pinner.registry.http.dns import Addresses
from pinner.registry.http.tls import tls_failure
from pinner.registry.http.urls import Origin

# Bytes of a status line with its fields, as in httpx's own transport.
_MOST_OF_HEAD = 100 * 1024
# Bytes that the other side may be ahead of whoever reads its answer.
_MOST_AHEAD = 256 * 1024


class Connection(httpx.AsyncBaseTransport):
    """Connects to one of a host's addresses and speaks to the host by its name, one request at a time.

    A connection is kept for the next request where both sides agree, and made anew where not. Raises
    the exceptions of httpx, and OSError where a connection breaks.
    """

    def __init__(self, origin: Origin, context: ssl.SSLContext | None, addresses: Addresses) -> None:
        self._origin = origin
        self._context = context
        self._addresses = addresses
        self._works: str | None = None
        self._link: _Link | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer to `request`, whose extension `timeout` holds the seconds to `connect` and to `read`."""
        timeouts = request.extensions["timeout"]
        link = await self.connect(timeouts["connect"])
        try:
            return await link.ask(request, timeouts["read"])
        except BaseException:
            await self.aclose()
            raise

    async def connect(self, seconds: float) -> "_Link":
        """A connection that is ready for a request: the one that there is, or a new one."""
        if self._link is None or not self._link.is_idle:
            await self.aclose()
            self._link = await self._connected(seconds)
        return self._link

    async def aclose(self) -> None:
        """End the connection."""
        if self._link:
            self._link.close()
            self._link = None

    async def _connected(self, seconds: float) -> "_Link":
        """A connection to the address that worked before, else to the first one that does."""
        addresses = [self._works] if self._works else await self._addresses.of(self._origin.host)
        for address in addresses[:-1]:
            try:
                return await self._connected_to(address, seconds)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                if tls_failure(error, self._origin.host):
                    raise
        return await self._connected_to(addresses[-1], seconds)

    async def _connected_to(self, address: str, seconds: float) -> "_Link":
        try:
            async with asyncio.timeout(seconds):
                link = await self._opened(address)
        except TimeoutError as error:
            raise httpx.ConnectTimeout(f"no connection in {seconds:g} s") from error
        except OSError as error:
            raise httpx.ConnectError(str(error)) from error
        self._works = address
        return link

    async def _opened(self, address: str) -> "_Link":
        loop = asyncio.get_running_loop()
        transport, stream = await loop.create_connection(_Stream, address, self._origin.port)
        if self._context:
            try:
                await stream.start_tls(self._context, self._origin.host)
            except BaseException:
                transport.abort()
                raise
        return _Link(stream)


class _Link:
    """What is said over one connection. `ask` again once `is_idle`."""

    def __init__(self, stream: "_Stream") -> None:
        self._stream = stream
        self._http = h11.Connection(h11.CLIENT, _MOST_OF_HEAD)

    @property
    def is_idle(self) -> bool:
        """Whether the last answer ended as HTTP wants it, and nothing came after it."""
        return self._http.our_state is h11.IDLE and self._stream.is_silent

    def close(self) -> None:
        self._stream.transport.abort()

    async def ask(self, request: httpx.Request, seconds: float) -> httpx.Response:
        """The answer, whose stream is its body. `seconds` bounds each silence."""
        try:
            self._send(request)
        except h11.LocalProtocolError as error:
            raise httpx.LocalProtocolError(str(error)) from error
        while not isinstance(event := await self._event(seconds), h11.Response):
            pass  # Informational: RFC 9110 section 15.2.
        return httpx.Response(
            event.status_code,
            headers=list(event.headers),
            stream=_Body(self, seconds),
            extensions={"http_version": b"HTTP/" + event.http_version},
        )

    async def body(self, seconds: float) -> AsyncIterator[bytes]:
        """The body of the answer, piece by piece."""
        while isinstance(event := await self._event(seconds), h11.Data):
            yield bytes(event.data)
        said_more, _ = self._http.trailing_data
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE and not said_more:
            self._http.start_next_cycle()

    def _send(self, request: httpx.Request) -> None:
        head = h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw)
        content = [h11.Data(request.content)] if request.content else []
        events = (head, *content, h11.EndOfMessage())
        self._stream.transport.write(b"".join(self._http.send(event) or b"" for event in events))

    async def _event(self, seconds: float) -> object:
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                async with asyncio.timeout(seconds):
                    data = await self._stream.read()
                self._http.receive_data(data)
        except h11.RemoteProtocolError as error:
            raise httpx.RemoteProtocolError(str(error)) from error
        except TimeoutError as error:
            raise httpx.ReadTimeout(f"silent for {seconds:g} s") from error
        return event


class _Body(httpx.AsyncByteStream):
    """The body of an answer. One that is not read to its end ends the connection."""

    def __init__(self, link: _Link, seconds: float) -> None:
        self._link = link
        self._seconds = seconds

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._link.body(self._seconds)

    async def aclose(self) -> None:
        if not self._link.is_idle:
            self._link.close()


class _Stream(asyncio.Protocol):
    """The bytes that arrive. The other side is held up where it is too far ahead."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.has_ended = False
        self._arrived = b""
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None

    @property
    def is_silent(self) -> bool:
        """Whether the other side has neither said anything that was not read nor gone away."""
        return not (self.has_ended or self._arrived or self.transport.is_closing())

    async def start_tls(self, context: ssl.SSLContext, name: str) -> None:
        """Go on in TLS. Raises OSError."""
        loop = asyncio.get_running_loop()
        try:
            transport = await loop.start_tls(self.transport, self, context, server_hostname=name)
        except ConnectionResetError as error:
            raise ssl.SSLEOFError(ssl.SSL_ERROR_EOF, "the other side ended the handshake") from error
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    async def read(self) -> bytes:
        """What arrived since the last time, waiting for it; empty at the end. Raises OSError."""
        if not (self._arrived or self.has_ended):
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        if self._error and not self._arrived:
            raise self._error
        arrived, self._arrived = self._arrived, b""
        self.transport.resume_reading()
        return arrived

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._arrived += data
        if len(self._arrived) > _MOST_AHEAD:
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self.has_ended = True
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self.has_ended = True
        self._error = error
        self._wake()

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

"""A registry that does what it is told to, however wrong, byte by byte; it records all that it hears.

A script names the replies to each kind of request; the last one of a list is repeated for ever. A reply
is the bytes of a whole HTTP response or a function that makes pieces of one. `{url}`, `{host}` and `{port}`
in it stand for the server's own address, `{other_url}` and so on for that of the server that it was introduced to.
"""

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import NamedTuple

Reply = bytes | Callable[[threading.Event], Iterable[bytes]]

_PIECE = 65536
_TLS_HANDSHAKE = b"\x16"


class Heard(NamedTuple):
    """One request as it came over the wire."""

    method: str
    target: str
    head: bytes
    body: bytes

    @property
    def authorization(self) -> str | None:
        """The value of the header field, or None where there is none."""
        return self.field("authorization")

    def field(self, name: str) -> str | None:
        """The value of a header field by its lower-case name."""
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.decode("latin-1").partition(":")
            if key.lower() == name:
                return value.strip()
        return None


class Script(NamedTuple):
    """Replies to HEAD and GET of manifests, to requests for tokens, and to any other request."""

    head: Sequence[Reply] = ()
    get: Sequence[Reply] = ()
    token: Sequence[Reply] = ()
    other: Sequence[Reply] = ()


def reply(
    status: int = 200,
    fields: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    length: int | None = -1,
) -> bytes:
    """A response that closes the connection. `length` is by default the right Content-Length, None leaves it out."""
    items = list(fields.items()) if isinstance(fields, Mapping) else list(fields)
    if length is not None:
        items.append(("Content-Length", str(len(body) if length < 0 else length)))
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Odd"
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in items), "Connection: close"]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def drip(data: bytes, seconds: float) -> Reply:
    """`data` byte by byte with a pause after each."""

    def pieces(stopped: threading.Event) -> Iterator[bytes]:
        for at in range(len(data)):
            yield data[at : at + 1]
            if stopped.wait(seconds):
                return

    return pieces


def flood(head: bytes, size: int, filler: bytes = b" ") -> Reply:
    """`head`, then `size` bytes of filler as fast as they are taken."""

    def pieces(stopped: threading.Event) -> Iterator[bytes]:
        yield head
        for _ in range(size // _PIECE):
            yield filler * _PIECE

    return pieces


def chunked_flood(head: bytes, size: int) -> Reply:
    """As `flood`, in the chunked transfer coding, which announces no length."""

    def pieces(stopped: threading.Event) -> Iterator[bytes]:
        yield head
        for _ in range(size // _PIECE):
            yield f"{_PIECE:x}\r\n".encode() + b" " * _PIECE + b"\r\n"
        yield b"0\r\n\r\n"

    return pieces


def silence(stopped: threading.Event) -> Iterator[bytes]:
    """No answer at all while the server lives."""
    stopped.wait(600)
    yield from ()


class ResetConnection(Exception):
    """Raised by a reply to end the connection with a reset instead of an orderly close."""


def reset(stopped: threading.Event) -> Iterator[bytes]:
    """A reset in the place of an answer."""
    yield b""
    raise ResetConnection


class Misbehaving:
    """A running server. `heard` holds every request, in the order in which they were complete."""

    def __init__(self, listener: socket.socket, script: Script, context: ssl.SSLContext | None) -> None:
        self.heard: list[Heard] = []
        self.url = f"{'https' if context else 'http'}://{_authority(listener)}"
        self._listener = listener
        self._script = script
        self._names = _names("", self.url)
        self._context = context
        self._served: dict[str, int] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    @property
    def host(self) -> str:
        """Host and port."""
        return self.url.partition("://")[2]

    def count(self, method: str, contained: str = "") -> int:
        """How many requests of `method` had `contained` in their target."""
        return sum(request.method == method and contained in request.target for request in self.heard)

    def introduce(self, other: "Misbehaving") -> None:
        """Make the other server known, so that replies can name it."""
        self._names |= _names("other_", other.url)

    def follow(self, script: Script) -> None:
        """Start anew with another script and nothing heard."""
        with self._lock:
            self._script = script
            self._served.clear()
            self.heard.clear()

    def accept(self) -> None:
        """Serve connections, each in a thread of its own, until `stop`."""
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def stop(self) -> None:
        """End all replies that wait, and take no more connections."""
        self._stopped.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.settimeout(60)
            if self._context is None:
                self._converse(connection)
                return
            with self._context.wrap_socket(connection, server_side=True) as wrapped:
                self._converse(wrapped)

    def _converse(self, connection: socket.socket) -> None:
        request = _read_request(connection)
        if request is None:
            return
        try:
            for piece in self._pieces(request):
                connection.sendall(piece)
        except ResetConnection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        _close_in_order(connection)

    def _pieces(self, request: Heard) -> Iterable[bytes]:
        chosen = self._choose(request)
        if callable(chosen):
            return map(self._fill_in, chosen(self._stopped))
        return [self._fill_in(chosen)]

    def _choose(self, request: Heard) -> Reply:
        kind = _kind(request)
        with self._lock:
            self.heard.append(request)
            number = self._served.get(kind, 0)
            self._served[kind] = number + 1
        replies = getattr(self._script, kind) or (reply(404),)
        return replies[min(number, len(replies) - 1)]

    def _fill_in(self, piece: bytes) -> bytes:
        for name, value in self._names.items():
            piece = piece.replace(name, value)
        return piece


def _authority(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _names(prefix: str, url: str) -> dict[bytes, bytes]:
    """What stands for `url` and its parts in a reply."""
    host = url.rpartition("/")[2]
    values = {"url": url, "host": host, "port": host.rpartition(":")[2]}
    return {f"{{{prefix}{name}}}".encode(): value.encode() for name, value in values.items()}


def _kind(request: Heard) -> str:
    if "/token" in request.target:
        return "token"
    if "/manifests/" in request.target and request.method in ("HEAD", "GET"):
        return request.method.lower()
    return "other"


def _read_request(connection: socket.socket) -> Heard | None:
    """The next request; None where the other side ends, or speaks TLS to a server that does not."""
    data = b""
    while b"\r\n\r\n" not in data:
        received = connection.recv(_PIECE)
        data += received
        if not received or data.startswith(_TLS_HANDSHAKE):
            return None
    head, _, body = data.partition(b"\r\n\r\n")
    method, target, _ = head.split(b"\r\n")[0].decode("latin-1").split(" ")
    request = Heard(method, target, head, body)
    length = int(request.field("content-length") or 0)
    while len(body) < length and (received := connection.recv(_PIECE)):
        body += received
    return request._replace(body=body)


def _close_in_order(connection: socket.socket) -> None:
    """Say that no more comes, then wait for the other side, lest a reset overtake the last bytes."""
    connection.shutdown(socket.SHUT_WR)
    connection.settimeout(5)
    while connection.recv(_PIECE):
        pass


@contextmanager
def misbehaving(
    script: Script, context: ssl.SSLContext | None = None, address: str = "127.0.0.1"
) -> Iterator[Misbehaving]:
    """Run a server on a free port of a loopback address that follows `script`; `context` makes it speak TLS."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, 0), family=family, backlog=128) as listener:
        server = Misbehaving(listener, script, context)
        thread = threading.Thread(target=server.accept, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.stop()
            thread.join()


@contextmanager
def misbehaving_pair(
    script: Script, other: Script, context: ssl.SSLContext | None = None
) -> Iterator[tuple[Misbehaving, Misbehaving]]:
    """Two servers that know each other. Only the first speaks TLS, if there is a `context`."""
    with misbehaving(script, context) as first, misbehaving(other) as second:
        first.introduce(second)
        second.introduce(first)
        yield first, second

"""A registry at the far end of a slow line: every round trip takes as long as it is told.

It answers what clients ask while they resolve tags (OCI distribution specification, "Pulling
manifests"), counts the requests, and notes how many were under way at once. It is written on bare
asyncio streams of bytes, so that the registry's own work hardly shows in the figures.
"""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_TLS_HANDSHAKE = b"\x16"


class Answer:
    """Status line, header fields and body of one response."""

    def __init__(self, status: str, body: bytes = b"", **headers: str) -> None:
        fields = {"Content-Length": str(len(body)), "Content-Type": "application/json"}
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        self.head = "".join([f"HTTP/1.1 {status}\r\n", *(f"{name}: {value}\r\n" for name, value in fields.items())])
        self.body = body

    def encode(self, method: str) -> bytes:
        """The bytes on the wire; HEAD has no body."""
        return f"{self.head}\r\n".encode() + (b"" if method == "HEAD" else self.body)


class UnderWay:
    """How many requests are under way, and the most that were at once, at all registries that share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # each registry has a thread of its own
        self.forget()

    def forget(self) -> None:
        """Start counting from zero."""
        self.now = self.most = 0

    def change(self, difference: int) -> None:
        """Count a request that begins, 1, or that ends, -1."""
        with self._lock:
            self.now += difference
            self.most = max(self.most, self.now)


class SlowRegistry:
    """Tags, and what happened. `delay` is one round trip in seconds.

    With `authenticated` a bearer token is asked for each repository, and one request for a token is
    granted the scopes that it names. `under_way` may be shared with other registries.
    """

    def __init__(
        self,
        tags: Iterable[tuple[str, str]],
        delay: float,
        *,
        authenticated: bool = False,
        under_way: UnderWay | None = None,
    ) -> None:
        self.under_way = under_way or UnderWay()
        self.manifests = {tag: _index(f"{tag[0]}:{tag[1]}") for tag in tags}
        self.delay = delay
        self.url = ""
        self._authenticated = authenticated
        self.forget()

    @property
    def address(self) -> str:
        """The host and the port, as references spell them."""
        return self.url.removeprefix("http://")

    def forget(self) -> None:
        """Start counting from zero."""
        self.requests: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.under_way.forget()

    def answer(self, method: str, target: str, headers: dict[str, str]) -> Answer:
        """The answer to one request, which is counted."""
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        if path == "/token":
            self.requests["token"] += 1
            granted = query.get("scope", [])
            return Answer("200 OK", json.dumps({"token": " ".join(granted).encode().hex(), "expires_in": 300}).encode())
        repository, _, reference = path.removeprefix("/v2/").rpartition("/manifests/")
        if self._authenticated and not self._permits(repository, headers.get("authorization", "")):
            self.requests["challenge"] += 1
            scope = f',scope="repository:{repository}:pull"' if repository else ""
            challenge = f'Bearer realm="{self.url}/token",service="bench"{scope}'
            return Answer("401 Unauthorized", WWW_Authenticate=challenge)
        if path == "/v2/":
            self.requests["ping"] += 1
            return Answer("200 OK", b"{}")
        return self._manifest(method, repository, reference)

    def _permits(self, repository: str, authorization: str) -> bool:
        try:
            granted = bytes.fromhex(authorization.removeprefix("Bearer ")).decode().split()
        except ValueError:
            return False
        return bool(granted) and (not repository or f"repository:{repository}:pull" in granted)

    def _manifest(self, method: str, repository: str, reference: str) -> Answer:
        body = self.manifests.get((repository, reference))
        if body is None:
            self.requests["not found"] += 1
            return Answer("404 Not Found", b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}')
        self.requests[method] += 1
        self.asked[f"{repository}:{reference}"] += 1
        return Answer("200 OK", body, Content_Type=INDEX, Docker_Content_Digest=f"sha256:{sha256(body).hexdigest()}")


class _Connection(asyncio.Protocol):
    """One connection. Its handshake takes a round trip as well: the first answer waits for two."""

    def __init__(self, registry: SlowRegistry) -> None:
        self._registry = registry
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._open_at = self._loop.time() + self._registry.delay

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._received.startswith(_TLS_HANDSHAKE):
            # Clients that try https first on loopback get the answer that plain servers give.
            self._loop.call_at(self._open_at, self._refuse)
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            self._registry.under_way.change(1)
            arrived = max(self._loop.time(), self._open_at)
            self._loop.call_at(arrived + self._registry.delay, self._send, head)

    def _send(self, head: bytes) -> None:
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        answer = self._registry.answer(method, target, headers)
        self._registry.under_way.change(-1)
        self._transport.write(answer.encode(method))

    def _refuse(self) -> None:
        self._transport.write(Answer("400 Bad Request").encode("GET"))
        self._transport.close()


@contextmanager
def serve(registry: SlowRegistry) -> Iterator[SlowRegistry]:
    """Run `registry` on a free port of 127.0.0.1, in a thread of its own."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(lambda: _Connection(registry), "127.0.0.1", 0, backlog=512))
    registry.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield registry
    finally:
        _on_loop(loop, server.close)
        _on_loop(loop, loop.stop)
        thread.join()
        loop.close()


def _on_loop(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    loop.call_soon_threadsafe(call)


def _index(name: str) -> bytes:
    """An index of two platforms whose digests follow from `name`."""
    platforms = ({"os": "linux", "architecture": "amd64"}, {"os": "linux", "architecture": "arm64", "variant": "v8"})
    manifests = [
        {
            "mediaType": MANIFEST,
            "digest": f"sha256:{sha256(f'{name} {number}'.encode()).hexdigest()}",
            "size": 1234,
            "platform": platform,
        }
        for number, platform in enumerate(platforms)
    ]
    return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}).encode()

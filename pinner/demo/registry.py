"""A read-only registry on loopback with a handful of real manifests, for `pinner demo` and the tests.

It answers GET and HEAD of `/v2/` and `/v2/<repository>/manifests/<tag or digest>` as the OCI
distribution specification says ("Pulling manifests", "Error codes"), and nothing else.
"""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from importlib.resources import files
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn
from typing import ClassVar, NamedTuple

SAMPLE = Path(__file__).with_name("sample")
"""A project whose images the registry holds."""


class StoredManifest(NamedTuple):
    """An index or a manifest: the bytes that its digest names, and the media type it is served with."""

    media_type: str
    body: bytes

    @property
    def digest(self) -> str:
        """`sha256:` and the hexadecimal hash of the bytes."""
        return f"sha256:{sha256(self.body).hexdigest()}"


class Store:
    """The content of a registry: manifests by repository and digest, and what each tag names."""

    def __init__(self) -> None:
        self.manifests: dict[tuple[str, str], StoredManifest] = {}
        self.tags: dict[tuple[str, str], str] = {}

    def put(self, repository: str, manifest: StoredManifest, tag: str | None = None) -> str:
        """Keep `manifest` and let `tag`, if any, name it. Returns the digest."""
        digest = manifest.digest
        self.manifests[repository, digest] = manifest
        if tag is not None:
            self.tags[repository, tag] = digest
        return digest

    def get(self, repository: str, reference: str) -> StoredManifest | None:
        """Return what a tag or a digest names in `repository`."""
        # No tag has a colon, and every digest has one: the two are never mistaken.
        digest = self.tags.get((repository, reference), reference)
        return self.manifests.get((repository, digest))


def demo_store() -> Store:
    """Return a store of the manifests that come with pinner, under the names they have on Docker Hub."""
    folder = files("pinner.demo")
    store = Store()
    for entry in json.loads(folder.joinpath("manifests.json").read_bytes()):
        body = folder.joinpath("manifests", entry["file"]).read_bytes()
        store.put(entry["repository"], StoredManifest(entry["media_type"], body), entry["tag"])
    return store


class RegistryHandler(BaseHTTPRequestHandler):
    """Answers the requests of one connection out of a Store."""

    protocol_version = "HTTP/1.1"
    # A body that is written behind its header fields would wait for their acknowledgement, which the client delays.
    disable_nagle_algorithm = True
    timeout: ClassVar[float] = 30

    def __init__(self, store: Store, *arguments: object) -> None:
        self.store = store
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answer GET, and for HEAD the same header fields."""
        path = self.path.partition("?")[0]
        repository, _, reference = path.removeprefix("/v2/").rpartition("/manifests/")
        if path == "/v2/":
            self._send(HTTPStatus.OK, "application/json", b"{}")
        elif manifest := self.store.get(repository, reference):
            self._send(HTTPStatus.OK, manifest.media_type, manifest.body, manifest.digest)
        else:
            is_known = any(name == repository for name, _ in self.store.manifests)
            code, message = (
                ("MANIFEST_UNKNOWN", "manifest unknown") if is_known else ("NAME_UNKNOWN", "repository unknown")
            )
            error = {"errors": [{"code": code, "message": message, "detail": {}}]}
            self._send(HTTPStatus.NOT_FOUND, "application/json", json.dumps(error).encode())

    def do_HEAD(self) -> None:
        """Answer HEAD."""
        self.do_GET()

    def _send(self, status: HTTPStatus, media_type: str, body: bytes, digest: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Docker-Distribution-API-Version", "registry/2.0")
        if digest:
            self.send_header("Docker-Content-Digest", digest)
        self.end_headers()
        # RFC 9110, section 9.3.2: the header fields of GET, and no content.
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002, the name is the base class's
        """Stay silent: the terminal belongs to the demo."""


# Not HTTPServer, which looks up the name of its own host in DNS when it binds.
class _Server(ThreadingMixIn, TCPServer):
    daemon_threads = True
    # The standard library's 5 are fewer than the connections that one run opens at once.
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Pass over a client that goes away: it is no error of the server's."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


@contextmanager
def serve(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    """Run `handler` for each connection to a free port of 127.0.0.1; yields the server's base URL."""
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def embedded_registry() -> Iterator[str]:
    """Serve the manifests that come with pinner; yields the registry's base URL."""
    with serve(partial(RegistryHandler, demo_store())) as url:
        yield url

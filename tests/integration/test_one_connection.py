"""Servers of one connection at a time: Python's `http.server`, with and without keeping connections, with a token."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from pinner.model.reference import parse
from pinner.registry.resolver import resolve
from pinner.registry.settings import RegistrySettings, Timeouts
from tests.support import images
from tests.support.answers import outcome

pytestmark = pytest.mark.integration

IMAGE = images.multi_platform("one-connection")


class Handler(BaseHTTPRequestHandler):
    """Has every tag; where `token` is set, wants one for it."""

    token = ""

    def do_HEAD(self) -> None:
        if self.token and self.headers.get("Authorization") != f"Bearer {self.token}":
            realm = f"http://{self.headers['Host']}/token"
            self.answer(401, {"WWW-Authenticate": f'Bearer realm="{realm}"'})
        else:
            length = str(len(IMAGE.manifest.body))
            fields = {"Content-Type": images.OCI_INDEX, "Docker-Content-Digest": IMAGE.digest}
            self.answer(200, fields, length=length)

    def do_GET(self) -> None:
        self.answer(200, {}, json.dumps({"token": self.token}).encode())

    def answer(self, status: int, fields: dict[str, str], body: bytes = b"", length: str = "") -> None:
        self.send_response(status)
        for name, value in {**fields, "Content-Length": length or str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def serve(version: str, token: str) -> Iterator[str]:
    kind = type("Kind", (Handler,), {"protocol_version": version, "token": token, "timeout": 60})
    with HTTPServer(("127.0.0.1", 0), kind) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1"])
@pytest.mark.parametrize("token", ["", "a-token"])
@pytest.mark.parametrize("names", ["app{}:1", "app:{}"])
def test_all_are_resolved_without_waiting_for_a_time_out(version: str, token: str, names: str) -> None:
    with serve(version, token) as host:
        asked = [parse(f"{host}/{names.format(number)}") for number in range(20)]
        resolutions = resolve(asked, RegistrySettings(environ={}, timeouts=Timeouts(overall=5)))
    assert {outcome(each) for each in resolutions.values()} == {IMAGE.digest}

"""The embedded registry keeps to the distribution specification."""

import json
from collections.abc import Iterator
from hashlib import sha256
from http.client import HTTPConnection, HTTPResponse

import pytest

from pinner.demo.registry import StoredManifest, embedded_registry
from tests.support.embedded import Embedded, embedded

pytestmark = pytest.mark.integration

NODE = "sha256:94a00394bc5a8ef503fb59db0a7d0ae9e1119866e8aee8ba40cd864cea69ea1a"


@pytest.fixture
def registry() -> Iterator[Embedded]:
    with embedded() as running:
        yield running


def ask(registry: Embedded, method: str, path: str) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection(registry.host, timeout=10)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def fields(response: HTTPResponse) -> list[tuple[str, str]]:
    return [(name, value) for name, value in response.getheaders() if name != "Date"]


@pytest.mark.parametrize("reference", ["14.7.0", NODE])
def test_get_answers_the_bytes_that_the_digest_names(registry: Embedded, reference: str) -> None:
    response, body = ask(registry, "GET", f"/v2/library/node/manifests/{reference}")
    assert response.status == 200
    assert response.headers["Docker-Content-Digest"] == NODE == f"sha256:{sha256(body).hexdigest()}"
    assert response.headers["Content-Type"] == "application/vnd.docker.distribution.manifest.list.v2+json"
    assert response.headers["Content-Length"] == str(len(body))


@pytest.mark.parametrize("path", ["/v2/", "/v2/library/node/manifests/14.7.0", "/v2/library/node/manifests/none"])
def test_head_answers_as_get_but_for_the_body(registry: Embedded, path: str) -> None:
    get, _ = ask(registry, "GET", path)
    head, body = ask(registry, "HEAD", path)
    assert body == b""
    assert get.status == head.status
    assert fields(get) == fields(head)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v2/library/node/manifests/15", "MANIFEST_UNKNOWN"),
        ("/v2/nothing/manifests/latest", "NAME_UNKNOWN"),
        ("/v2/x", "NAME_UNKNOWN"),
        ("/", "NAME_UNKNOWN"),
    ],
)
def test_what_is_not_there_is_an_error_of_the_specification(registry: Embedded, path: str, code: str) -> None:
    response, body = ask(registry, "GET", path)
    assert response.status == 404
    assert json.loads(body)["errors"][0]["code"] == code


def test_content_can_change_while_it_runs(registry: Embedded) -> None:
    path = "/v2/library/node/manifests/14.7.0"
    moved = registry.store.move("library/node", "14.7.0", StoredManifest("a/b", b"{}"))
    assert ask(registry, "HEAD", path)[0].headers["Docker-Content-Digest"] == moved
    registry.store.delete("library/node", NODE)
    registry.store.delete("library/node", "14.7.0")
    assert ask(registry, "HEAD", path)[0].status == 404
    assert ask(registry, "GET", f"/v2/library/node/manifests/{NODE}")[0].status == 404
    assert (registry.store.count("HEAD"), registry.store.count("GET", NODE)) == (2, 1)


def test_the_registry_of_the_package_runs_and_ends() -> None:
    with embedded_registry() as url:
        connection = HTTPConnection(url.removeprefix("http://"), timeout=10)
        connection.request("HEAD", "/v2/library/alpine/manifests/3.12")
        assert connection.getresponse().status == 200
        connection.close()
    with pytest.raises(ConnectionRefusedError):
        connection.connect()

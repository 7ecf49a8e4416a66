"""The search for the scheme that a registry speaks."""

import httpx
import pytest

from pinner.reference import parse
from pinner.registry.errors import Dropped, NotTLS, TLSFailure, Unreachable
from pinner.registry.http.retry import ATTEMPTS
from pinner.registry.manifest import OCI_INDEX, Content
from tests.registry.asking import FETCHED, fixed, head, heads, raising
from tests.registry.stub import DIGEST, FakeClock, Handler, manifest, reply

LOCAL = parse("localhost:5000/app:1")


def only(scheme: str, otherwise: Handler) -> Handler:
    return lambda request: manifest(request) if request.url.scheme == scheme else otherwise(request)


@pytest.mark.parametrize(
    "otherwise",
    [
        fixed(400, content_type="text/html"),
        lambda request: httpx.Response(400, extensions={"http_version": b"HTTP/1.0"}),
        raising(httpx.RemoteProtocolError("x")),
        raising(httpx.ReadError("x")),
    ],
)
def test_a_local_registry_may_speak_tls(otherwise: Handler) -> None:
    network = heads(only("https", otherwise), [LOCAL._replace(tag=str(number)) for number in range(5)])
    assert sum(url.startswith("https") for url in network.urls()) == 5
    assert head(only("https", otherwise), LOCAL)[0] == Content(DIGEST, OCI_INDEX)


def test_a_local_registry_that_speaks_no_tls_is_asked_in_plain() -> None:
    network = heads(only("http", raising(AssertionError())), [LOCAL._replace(tag=str(number)) for number in range(5)])
    assert len(network.requests) == 5


def test_what_a_local_registry_says_in_plain_stands_when_it_has_no_tls() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.scheme == "https":
            raise httpx.ConnectError("x")
        return manifest(request) if request.method == "GET" else reply(400, {"content-type": "text/html"})

    assert head(handler, LOCAL)[0] == FETCHED


def test_a_local_registry_whose_certificate_is_not_trusted() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.scheme == "https":
            raise TLSFailure("the certificate is not trusted")
        return reply(400, {"content-type": "text/html"})

    assert isinstance(head(handler, LOCAL)[0], TLSFailure)


def test_a_local_registry_that_breaks_plain_connections_is_asked_by_tls_at_once() -> None:
    clock = FakeClock()
    content, network = head(only("https", raising(httpx.RemoteProtocolError("x"))), LOCAL, clock=clock)
    assert content == Content(DIGEST, OCI_INDEX)
    assert clock.slept == []
    assert [url.partition(":")[0] for url in network.urls()] == ["http", "https"]


@pytest.mark.parametrize("otherwise", [httpx.ConnectError("x"), httpx.ReadError("x"), NotTLS("x")])
def test_a_local_registry_without_tls_that_breaks_a_connection_is_asked_again(otherwise: Exception) -> None:
    turns = iter(range(10**6))

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.scheme == "https":
            raise otherwise
        if next(turns) == 0:
            raise httpx.ReadError("x")
        return manifest(request)

    assert head(handler, LOCAL)[0] == Content(DIGEST, OCI_INDEX)


def test_a_local_registry_that_breaks_every_connection() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise NotTLS("x") if request.url.scheme == "https" else httpx.ReadError("x")

    error, network = head(handler, LOCAL)
    assert isinstance(error, Dropped)
    assert len(network.requests) == 2 + ATTEMPTS


def test_an_insecure_registry_may_speak_plain_http() -> None:
    content, network = head(only("http", raising(httpx.ConnectError("x"))), insecure=("reg.example",))
    assert content == Content(DIGEST, OCI_INDEX)
    content, network = head(only("http", raising(httpx.ConnectError("x"))))
    assert isinstance(content, Unreachable)
    assert not any(url.startswith("http:") for url in network.urls())

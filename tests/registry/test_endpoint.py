"""Where a registry is asked, and the search for the scheme that it speaks."""

from typing import Any

import httpx
import pytest

from pinner.model.reference import Reference, parse
from pinner.registry.endpoint import ambiguous_tags, endpoint_of
from pinner.registry.errors import Dropped, NotTLS, TLSFailure, Unreachable
from pinner.registry.http.proxies import proxy_for
from pinner.registry.http.retry import ATTEMPTS
from pinner.registry.http.urls import Origin
from pinner.registry.manifest import OCI_INDEX, Content
from pinner.registry.settings import RegistryOverride
from tests.registry.http.test_urls import IDN, IDN_2003
from tests.registry.registries import FETCHED, fixed, head, heads, raising
from tests.registry.stub import DIGEST, FakeClock, Handler, manifest, reply, settings

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


@pytest.mark.parametrize("host", ["faß.example", IDN, IDN.upper()])
def test_settings_of_a_host_with_other_letters(host: str) -> None:
    assert bases(IDN, insecure=(host,)) == [f"https://{IDN}", f"http://{IDN}"]
    assert bases(IDN, registries={host: RegistryOverride(insecure=True)}) == [f"https://{IDN}", f"http://{IDN}"]
    assert bases(IDN, mirrors={host: "https://m.example"}) == ["https://m.example"]
    for changes in ({"insecure": (host,)}, {"mirrors": {host: "https://m.example"}}):
        assert bases(IDN_2003, **changes) == [f"https://{IDN_2003}"]
    assert proxy_for(Origin("https", IDN, 443), {"https_proxy": "http://p:1", "no_proxy": host}) is None


def bases(registry: str, **changes: Any) -> list[str]:
    return [str(base) for base in endpoint_of(registry, settings(**changes)).bases]


@pytest.mark.parametrize(
    ("registry", "changes", "expected"),
    [
        ("docker.io", {}, ["https://registry-1.docker.io"]),
        ("reg.example", {}, ["https://reg.example"]),
        ("REG.example:5000", {}, ["https://reg.example:5000"]),
        ("localhost:5000", {}, ["http://localhost:5000", "https://localhost:5000"]),
        ("127.0.0.1:5000", {}, ["http://127.0.0.1:5000", "https://127.0.0.1:5000"]),
        ("[::1]:5000", {}, ["http://[::1]:5000", "https://[::1]:5000"]),
        ("[::1]", {}, ["http://[::1]", "https://[::1]"]),
        ("localhost:443", {}, ["https://localhost"]),
        ("[2001:db8::1]:5000", {}, ["https://[2001:db8::1]:5000"]),
        (
            "lab.example:5000",
            {"insecure": ("lab.example:5000",)},
            ["https://lab.example:5000", "http://lab.example:5000"],
        ),
        ("lab.example:5000", {"insecure": ("Lab.example",)}, ["https://lab.example:5000", "http://lab.example:5000"]),
        ("lab.example:5000", {"insecure": ("lab.example:5001",)}, ["https://lab.example:5000"]),
        (
            "lab.example",
            {"registries": {"lab.example": RegistryOverride(insecure=True)}},
            ["https://lab.example", "http://lab.example"],
        ),
        ("docker.io", {"mirrors": {"docker.io": "https://m.example/hub"}}, ["https://m.example/hub"]),
        ("docker.io", {"mirrors": {"index.docker.io": "https://m.example"}}, ["https://m.example"]),
        ("docker.io", {"mirrors": {"*": "https://m.example/all/"}}, ["https://m.example/all/"]),
        ("quay.io", {"mirrors": {"docker.io": "https://m.example"}}, ["https://quay.io"]),
        ("quay.io", {"mirrors": {"*": "https://m.example/a", "Quay.io": "https://q.example"}}, ["https://q.example"]),
    ],
)
def test_endpoints(registry: str, changes: dict[str, Any], expected: list[str]) -> None:
    assert bases(registry, **changes) == expected


@pytest.mark.parametrize("registry", ["host:99999", "host:0", "xn--", "[::1::2]:5000"])
def test_a_host_that_is_none(registry: str) -> None:
    with pytest.raises(Unreachable, match="no valid host"):
        endpoint_of(registry, settings())


@pytest.mark.parametrize(
    ("mirror", "reference", "expected"),
    [
        ("https://m.example", "node", "library/node"),
        ("https://m.example/", "node", "library/node"),
        ("https://m.example/hub", "node", "hub/library/node"),
        ("https://m.example/a/b/", "quay.io/x/y", "a/b/x/y"),
        ("https://m.example/{host}", "node", "docker.io/library/node"),
        ("https://m.example/all/{host}/", "registry.example:5000/x/y", "all/registry.example:5000/x/y"),
    ],
)
def test_a_prefix_goes_before_the_repository(mirror: str, reference: str, expected: str) -> None:
    parsed: Reference = parse(reference)
    assert endpoint_of(parsed.registry, settings(mirrors={"*": mirror})).repository(parsed) == expected


@pytest.mark.parametrize(
    ("registry", "mirrors", "namespace"),
    [
        ("quay.io", {}, ""),
        ("quay.io", {"*": "https://m.example"}, "quay.io"),
        ("docker.io", {"*": "https://m.example/{host}"}, "docker.io"),
        ("docker.io", {"docker.io": "https://registry-1.docker.io"}, ""),
        ("quay.io", {"quay.io": "https://quay.io/prefix"}, ""),
    ],
)
def test_a_mirror_is_told_which_registry_is_meant(registry: str, mirrors: dict[str, str], namespace: str) -> None:
    assert endpoint_of(registry, settings(mirrors=mirrors)).namespace == namespace


@pytest.mark.parametrize(
    ("references", "mirrors", "expected"),
    [
        ("a.example/x:1 b.example/x:1", {}, ""),
        ("a.example/x:1 b.example/x:1", {"*": "https://m.example"}, "a.example/x:1 b.example/x:1"),
        ("a.example/x b.example/x:latest", {"*": "https://m.example"}, "a.example/x:latest b.example/x:latest"),
        ("a.example/x:1 b.example/x:1", {"*": "https://m.example/{host}"}, ""),
        ("a.example/x:1 b.example/x:2", {"*": "https://m.example"}, ""),
        ("a.example/x:1 b.example/y:1", {"*": "https://m.example"}, ""),
        ("a.example/x:1 a.example/x:1", {"*": "https://m.example"}, ""),
        ("a.example/x:1 b.example/x:1", {"a.example": "https://m.example"}, ""),
        ("a.example/x:1 b.example/x:1", {"a.example": "https://b.example"}, "a.example/x:1 b.example/x:1"),
        (
            "a.example/x:1 b.example/x:1 c.example/x:1",
            {"a.example": "https://m.example/p", "b.example": "https://m.example/p/"},
            "a.example/x:1 b.example/x:1",
        ),
        ("node:1 index.docker.io/library/node:1", {"*": "https://m.example"}, ""),
    ],
)
def test_tags_that_a_mirror_cannot_tell_apart(references: str, mirrors: dict[str, str], expected: str) -> None:
    found = ambiguous_tags(map(parse, references.split()), settings(mirrors=mirrors))
    assert sorted(found, key=str) == list(map(parse, expected.split()))
    assert all("put {host} into" in error.detail for error in found.values())

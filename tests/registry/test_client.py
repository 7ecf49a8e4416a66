"""The flow of HEAD, GET, challenges, tokens and redirects."""

import asyncio
import base64
import json
from collections.abc import Callable
from hashlib import sha512
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pinner.reference import Reference, parse
from pinner.registry.client import RegistryClient
from pinner.registry.content import Content
from pinner.registry.errors import (
    CredentialsRefused,
    Denied,
    DigestMismatch,
    Dropped,
    NameNotFound,
    NotAManifest,
    NotFound,
    NotTLS,
    RateLimited,
    RealmNotTrusted,
    RedirectRefused,
    RegistryError,
    TLSFailure,
    TooLarge,
    Unauthorized,
    Unreachable,
)
from pinner.registry.manifest import ACCEPT, MAX_SIZE, OCI_INDEX
from pinner.registry.retry import ATTEMPTS
from tests.registry.stub import DIGEST, FIELDS, INDEX, FakeClock, StubNetwork, ask, manifest, reply

Handler = Callable[[httpx.Request], httpx.Response]
WRONG = "sha256:" + "0" * 64
TAGGED = parse("reg.example/team/app:1")
PINNED = TAGGED.by_digest()._replace(digest=DIGEST)
URL = "https://reg.example/v2/team/app/manifests"
FETCHED = Content(DIGEST, OCI_INDEX, INDEX, len(INDEX))


def head(handler: Handler, reference: Reference = TAGGED, **options: Any) -> tuple[Any, StubNetwork]:
    """What HEAD comes to, an error as a value."""
    network = StubNetwork(handler)

    async def work(client: RegistryClient) -> Any:
        try:
            return await client.head(reference)
        except RegistryError as error:
            return error

    return ask(network, work, **options), network


def by_method(**handlers: Handler) -> Handler:
    return lambda request: handlers[request.method](request)


def fixed(status: int = 200, body: bytes = b"", **fields: str) -> Handler:
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return lambda request: reply(status, named, body)


def test_one_head_is_enough() -> None:
    content, network = head(manifest)
    assert content == Content(DIGEST, OCI_INDEX)
    [request] = network.requests
    assert (request.method, str(request.url)) == ("HEAD", f"{URL}/1")
    assert request.headers["accept"] == ACCEPT
    assert request.headers["accept-encoding"] == "identity"
    assert not {"authorization", "cookie"} & set(request.headers)


@pytest.mark.parametrize(
    ("reference", "url"),
    [
        ("node", "https://registry-1.docker.io/v2/library/node/manifests/latest"),
        ("reg.example/a:v1", "https://reg.example/v2/a/manifests/v1"),
        ("REG.example:5000/a/b", "https://reg.example:5000/v2/a/b/manifests/latest"),
        (f"node:20@{DIGEST}", f"https://registry-1.docker.io/v2/library/node/manifests/{DIGEST}"),
    ],
)
def test_what_is_asked(reference: str, url: str) -> None:
    _, network = head(manifest, parse(reference))
    assert network.urls() == [url]


def test_a_mirror_is_asked_with_its_prefix() -> None:
    _, network = head(manifest, parse("node:20"), mirrors={"docker.io": "https://m.example/hub/"})
    assert network.urls() == ["https://m.example/v2/hub/library/node/manifests/20"]


ODD_HEADS: list[tuple[str, Handler]] = [
    ("no digest", fixed(content_type=OCI_INDEX)),
    ("no media type", fixed(docker_content_digest=DIGEST)),
    ("odd media type", fixed(content_type="text/html", docker_content_digest=DIGEST)),
    ("bare hex", fixed(content_type=OCI_INDEX, docker_content_digest=DIGEST.removeprefix("sha256:"))),
    ("upper case", fixed(content_type=OCI_INDEX, docker_content_digest=DIGEST.upper())),
    ("sha512", fixed(content_type=OCI_INDEX, docker_content_digest="sha512:" + "a" * 128)),
    *((str(status), fixed(status)) for status in (400, 404, 405, 501)),
]


@pytest.mark.parametrize("odd", [odd[1] for odd in ODD_HEADS], ids=[odd[0] for odd in ODD_HEADS])
def test_get_decides_where_head_does_not(odd: Handler) -> None:
    content, network = head(by_method(HEAD=odd, GET=manifest))
    assert content == FETCHED
    assert [request.method for request in network.requests] == ["HEAD", "GET"]
    assert {request.headers["accept"] for request in network.requests} == {ACCEPT}


@pytest.mark.parametrize(("size", "expected"), [(MAX_SIZE, type(FETCHED)), (MAX_SIZE + 1, TooLarge)])
def test_a_manifest_has_at_most_four_mebibytes(size: int, expected: type[object]) -> None:
    assert MAX_SIZE == 4 * 1024 * 1024
    body = INDEX + b" " * (size - len(INDEX))
    assert type(head(by_method(HEAD=fixed(405), GET=fixed(200, body)))[0]) is expected


def test_media_type_with_parameters_and_capitals() -> None:
    answer = fixed(content_type=f"{OCI_INDEX.upper()}; charset=utf-8", docker_content_digest=DIGEST)
    assert head(answer)[0] == Content(DIGEST, OCI_INDEX)


GOT: list[tuple[str, Handler, type[RegistryError]]] = [
    ("404", fixed(404), NotFound),
    ("403", fixed(403), Denied),
    ("429", fixed(429), RateLimited),
    ("500", fixed(500), Unreachable),
    ("405", fixed(405), NotAManifest),
    ("204", fixed(204), NotAManifest),
    ("HTML", fixed(200, b"<html>", content_type="text/html"), NotAManifest),
    ("encoded", fixed(200, INDEX, content_encoding="gzip"), NotAManifest),
    ("another digest", fixed(200, INDEX, docker_content_digest=WRONG), DigestMismatch),
    ("redirect to nowhere", fixed(307), RedirectRefused),
]


@pytest.mark.parametrize(("answer", "expected"), [each[1:] for each in GOT], ids=[each[0] for each in GOT])
def test_what_get_may_come_to(answer: Handler, expected: type[RegistryError]) -> None:
    assert type(head(by_method(HEAD=fixed(405), GET=answer))[0]) is expected


def test_content_by_digest_is_compared_with_the_digest() -> None:
    other = PINNED._replace(digest=WRONG)
    assert isinstance(head(manifest, other)[0], DigestMismatch)
    assert head(manifest, PINNED)[0] == Content(DIGEST, OCI_INDEX)


def test_a_pin_by_another_algorithm_is_checked_by_that_algorithm() -> None:
    pin = f"sha512:{sha512(INDEX).hexdigest()}"
    assert head(manifest, PINNED._replace(digest=pin))[0] == FETCHED._replace(digest=pin)
    assert isinstance(head(manifest, PINNED._replace(digest="sha512:" + "0" * 128))[0], DigestMismatch)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"errors": [{"code": "NAME_INVALID", "message": "hunter2"}]}', "400 NAME_INVALID"),
        (b'{"errors": [{"code": "HUNTER2"}]}', "400;"),
        (b'{"errors": []}', "400;"),
        (b"[" * 10_000, "400;"),
        (b"\xff", "400;"),
    ],
)
def test_only_known_words_of_an_error_are_repeated(body: bytes, shown: str) -> None:
    error, _ = head(fixed(400, body))
    assert shown in error.detail
    assert "hunter2" not in error.detail.lower()


class TokenRegistry:
    """A registry whose manifests need a token of its own server."""

    def __init__(self, realm: str = "https://reg.example/token", **answers: Any) -> None:
        self.realm = realm
        self.issued = 0
        self.valid: set[str] = set()
        self.answers = answers
        self.token_requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if "/manifests/" not in request.url.path:
            return self.token(request)
        if request.headers.get("authorization", "").removeprefix("Bearer ") in self.valid:
            return manifest(request)
        challenge = f'Bearer realm="{self.realm}",service="the service",scope="repository:other:push"'
        return reply(401, {"www-authenticate": challenge})

    def token(self, request: httpx.Request) -> httpx.Response:
        self.token_requests.append(request)
        if "status" in self.answers:
            return reply(self.answers["status"], {}, self.answers.get("body", b""))
        self.issued += 1
        token = f"token-{self.issued}"
        self.valid.add(token)
        fields = {self.answers.get("field", "token"): token, "expires_in": self.answers.get("expires_in", 300)}
        return reply(200, {}, json.dumps(fields).encode())


@pytest.mark.parametrize("field", ["token", "access_token"])
def test_a_token_is_asked_for(field: str) -> None:
    registry = TokenRegistry(field=field)
    content, network = head(registry)
    assert content == Content(DIGEST, OCI_INDEX)
    assert [request.method for request in network.requests] == ["HEAD", "GET", "HEAD"]
    [request] = registry.token_requests
    assert dict(request.url.params) == {"service": "the service", "scope": "repository:team/app:pull"}
    assert "authorization" not in request.headers


def test_the_realm_does_not_choose_the_scope() -> None:
    registry = TokenRegistry("https://reg.example/token?scope=registry:catalog:*&account=x&service=evil")
    head(registry)
    assert parse_qs(registry.token_requests[0].url.query.decode()) == {
        "service": ["the service"],
        "scope": ["repository:team/app:pull"],
        "account": ["x"],
    }


def test_the_scope_on_a_mirror_has_the_prefix() -> None:
    registry = TokenRegistry("https://m.example/token")
    head(registry, mirrors={"*": "https://m.example/cache"})
    assert registry.token_requests[0].url.params["scope"] == "repository:cache/team/app:pull"


def heads(handler: Handler, references: list[Reference], clock: FakeClock | None = None, **options: Any) -> StubNetwork:
    network = StubNetwork(handler)

    async def work(client: RegistryClient) -> None:
        await asyncio.gather(*map(client.head, references), return_exceptions=True)

    ask(network, work, clock, **options)
    return network


def test_a_hundred_tags_cost_one_token_and_one_challenge() -> None:
    registry = TokenRegistry()
    network = heads(registry, [TAGGED._replace(tag=str(number)) for number in range(100)])
    assert len(registry.token_requests) == 1
    assert len(network.urls("HEAD")) == 101
    assert 1 < network.most <= 8


def test_each_repository_has_its_own_token() -> None:
    registry = TokenRegistry()
    network = heads(registry, [parse(f"reg.example/app{number}:1") for number in range(10)])
    assert len(registry.token_requests) == 10
    assert len(network.urls("HEAD")) == 11


@pytest.mark.parametrize(("expires_in", "pause", "tokens"), [(300, 100, 1), (300, 295, 2), (0, 30, 1), ("x", 70, 2)])
def test_a_token_is_used_until_it_expires(expires_in: object, pause: float, tokens: int) -> None:
    registry, clock = TokenRegistry(expires_in=expires_in), FakeClock()

    async def work(client: RegistryClient) -> None:
        await client.head(TAGGED)
        await clock.sleep(pause)
        await client.head(TAGGED._replace(tag="2"))

    ask(StubNetwork(registry), work, clock)
    assert registry.issued == tokens


def test_a_token_that_ends_before_its_time_is_replaced_once() -> None:
    registry = TokenRegistry()

    async def work(client: RegistryClient) -> None:
        await client.head(TAGGED)
        registry.valid.clear()
        await asyncio.gather(*(client.head(TAGGED._replace(tag=str(number))) for number in range(10)))

    ask(StubNetwork(registry), work)
    assert registry.issued == 2


def test_a_token_that_opens_nothing_is_not_replaced() -> None:
    registry = TokenRegistry(status=200, body=b'{"token": "useless"}')
    network = heads(registry, [TAGGED._replace(tag=str(number)) for number in range(5)])
    assert len(registry.token_requests) == 1
    assert len(network.urls("HEAD")) == 6
    error, _ = head(registry)
    assert isinstance(error, Unauthorized)
    assert "docker login reg.example" in error.detail


BAD_TOKENS: list[tuple[int, bytes, str]] = [
    (200, b"<html>", "unauthorized"),
    (200, b"[]", "unauthorized"),
    (200, b"{}", "unauthorized"),
    (200, b'{"token": ""}', "unauthorized"),
    (200, b'{"token": 5}', "unauthorized"),
    (200, b'{"token": "a\\r\\nX-Evil: b"}', "unauthorized"),
    (200, b"[" * 50_000, "unauthorized"),
    (200, b"x" * 70_000, "too-large"),
    (400, b"", "unauthorized"),
    (401, b"", "unauthorized"),
    (403, b"", "denied"),
    (404, b"", "unauthorized"),
    (429, b"", "rate-limited"),
    (500, b"", "unreachable"),
    (307, b"", "redirect-refused"),
]


@pytest.mark.parametrize(("status", "body", "reason"), BAD_TOKENS)
def test_what_a_token_server_may_come_to(status: int, body: bytes, reason: str) -> None:
    registry = TokenRegistry(status=status, body=body)
    error, _ = head(registry)
    assert error.reason == reason
    assert "X-Evil" not in error.detail


def docker_config(**auths: Any) -> dict[str, str]:
    return {"DOCKER_AUTH_CONFIG": json.dumps({"auths": auths})}


BASIC = base64.b64encode(b"me:hunter2").decode()
PASSWORD = docker_config(**{"reg.example": {"auth": BASIC}})
IDENTITY = docker_config(**{"reg.example": {"identitytoken": "idt"}})


def test_a_password_goes_to_the_token_server() -> None:
    registry = TokenRegistry()
    content, network = head(registry, environ=PASSWORD)
    assert content == Content(DIGEST, OCI_INDEX)
    assert registry.token_requests[0].headers["authorization"] == f"Basic {BASIC}"
    assert [request.headers.get("authorization") for request in network.requests] == [
        None,
        f"Basic {BASIC}",
        "Bearer token-1",
    ]


def test_an_identity_token_is_posted() -> None:
    registry = TokenRegistry()
    head(registry, environ=IDENTITY)
    [request] = registry.token_requests
    assert (request.method, str(request.url)) == ("POST", "https://reg.example/token")
    assert parse_qs(request.read().decode()) == {
        "grant_type": ["refresh_token"],
        "service": ["the service"],
        "client_id": ["pinner"],
        "scope": ["repository:team/app:pull"],
        "refresh_token": ["idt"],
    }


@pytest.mark.parametrize("status", [400, 401, 404, 405, 501])
def test_an_identity_token_goes_by_get_where_post_is_not_known(status: int) -> None:
    registry = TokenRegistry()

    def handler(request: httpx.Request) -> httpx.Response:
        return reply(status) if request.method == "POST" else registry(request)

    content, _ = head(handler, environ=IDENTITY)
    assert content == Content(DIGEST, OCI_INDEX)
    expected = base64.b64encode(b"<token>:idt").decode()
    assert registry.token_requests[0].headers["authorization"] == f"Basic {expected}"


def test_a_form_is_not_sent_to_a_second_place() -> None:
    registry = TokenRegistry()

    def handler(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return reply(307, {"location": "https://evil.example/token"})
        return registry(request)

    error, network = head(handler, environ=IDENTITY)
    assert isinstance(error, Unauthorized)
    assert not any("evil" in url for url in network.urls())


def test_refused_credentials_are_shown_once() -> None:
    registry = TokenRegistry(status=401)
    network = heads(registry, [TAGGED._replace(tag=str(number)) for number in range(20)], environ=PASSWORD)
    assert len(registry.token_requests) == 1
    assert len(network.urls("HEAD")) == 20
    error, _ = head(registry, environ=PASSWORD)
    assert "refuses the credentials from DOCKER_AUTH_CONFIG" in error.detail


MANY = [parse(f"reg.example/team/app{number}:1") for number in range(20)]


@pytest.mark.parametrize("announced", [False, True])
def test_refused_credentials_are_not_tried_on_the_next_repository(announced: bool) -> None:
    registry = TokenRegistry(status=401)

    async def work(client: RegistryClient) -> list[Any]:
        client.expect(MANY if announced else [])
        return await asyncio.gather(*map(client.head, MANY), return_exceptions=True)

    errors = ask(StubNetwork(registry), work, environ=PASSWORD)
    assert len(registry.token_requests) == 1 + announced  # once more, lest it were the number of scopes
    assert {type(error) for error in errors} == {CredentialsRefused}


def test_credentials_that_were_taken_once_are_not_given_up() -> None:
    registry = TokenRegistry()

    def handler(request: httpx.Request) -> httpx.Response:
        return reply(401) if "team/app1:" in request.url.params.get("scope", "") else registry(request)

    network = heads(handler, MANY, environ=PASSWORD)
    assert len(registry.token_requests) == 19
    assert len([url for url in network.urls("GET") if "/token" in url]) == 20


def test_credentials_that_do_not_open_the_repository() -> None:
    registry = TokenRegistry(status=200, body=b'{"token": "useless"}')
    assert isinstance(head(registry, environ=PASSWORD)[0], Denied)


def basic_registry(request: httpx.Request) -> httpx.Response:
    if request.headers.get("authorization") == f"Basic {BASIC}":
        return manifest(request)
    return reply(401, {"www-authenticate": 'BASIC realm="x"'})


def test_basic() -> None:
    network = heads(basic_registry, [TAGGED._replace(tag=str(number)) for number in range(5)], environ=PASSWORD)
    assert len(network.requests) == 6
    assert head(basic_registry, environ=PASSWORD)[0] == Content(DIGEST, OCI_INDEX)


def test_basic_without_and_with_wrong_credentials() -> None:
    error, _ = head(basic_registry)
    assert isinstance(error, Unauthorized)
    assert "docker login reg.example" in error.detail
    wrong = docker_config(**{"reg.example": {"username": "me", "password": "wrong"}})
    error, network = head(basic_registry, environ=wrong)
    assert "refuses the credentials" in error.detail
    assert len(network.requests) == 2


def test_a_refused_password_is_not_tried_on_the_next_repository() -> None:
    wrong = docker_config(**{"reg.example": {"username": "me", "password": "wrong"}})
    network = heads(basic_registry, MANY, environ=wrong)
    assert sum("authorization" in request.headers for request in network.requests) == 1
    assert len(network.requests) == 21


def test_a_password_that_was_taken_once_is_not_given_up() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        challenge = reply(401, {"www-authenticate": "Basic"})
        return challenge if "team/app1/" in request.url.path else basic_registry(request)

    network = heads(handler, MANY, environ=PASSWORD)
    assert sum("authorization" in request.headers for request in network.requests) == 20


def test_an_identity_token_is_no_password() -> None:
    error, network = head(basic_registry, environ=IDENTITY)
    assert isinstance(error, Unauthorized)
    assert len(network.requests) == 1


def test_a_registry_token_is_used_as_it_is() -> None:
    registry = TokenRegistry()
    registry.valid.add("rt")
    content, _ = head(registry, environ=docker_config(**{"reg.example": {"registrytoken": "rt"}}))
    assert content == Content(DIGEST, OCI_INDEX)
    assert registry.token_requests == []
    registry.valid.clear()
    error, _ = head(registry, environ=docker_config(**{"reg.example": {"registrytoken": "rt"}}))
    assert isinstance(error, Denied)


def test_credentials_of_a_mirror_are_those_of_its_host() -> None:
    registry = TokenRegistry("https://m.example/token")
    environ = docker_config(**{"reg.example": {"auth": BASIC}, "m.example/cache": {"username": "m", "password": "x"}})
    head(registry, environ=environ, mirrors={"*": "https://m.example/cache"})
    expected = base64.b64encode(b"m:x").decode()
    assert registry.token_requests[0].headers["authorization"] == f"Basic {expected}"


def test_why_credentials_were_not_found_is_told() -> None:
    error, _ = head(basic_registry, environ={"DOCKER_AUTH_CONFIG": "{"})
    assert "the credentials in DOCKER_AUTH_CONFIG are not a JSON object" in error.detail


def test_credentials_are_not_shown_to_a_foreign_realm() -> None:
    registry = TokenRegistry("https://auth.example/token")
    error, network = head(registry, environ=PASSWORD)
    assert isinstance(error, RealmNotTrusted)
    assert not registry.token_requests
    assert head(registry)[0] == Content(DIGEST, OCI_INDEX)
    content, _ = head(registry, environ=PASSWORD, trusted_realms=("auth.example",))
    assert content == Content(DIGEST, OCI_INDEX)
    assert len(network.requests) == 1


@pytest.mark.parametrize("realm", ["http://reg.example/token", "https://internal.example/", "ftp://x/", "https://[::"])
def test_realms_that_are_not_asked(realm: str) -> None:
    error, network = head(TokenRegistry(realm), known={"internal.example": "10.0.0.1"})
    assert isinstance(error, RealmNotTrusted)
    assert len(network.requests) == 1


@pytest.mark.parametrize(
    "challenge",
    ["", "Negotiate", "Bearer", 'Bearer realm=""', 'Bearer service="x"', 'Digest realm="x"', "\x00", "=,=,="],
)
def test_challenges_without_an_answer(challenge: str) -> None:
    error, network = head(fixed(401, www_authenticate=challenge))
    assert isinstance(error, Unauthorized)
    assert len(network.requests) == 1


def redirecting(location: str, status: int = 307) -> Handler:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host == "reg.example" and "/manifests/" in request.url.path:
            return reply(status, {"location": location})
        return manifest(request)

    return handler


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["https://cdn.example/x", "/elsewhere", "//cdn.example/x"])
def test_redirects_are_followed(status: int, location: str) -> None:
    content, network = head(redirecting(location, status))
    assert content == Content(DIGEST, OCI_INDEX)
    assert network.urls("HEAD")[1].endswith(("/x", "/elsewhere"))


@pytest.mark.parametrize(
    "location",
    ["", "http://reg.example/x", "https://internal.example/x", "https://127.0.0.1/x", "file:///x"],
)
def test_redirects_that_are_not_followed(location: str) -> None:
    error, network = head(redirecting(location), known={"internal.example": "10.0.0.1"})
    assert isinstance(error, RedirectRefused)
    assert len(network.requests) == 1


def test_a_loop_ends() -> None:
    error, network = head(redirecting("https://reg.example/v2/x/manifests/y"))
    assert isinstance(error, RedirectRefused)
    assert len(network.requests) == 6


def test_authorization_does_not_cross_a_redirect() -> None:
    registry = TokenRegistry()

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host != "reg.example":
            return manifest(request)
        answer = registry(request)
        return (
            reply(307, {"location": "https://cdn.example/x"}) if answer.headers.get("docker-content-digest") else answer
        )

    content, network = head(handler, environ=PASSWORD)
    assert content == Content(DIGEST, OCI_INDEX)
    foreign = [request for request in network.requests if request.url.host != "reg.example"]
    assert foreign
    assert not any("authorization" in request.headers for request in foreign)


def test_a_challenge_behind_a_redirect_is_answered_by_nobody_in_particular() -> None:
    behind = TokenRegistry("https://ghcr.example/token")

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host == "reg.example":
            return reply(307, {"location": "https://ghcr.example/v2/real/app/manifests/1"})
        return behind(request)

    environ = docker_config(**{"reg.example": {"auth": BASIC}, "ghcr.example": {"auth": BASIC}})
    content, _ = head(handler, environ=environ)
    assert content == Content(DIGEST, OCI_INDEX)
    [request] = behind.token_requests
    assert request.url.params["scope"] == "repository:real/app:pull"
    assert "authorization" not in request.headers


def test_a_token_server_that_redirects_does_not_pass_the_password_on() -> None:
    registry = TokenRegistry()

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token" and request.url.host == "reg.example":
            return reply(302, {"location": "https://auth.example/issue"})
        return registry(request)

    content, network = head(handler, environ=PASSWORD)
    assert content == Content(DIGEST, OCI_INDEX)
    [foreign] = [request for request in network.requests if request.url.host == "auth.example"]
    assert "authorization" not in foreign.headers


def test_cookies_are_not_kept() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        assert "cookie" not in request.headers
        answer = manifest(request)
        answer.headers["set-cookie"] = "session=1"
        return answer

    network = heads(handler, [TAGGED._replace(tag=str(number)) for number in range(3)])
    assert len(network.requests) == 3


LOCAL = parse("localhost:5000/app:1")


def only(scheme: str, otherwise: Handler) -> Handler:
    return lambda request: manifest(request) if request.url.scheme == scheme else otherwise(request)


def raising(error: Exception) -> Handler:
    def handler(request: httpx.Request) -> httpx.Response:
        raise error

    return handler


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


@pytest.mark.parametrize("problem", [NameNotFound("x"), httpx.ConnectError("x")])
def test_a_hundred_hosts_without_a_network_are_not_waited_for(problem: Exception) -> None:
    clock = FakeClock()
    references = [parse(f"host{number}.example/app:1") for number in range(100)]
    network = heads(raising(problem), references, clock)
    assert len(network.requests) <= 200
    assert sum(clock.slept) <= 100 * 0.1
    assert max(clock.slept, default=0) <= 0.1


def test_an_insecure_registry_may_speak_plain_http() -> None:
    content, network = head(only("http", raising(httpx.ConnectError("x"))), insecure=("reg.example",))
    assert content == Content(DIGEST, OCI_INDEX)
    content, network = head(only("http", raising(httpx.ConnectError("x"))))
    assert isinstance(content, Unreachable)
    assert not any(url.startswith("http:") for url in network.urls())


def test_a_host_that_makes_no_url() -> None:
    assert isinstance(head(manifest, Reference("host:99999", "a", "1"))[0], Unreachable)


def test_the_pulls_that_are_left_are_told_when_they_change() -> None:
    lines: list[str] = []
    left = iter(["100;w=21600", "100;w=21600", "99;w=21600", "junk", ""])

    def handler(request: httpx.Request) -> httpx.Response:
        return reply(200, {**FIELDS, "ratelimit-remaining": next(left)})

    heads(handler, [TAGGED._replace(tag=str(number)) for number in range(5)], log=lines.append, jobs=1)
    assert [line for line in lines if "left" in line] == ["reg.example: 100 pulls left", "reg.example: 99 pulls left"]


header_text = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=40)
header_names = st.sampled_from(
    "content-type docker-content-digest www-authenticate location retry-after content-length ratelimit-remaining "
    "content-encoding".split()
)
interesting = st.sampled_from(
    [
        OCI_INDEX,
        DIGEST,
        "application/json",
        "Bearer realm=/token",
        'Basic realm="x"',
        "/",
        "//x",
        "https://a",
        "-1",
        "9" * 30,
    ]
)
responses = st.tuples(
    st.sampled_from([200, 200, 200, 204, 301, 307, 400, 401, 403, 404, 405, 418, 429, 500, 503]),
    st.dictionaries(header_names, interesting | header_text, max_size=5),
    st.binary(max_size=50) | st.sampled_from([INDEX, b'{"token": "t"}', b"{}", b"[]"]),
)


@hypothesis_settings(deadline=None)
@given(st.lists(responses, min_size=1, max_size=8), st.sampled_from([{}, PASSWORD, IDENTITY]), st.booleans())
def test_any_sequence_of_answers_ends_in_content_or_a_reason(
    script: list[tuple[int, dict[str, str], bytes]], environ: dict[str, str], by_digest: bool
) -> None:
    turns = iter(range(10**6))

    def handler(request: httpx.Request) -> httpx.Response:
        status, fields, body = script[next(turns) % len(script)]
        return reply(status, {name: value.encode("latin-1") for name, value in fields.items()}, body)  # type: ignore[misc]

    result, network = head(handler, PINNED if by_digest else TAGGED, environ=environ)
    assert len(network.requests) < 300
    if isinstance(result, RegistryError):
        assert result.detail.isprintable()
        assert "hunter2" not in result.detail
    else:
        assert result.digest

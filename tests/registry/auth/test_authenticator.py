"""The flow of challenges, tokens and credentials."""

import asyncio
import base64
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from pinner.model.reference import Reference, parse
from pinner.registry.client import RegistryClient
from pinner.registry.errors import CredentialsRefused, Denied, RealmNotTrusted, Unauthorized
from pinner.registry.manifest import OCI_INDEX, Content
from tests.registry.registries import (
    BASIC,
    IDENTITY,
    PASSWORD,
    TAGGED,
    TokenRegistry,
    docker_config,
    fixed,
    head,
    heads,
)
from tests.registry.stub import DIGEST, FakeClock, Handler, StubNetwork, ask, manifest, reply


@pytest.mark.parametrize("field", ["token", "access_token"])
def test_a_token_is_asked_for(field: str) -> None:
    registry = TokenRegistry(field=field)
    content, network = head(registry)
    assert content == Content(DIGEST, OCI_INDEX)
    assert [request.method for request in network.requests] == ["HEAD", "GET", "HEAD"]
    [request] = registry.token_requests
    assert dict(request.url.params) == {"service": "the service", "scope": "repository:team/app:pull"}
    assert "authorization" not in request.headers


@pytest.mark.parametrize(("service", "asked"), [("the service", "the service"), ("", "other")])
def test_the_realm_does_not_choose_the_scope(service: str, asked: str) -> None:
    registry = TokenRegistry(
        "https://reg.example/token?scope=registry:catalog:*&account=x&service=other", service=service
    )
    head(registry)
    assert parse_qs(registry.token_requests[0].url.query.decode()) == {
        "service": [asked],
        "scope": ["repository:team/app:pull"],
        "account": ["x"],
    }


def test_the_scope_on_a_mirror_has_the_prefix() -> None:
    registry = TokenRegistry("https://m.example/token")
    head(registry, mirrors={"*": "https://m.example/cache"})
    assert registry.token_requests[0].url.params["scope"] == "repository:cache/team/app:pull"


def test_a_hundred_tags_cost_one_token_and_one_challenge() -> None:
    registry = TokenRegistry()
    network = heads(registry, [TAGGED._replace(tag=str(number)) for number in range(100)])
    assert len(registry.token_requests) == 1
    assert len(network.urls("HEAD")) == 101
    assert 1 < network.most <= 16


def test_each_repository_has_its_own_token() -> None:
    registry = TokenRegistry()
    network = heads(registry, [parse(f"reg.example/app{number}:1") for number in range(10)])
    assert len(registry.token_requests) == 10
    assert len(network.urls("HEAD")) == 11


@pytest.mark.parametrize(
    ("expires_in", "pause", "tokens"),
    [(300, 100, 1), (300, 295, 2), (0, 30, 1), ("x", 70, 2), pytest.param(10**400, 70, 1, id="401 digits")],
)
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
    assert len(network.urls("HEAD")) == 2
    error, _ = head(registry)
    assert isinstance(error, Unauthorized)
    assert "docker login reg.example" in error.detail


def test_a_token_whose_time_ends_while_it_waits_is_replaced() -> None:
    registry, clock = TokenRegistry(expires_in=60), FakeClock()

    def handler(request: httpx.Request) -> httpx.Response:
        if request.method == "HEAD" and registry.issued == 1 and "authorization" in request.headers:
            registry.valid.clear()
            clock.seconds += 60
        return registry(request)

    content = ask(StubNetwork(handler), lambda client: client.head(TAGGED), clock)
    assert content == Content(DIGEST, OCI_INDEX)
    assert registry.issued == 2


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
    assert len(network.urls("HEAD")) == 1
    error, _ = head(registry, environ=PASSWORD)
    assert "refuses the credentials from DOCKER_AUTH_CONFIG" in error.detail


MANY = [parse(f"reg.example/team/app{number}:1") for number in range(20)]


def test_refused_credentials_are_not_tried_on_the_next_repository() -> None:
    registry = TokenRegistry(status=401)

    async def work(client: RegistryClient) -> list[Any]:
        return await asyncio.gather(*map(client.head, MANY), return_exceptions=True)

    errors = ask(StubNetwork(registry), work, environ=PASSWORD)
    assert len(registry.token_requests) == 1
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


WRONG_PASSWORD = docker_config(**{"reg.example": {"username": "me", "password": "wrong"}})


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
    assert [request.headers.get("authorization") is not None for request in network.requests] == [False, True]


def errors_of(handler: Handler, references: list[Reference], **changes: Any) -> tuple[list[Any], StubNetwork]:
    async def work(client: RegistryClient) -> list[Any]:
        return await asyncio.gather(*map(client.head, references), return_exceptions=True)

    network = StubNetwork(handler)
    return ask(network, work, **changes), network


@pytest.mark.parametrize(
    ("handler", "environ", "asked"),
    [
        (TokenRegistry("https://auth.example/token"), PASSWORD, 1),
        (TokenRegistry("https://internal.example/"), {}, 1),
        (TokenRegistry(status=401), PASSWORD, 2),
        (basic_registry, WRONG_PASSWORD, 2),
        (basic_registry, {}, 20),
        (TokenRegistry(status=401), {}, 40),
    ],
    ids=["foreign realm", "private realm", "refused by the realm", "refused", "no credentials", "no token"],
)
def test_what_is_refused_for_a_host_has_one_reason(handler: Handler, environ: dict[str, str], asked: int) -> None:
    errors, network = errors_of(handler, MANY, environ=environ, known={"internal.example": "10.0.0.1"})
    assert len({(type(each), str(each)) for each in errors}) == 1
    assert len(network.requests) == asked


def test_what_is_refused_for_a_repository_is_not_asked_for_each_tag() -> None:
    errors, network = errors_of(basic_registry, [TAGGED._replace(tag=str(number)) for number in range(20)])
    assert {type(each) for each in errors} == {Unauthorized}
    assert len(network.requests) == 1


@pytest.mark.parametrize("environ", [WRONG_PASSWORD, {}], ids=["wrong", "none"])
def test_a_registry_with_public_repositories_is_asked_for_each(environ: dict[str, str]) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return (
            basic_registry(request)
            if int(request.url.path.split("/")[3].removeprefix("app")) % 2
            else manifest(request)
        )

    public_first = [parse(f"reg.example/team/app{number}:1") for number in range(10)]
    errors, _ = errors_of(handler, public_first, environ=environ)
    assert [isinstance(each, Content) for each in errors] == [True, False] * 5


def test_a_repository_that_was_open_before_is_asked_again() -> None:
    registry = TokenRegistry()

    def handler(request: httpx.Request) -> httpx.Response:
        is_refused = request.url.path.endswith("/manifests/3")
        return reply(401, {"www-authenticate": 'Bearer realm="/token"'}) if is_refused else registry(request)

    errors, _ = errors_of(handler, [TAGGED._replace(tag=str(number)) for number in range(6)])
    assert [isinstance(each, Content) for each in errors] == [True] * 3 + [False] + [True] * 2


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

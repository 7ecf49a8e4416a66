"""One token for several repositories: where servers grant it, and where they do not."""

import asyncio
import base64
import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.reference import Reference, parse
from pinner.registry.client import RegistryClient
from pinner.registry.content import Content
from pinner.registry.errors import RegistryError
from pinner.registry.keyring import MAX_NAMES, MAX_SHARED
from tests.registry.stub import FakeClock, Handler, StubNetwork, ask, manifest, reply

Grants = Callable[[Sequence[str]], Sequence[str]]


def everything(scopes: Sequence[str]) -> Sequence[str]:
    return scopes


def first(scopes: Sequence[str]) -> Sequence[str]:
    return scopes[:1]


def last(scopes: Sequence[str]) -> Sequence[str]:
    return scopes[-1:]


class TokenRequest(NamedTuple):
    repositories: list[str]
    authorization: str | None


class Registry:
    """A registry and its token server, which grants what `grants` says. `odd` answers requests for several scopes.

    Repositories named `private…` open for nobody. One that a token does not open is refused with `refusal`.
    """

    def __init__(self, grants: Grants = everything, refusal: int = 401, odd: httpx.Response | None = None) -> None:
        self.asked: list[TokenRequest] = []
        self.expires_in = 300
        self._grants = grants
        self._refusal = refusal
        self._odd = odd
        self._granted: dict[str, set[str]] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return self._token(request)
        repository = request.url.path.removeprefix("/v2/").partition("/manifests/")[0]
        authorization = request.headers.get("authorization")
        if authorization and repository in self._granted.get(authorization, ()):
            return reply(404) if "missing" in request.url.path else manifest(request)
        fields = {"www-authenticate": 'Bearer realm="https://reg.example/token",service="s"'}
        return reply(self._refusal if authorization else 401, fields)

    def _token(self, request: httpx.Request) -> httpx.Response:
        fields = parse_qs(request.read().decode() or request.url.query.decode())
        scopes = [scope for field in fields["scope"] for scope in field.split(" ")]
        assert all(scope.startswith("repository:") and scope.endswith(":pull") for scope in scopes)
        repositories = [scope.removeprefix("repository:").removesuffix(":pull") for scope in scopes]
        self.asked.append(TokenRequest(repositories, request.headers.get("authorization")))
        if self._odd and len(repositories) > 1:
            return reply(self._odd.status_code, dict(self._odd.headers), b"{}")
        token = f"token-{len(self.asked)}"
        self._granted[f"Bearer {token}"] = {each for each in self._grants(repositories) if "private" not in each}
        return reply(200, {}, json.dumps({"token": token, "expires_in": self.expires_in}).encode())

    def forget(self) -> None:
        """Take no more of the tokens that were issued."""
        self._granted.clear()


def run(
    registry: Handler, references: Sequence[Reference], expected: Sequence[Reference] | None = None, **options: Any
) -> tuple[list[Content | RegistryError], StubNetwork]:
    """What becomes of `references`, all asked at once after they, or `expected`, were announced."""

    async def one(client: RegistryClient, reference: Reference) -> Content | RegistryError:
        try:
            return await client.head(reference)
        except RegistryError as error:
            return error

    async def work(client: RegistryClient) -> list[Content | RegistryError]:
        client.expect(references if expected is None else expected)
        return await asyncio.gather(*(one(client, reference) for reference in references))

    network = StubNetwork(registry)
    return ask(network, work, **options), network


def images(count: int, tags: int = 1) -> list[Reference]:
    return [parse(f"reg.example/team/app{number}:{tag}") for tag in range(tags) for number in range(count)]


def reasons(results: Sequence[Content | RegistryError]) -> list[str]:
    return [each.reason if isinstance(each, RegistryError) else "" for each in results]


def test_ten_repositories_share_a_token() -> None:
    registry = Registry()
    results, network = run(registry, images(50, tags=4))
    assert not any(reasons(results))
    assert len(registry.asked) == 5
    assert all(len(each.repositories) == MAX_SHARED for each in registry.asked)
    assert len(network.urls("HEAD")) == 201


def test_nothing_is_shared_that_was_not_announced() -> None:
    registry = Registry()
    run(registry, images(5), expected=[])
    assert all(len(each.repositories) == 1 for each in registry.asked)
    assert len(registry.asked) == 5


def test_no_more_is_asked_for_than_was_announced() -> None:
    registry = Registry()
    elsewhere = [parse("other.example/team/app:1"), parse("team/app:1")]
    run(registry, images(3), expected=[*images(3), *elsewhere])
    assert [sorted(each.repositories) for each in registry.asked] == [["team/app0", "team/app1", "team/app2"]]


def test_a_host_that_makes_no_url_is_announced_in_vain() -> None:
    results, _ = run(Registry(), [Reference("host:99999", "a", "1")])
    assert reasons(results) == ["unreachable"]


def test_long_names_make_short_requests() -> None:
    registry = Registry()
    name = "x" * 120
    results, network = run(registry, [parse(f"reg.example/{name}/{name}/{number}:1") for number in range(20)])
    assert not any(reasons(results))
    assert all(sum(map(len, each.repositories)) <= MAX_NAMES for each in registry.asked)
    assert all(len(url) < 2048 for url in network.urls("GET"))
    assert len(registry.asked) == 5


ODD_ANSWERS = [*map(httpx.Response, (400, 401, 403, 404, 405, 413, 414)), httpx.Response(200)]


@pytest.mark.parametrize("refusal", [401, 403, 404])
@pytest.mark.parametrize("grants", [first, last])
def test_a_server_that_grants_one_scope_is_found_out_at_once(grants: Grants, refusal: int) -> None:
    registry = Registry(grants, refusal)
    results, network = run(registry, images(50, tags=4))
    assert not any(reasons(results))
    assert len(registry.asked) == 51
    assert len(network.urls("HEAD")) == 202


@pytest.mark.parametrize("odd", ODD_ANSWERS, ids=lambda odd: str(odd.status_code))
def test_a_server_that_refuses_several_scopes_is_asked_for_one(odd: httpx.Response) -> None:
    registry = Registry(odd=odd)
    results, network = run(registry, images(50, tags=4))
    assert not any(reasons(results))
    assert sum(len(each.repositories) == 1 for each in registry.asked) == 50
    assert len({tuple(each.repositories) for each in registry.asked}) == 51
    assert len(network.urls("HEAD")) == 201


@pytest.mark.parametrize("refusal", [401, 403, 404])
@pytest.mark.parametrize("place", [0, 3, 49])
def test_a_private_repository_does_not_spoil_the_others(place: int, refusal: int) -> None:
    references = images(50, tags=4)
    references.insert(place, parse("reg.example/private:1"))
    registry = Registry(refusal=refusal)
    results, _ = run(registry, references)
    assert [index for index, reason in enumerate(reasons(results)) if reason] == [place]
    assert [each.repositories for each in registry.asked].count(["private"]) == 1
    assert len(registry.asked) <= 7


def test_a_private_repository_that_spoils_the_request_does_not_spoil_the_others() -> None:
    registry = Registry()

    def handler(request: httpx.Request) -> httpx.Response:
        return reply(403) if "private" in request.url.query.decode() else registry(request)

    results, _ = run(handler, [*images(5), parse("reg.example/private:1"), *images(5, tags=2)])
    assert reasons(results) == [*[""] * 5, "denied", *[""] * 10]
    assert [len(each.repositories) for each in registry.asked] == [1] * 5


def test_a_missing_tag_does_not_spoil_the_others() -> None:
    registry = Registry()
    results, _ = run(registry, [parse("reg.example/team/app7:missing"), *images(50, tags=2)])
    assert reasons(results) == ["not-found", *[""] * 100]
    assert len(registry.asked) == 6


def test_a_404_stands_where_the_token_has_opened_the_repository() -> None:
    async def work(client: RegistryClient) -> None:
        client.expect(images(10))
        await client.head(images(1)[0])
        with pytest.raises(RegistryError):
            await client.head(images(1)[0]._replace(tag="missing"))

    registry = Registry()
    ask(StubNetwork(registry), work)
    assert len(registry.asked) == 1


def test_a_shared_token_that_ends_is_replaced_by_a_shared_one() -> None:
    async def work(client: RegistryClient) -> None:
        client.expect(images(10))
        await asyncio.gather(*map(client.head, images(10)))
        for forget in (registry.forget, lambda: None):
            forget()
            await clock.sleep(registry.expires_in / 2)
            await asyncio.gather(*(client.head(each._replace(tag="2")) for each in images(10)))

    registry, clock = Registry(), FakeClock()
    ask(StubNetwork(registry), work, clock)
    assert [len(each.repositories) for each in registry.asked] == [10, 10]


def docker_config(**auths: Any) -> dict[str, str]:
    return {"DOCKER_AUTH_CONFIG": json.dumps({"auths": auths})}


def test_several_scopes_of_an_identity_token_are_one_list() -> None:
    registry = Registry()
    identity = docker_config(**{"reg.example": {"identitytoken": "idt"}})
    results, network = run(registry, images(10), environ=identity)
    assert not any(reasons(results))
    assert len(network.urls("POST")) == len(registry.asked) == 1
    assert len(registry.asked[0].repositories) == 10


def password(name: str) -> str:
    return base64.b64encode(f"{name}:secret".encode()).decode()


def test_repositories_of_different_credentials_share_nothing() -> None:
    auths = {f"reg.example/{name}": {"auth": password(name)} for name in ("red", "blue")}
    references = [parse(f"reg.example/{name}/app{n}:1") for n in range(20) for name in ("red", "blue", "open")]
    registry = Registry()
    results, _ = run(registry, references, environ=docker_config(**auths))
    assert not any(reasons(results))
    assert len(registry.asked) == 6
    for request in registry.asked:
        [name] = {repository.partition("/")[0] for repository in request.repositories}
        assert request.authorization == (None if name == "open" else f"Basic {password(name)}")


def test_two_registries_behind_one_mirror_share() -> None:
    registry = Registry()
    references = [parse("one.example/app:1"), parse("two.example/other:1")]
    mirrors = {"one.example": "https://reg.example/one", "two.example": "https://reg.example/two"}
    results, _ = run(registry, references, mirrors=mirrors)
    assert not any(reasons(results))
    assert [sorted(each.repositories) for each in registry.asked] == [["one/app", "two/other"]]


def test_a_registry_that_names_another_s_token_server_does_not_spoil_it() -> None:
    """It refuses what the token server grants, and so makes itself look as if that did not share."""
    good = Registry()

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host != "evil.example":
            return good(request)
        if "token-2" in request.headers.get("authorization", ""):
            return manifest(request)
        return reply(401, {"www-authenticate": 'Bearer realm="https://reg.example/token",service="s"'})

    async def work(client: RegistryClient) -> None:
        evil = [each._replace(registry="evil.example") for each in images(10)]
        client.expect([*evil, *images(50)])
        await asyncio.gather(*map(client.head, evil[:1]), return_exceptions=True)
        await asyncio.gather(*map(client.head, images(50)))

    ask(StubNetwork(handler), work)
    assert [len(each.repositories) for each in good.asked] == [10, 1, 10, 10, 10, 10, 10]


names = st.sampled_from(["red/a", "red/b", "red/private", "blue/a", "blue/b", "open/a", "open/b", "open/private"])
references_of_any_kind = st.lists(st.tuples(names, st.sampled_from(["1", "2", "missing"])), max_size=12)
servers = st.tuples(
    st.sampled_from([everything, first, last]), st.sampled_from([401, 403, 404]), st.sampled_from([None, *ODD_ANSWERS])
)


@given(references_of_any_kind, servers, st.sampled_from([1, 2, 8]))
def test_sharing_changes_no_result(
    chosen: list[tuple[str, str]], server: tuple[Grants, int, httpx.Response | None], jobs: int
) -> None:
    """What is announced changes how often a server is asked, never what comes of it, nor who asks for what."""
    auths = {f"reg.example/{name}": {"auth": password(name)} for name in ("red", "blue")}
    references = [parse(f"reg.example/{name}:{tag}") for name, tag in chosen]
    shared, single = Registry(*server), Registry(*server)
    options: dict[str, Any] = {"environ": docker_config(**auths), "jobs_per_host": jobs}
    with_sharing, _ = run(shared, references, **options)
    without, _ = run(single, references, expected=[], **options)
    assert reasons(with_sharing) == reasons(without)
    announced = {name for name, _ in chosen}
    for request in shared.asked:
        assert announced.issuperset(request.repositories)
        [name] = {repository.partition("/")[0] for repository in request.repositories}
        assert request.authorization == (None if name == "open" else f"Basic {password(name)}")
    alone = [each.repositories[0] for each in shared.asked if len(each.repositories) == 1]
    assert len(alone) == len(set(alone))

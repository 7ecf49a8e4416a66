"""One token a repository: how often a token server is asked, and what one repository does to the others."""

import asyncio
import base64
import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import httpx
import pytest

from pinner.model.reference import Reference, parse
from pinner.registry.client import RegistryClient
from pinner.registry.errors import RegistryError
from pinner.registry.manifest import Content
from tests.registry.stub import FakeClock, Handler, StubNetwork, ask, manifest, reply

CHALLENGE = {"www-authenticate": 'Bearer realm="https://reg.example/token",service="s"'}


class TokenRequest(NamedTuple):
    scopes: list[str]
    authorization: str | None


class Registry:
    """A registry and its token server. Repositories named `private…` open for nobody: they answer `refusal`.

    A token is taken `good_for` times; what is said then is `end`.
    """

    def __init__(self, refusal: int = 401, good_for: float = float("inf"), end: httpx.Response | None = None) -> None:
        self.asked: list[TokenRequest] = []
        self.expires_in = 300
        self._refusal = refusal
        self._good_for = good_for
        self._end = end or reply(401)
        self._taken: dict[str, int] = {}
        self._opens: dict[str, str] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return self._token(request)
        repository = request.url.path.removeprefix("/v2/").partition("/manifests/")[0]
        authorization = request.headers.get("authorization", "")
        if self._opens.get(authorization) != repository or "private" in repository:
            return reply(self._refusal if authorization else 401, CHALLENGE)
        self._taken[authorization] += 1
        if self._taken[authorization] > self._good_for:
            return reply(self._end.status_code, dict(self._end.headers), b"" if request.method == "HEAD" else DENIED)
        return reply(404) if "missing" in request.url.path else manifest(request)

    def _token(self, request: httpx.Request) -> httpx.Response:
        fields = parse_qs(request.read().decode() or request.url.query.decode())
        self.asked.append(TokenRequest(fields["scope"], request.headers.get("authorization")))
        token = f"token-{len(self.asked)}"
        repository = fields["scope"][0].removeprefix("repository:").removesuffix(":pull")
        self._taken[f"Bearer {token}"], self._opens[f"Bearer {token}"] = 0, repository
        return reply(200, {}, json.dumps({"token": token, "expires_in": self.expires_in}).encode())

    def forget(self) -> None:
        """Take no more of the tokens that were issued."""
        self._opens.clear()


DENIED = b'{"errors": [{"code": "DENIED", "message": "Your authorization token has expired."}]}'


def run(
    registry: Handler, references: Sequence[Reference], **options: Any
) -> tuple[list[Content | RegistryError], StubNetwork]:
    """What becomes of `references`, all asked at once."""

    async def one(client: RegistryClient, reference: Reference) -> Content | RegistryError:
        try:
            return await client.head(reference)
        except RegistryError as error:
            return error

    async def work(client: RegistryClient) -> list[Content | RegistryError]:
        return await asyncio.gather(*(one(client, reference) for reference in references))

    network = StubNetwork(registry)
    return ask(network, work, **options), network


def images(count: int, tags: int = 1) -> list[Reference]:
    return [parse(f"reg.example/team/app{number}:{tag}") for tag in range(tags) for number in range(count)]


def reasons(results: Sequence[Content | RegistryError]) -> list[str]:
    return [each.reason if isinstance(each, RegistryError) else "" for each in results]


def scopes(registry: Registry) -> list[str]:
    """What was asked for, each request with one scope."""
    return [scope for each in registry.asked for [scope] in [each.scopes]]


def test_thirteen_tags_of_one_repository_cost_one_token() -> None:
    registry = Registry()
    results, network = run(registry, images(1, tags=13))
    assert not any(reasons(results))
    assert scopes(registry) == ["repository:team/app0:pull"]
    assert len(network.urls("HEAD")) == 14


def test_each_repository_has_a_token_of_its_own() -> None:
    registry = Registry()
    results, network = run(registry, images(50, tags=4))
    assert not any(reasons(results))
    assert len(scopes(registry)) == len(set(scopes(registry))) == 50
    assert len(network.urls("HEAD")) == 201


@pytest.mark.parametrize("refusal", [401, 403, 404])
@pytest.mark.parametrize("place", [0, 3, 49])
def test_a_private_repository_does_not_spoil_the_others(place: int, refusal: int) -> None:
    references = images(50, tags=4)
    references.insert(place, parse("reg.example/private:1"))
    registry = Registry(refusal=refusal)
    results, _ = run(registry, references)
    assert [index for index, reason in enumerate(reasons(results)) if reason] == [place]
    assert len(registry.asked) == 51


def test_a_repository_for_which_there_is_no_token_does_not_spoil_the_others() -> None:
    registry = Registry()

    def handler(request: httpx.Request) -> httpx.Response:
        return reply(403) if "private" in request.url.query.decode() else registry(request)

    results, _ = run(handler, [*images(5), parse("reg.example/private:1"), *images(5, tags=2)])
    assert reasons(results) == [*[""] * 5, "denied", *[""] * 10]
    assert len(registry.asked) == 5


def test_a_missing_tag_costs_no_token() -> None:
    registry = Registry()
    results, _ = run(registry, [parse("reg.example/team/app0:missing"), *images(1, tags=5)])
    assert reasons(results) == ["not-found", *[""] * 5]
    assert len(registry.asked) == 1


def test_tokens_are_renewed_when_they_expire_or_are_refused() -> None:
    async def work(client: RegistryClient) -> list[int]:
        counts = []
        for forget, seconds in [(False, 0), (False, 100), (True, 0), (False, 100), (False, 200)]:
            if forget:
                registry.forget()
            await clock.sleep(seconds)
            await asyncio.gather(*map(client.head, images(10, tags=3)))
            counts.append(len(registry.asked))
        return counts

    registry, clock = Registry(), FakeClock()
    assert ask(StubNetwork(registry), work, clock) == [10, 10, 20, 20, 30]


ENDS: dict[str, Callable[[], httpx.Response]] = {
    "a challenge": lambda: reply(401, CHALLENGE),
    "a bare 401": lambda: reply(401),
    "400 and its code": lambda: reply(400),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_token_that_ends_early_is_renewed(end: Callable[[], httpx.Response]) -> None:
    registry = Registry(good_for=3, end=end())
    results, _ = run(registry, images(1, tags=13), jobs=2)
    assert not any(reasons(results))
    assert len(registry.asked) <= 9


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_token_that_was_never_taken_is_not_renewed(end: Callable[[], httpx.Response]) -> None:
    registry = Registry(good_for=0, end=end())
    results, network = run(registry, images(4))
    assert all(isinstance(each, RegistryError) for each in results)
    assert set(reasons(results)) <= {"unauthorized", "denied"}
    assert len(registry.asked) == 4
    assert len(network.requests) <= 20


def docker_config(**auths: Any) -> dict[str, str]:
    return {"DOCKER_AUTH_CONFIG": json.dumps({"auths": auths})}


def password(name: str) -> str:
    return base64.b64encode(f"{name}:secret".encode()).decode()


def test_each_repository_is_asked_for_with_its_own_credentials() -> None:
    auths = {f"reg.example/{name}": {"auth": password(name)} for name in ("red", "blue")}
    references = [parse(f"reg.example/{name}/app{n}:1") for n in range(20) for name in ("red", "blue", "open")]
    registry = Registry()
    results, _ = run(registry, references, environ=docker_config(**auths))
    assert not any(reasons(results))
    for request in registry.asked:
        name = request.scopes[0].removeprefix("repository:").partition("/")[0]
        assert request.authorization == (None if name == "open" else f"Basic {password(name)}")


def test_a_registry_that_names_another_s_token_server_gets_none_of_its_tokens() -> None:
    good = Registry()

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host == "evil.example":
            return reply(401, CHALLENGE)
        return good(request)

    evil = [each._replace(registry="evil.example") for each in images(3)]
    results, network = run(handler, [*evil, *images(3)])
    assert reasons(results) == [*["unauthorized"] * 3, *[""] * 3]
    to_evil = {each.headers.get("authorization") for each in network.requests if each.url.host == "evil.example"}
    to_good = {each.headers.get("authorization") for each in network.requests if each.url.path.startswith("/v2/")}
    assert (to_evil & to_good) - {None} == to_evil - {None}
    assert len(good.asked) == 6

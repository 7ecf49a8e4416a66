import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest

from pinner.model.reference import Reference, parse
from pinner.model.resolution import Resolution, Resolved, Unresolved
from pinner.registry import resolver
from pinner.registry.client import RegistryClient
from pinner.registry.manifest import OCI_INDEX, OCI_MANIFEST
from pinner.registry.resolver import Resolver, resolve
from pinner.registry.settings import RegistrySettings
from tests.registry.stub import DIGEST, FIELDS, INDEX, FakeClock, StubNetwork, addresses, manifest, reply, settings
from tests.support import virtual_time

TAGGED = parse("reg.example/app:1")
WRONG = "sha256:" + "0" * 64


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> StubNetwork:
    """A registry that has everything but what is named `missing`, in the place of the network."""

    def handler(request: httpx.Request) -> httpx.Response:
        return reply(404) if "missing" in request.url.path else manifest(request)

    stub = StubNetwork(handler)
    monkeypatch.setattr(resolver, "RegistryClient", lambda options: client(stub, options))
    return stub


def client(network: StubNetwork, options: RegistrySettings) -> RegistryClient:
    return RegistryClient(options, transports=network, addresses=addresses(), clock=FakeClock())


def run(network: StubNetwork, work: Callable[[Resolver], Coroutine[Any, Any, Any]]) -> Any:
    async def inside() -> Any:
        async with Resolver(settings(), client(network, settings())) as asking:
            return await work(asking)

    return asyncio.run(inside())


def test_every_reference_is_answered_in_order(network: StubNetwork) -> None:
    missing = parse("reg.example/missing:1")
    result = resolve([missing, TAGGED, missing], settings())
    assert list(result) == [missing, TAGGED]
    assert result[TAGGED] == Resolved(TAGGED, DIGEST, OCI_INDEX)
    unresolved = result[missing]
    assert isinstance(unresolved, Unresolved)
    assert (unresolved.reference, unresolved.reason) == (missing, "not-found")
    assert unresolved.detail == "the registry has no missing:1; check the name and the tag"


def test_nothing_asks_nothing(network: StubNetwork) -> None:
    assert resolve([], settings()) == {}
    assert network.requests == []


def test_each_is_asked_once(network: StubNetwork) -> None:
    bare, latest = parse("reg.example/app"), parse("reg.example/app:latest")
    both = parse(f"reg.example/app:1@{DIGEST}")
    references = [bare, latest, both, both.by_digest(), TAGGED]
    result = resolve(references, settings())
    assert [each.reference for each in result.values()] == references
    assert sorted(network.urls()) == [
        "https://reg.example/v2/app/manifests/1",
        "https://reg.example/v2/app/manifests/latest",
        f"https://reg.example/v2/app/manifests/{DIGEST}",
    ]


def test_progress(network: StubNetwork) -> None:
    told: list[tuple[int, int, str]] = []
    resolve([parse(f"reg.example/app:{number}") for number in range(5)], settings(), progress=lambda *n: told.append(n))
    assert told == [(number, 5, "reg.example") for number in range(1, 5)] + [(5, 5, "")]


def test_answers_are_told_while_others_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []
    told: list[tuple[Reference, Resolution, int]] = []

    class SlowNetwork(StubNetwork):
        async def answer(self, request: httpx.Request) -> httpx.Response:
            begun.append(request.url.path)
            await asyncio.sleep(1)
            return await super().answer(request)

    monkeypatch.setattr(resolver, "RegistryClient", lambda options: client(SlowNetwork(manifest), options))
    monkeypatch.setattr(asyncio, "run", lambda work: virtual_time.run(work)[0])
    references = [parse("reg.example/app"), parse(f"reg.example/app:1@{DIGEST}"), parse("reg.example/app:2")]
    resolve(references, settings(jobs=1), answered=lambda *told_of: told.append((*told_of, len(begun))))
    # The request that follows an answer goes first, and nothing waits for the last one to be told.
    latest, pinned = parse("reg.example/app:latest"), parse(f"reg.example/app@{DIGEST}")
    assert told == [(each, Resolved(each, DIGEST, OCI_INDEX), at) for each, at in ((latest, 2), (pinned, 3))]


def test_fetch_gets_the_content_by_its_digest(network: StubNetwork) -> None:
    result = resolve([TAGGED], settings(), fetch=True)[TAGGED]
    assert isinstance(result, Resolved)
    assert (result.digest, result.body, result.size) == (DIGEST, INDEX, len(INDEX))
    assert [(request.method, request.url.path.rpartition("/")[2]) for request in network.requests] == [
        ("HEAD", "1"),
        ("GET", DIGEST),
    ]


def test_content_is_fetched_once_for_all_its_tags(network: StubNetwork) -> None:
    resolve([parse(f"reg.example/app:{number}") for number in range(5)], settings(), fetch=True)
    assert len(network.urls("GET")) == 1


def test_content_that_came_with_the_tag_is_not_fetched_again() -> None:
    stub = StubNetwork(lambda request: reply(405) if request.method == "HEAD" else manifest(request))
    result = run(stub, lambda asking: asking.get(TAGGED))
    assert result.body == INDEX
    assert len(stub.requests) == 2


def test_a_registry_that_does_not_have_what_it_promises() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return reply(200, {**FIELDS, "docker-content-digest": WRONG}) if request.url.path.endswith("/1") else reply(404)

    result = run(StubNetwork(handler), lambda asking: asking.get(TAGGED))
    assert result.reason == "digest-mismatch"
    assert WRONG in result.detail


@pytest.mark.parametrize("ask", [Resolver.head, Resolver.get])
def test_a_digest_that_is_gone_is_not_found(ask: Callable[[Resolver, Reference], Any]) -> None:
    pinned = Reference("reg.example", "app", None, WRONG)
    assert run(StubNetwork(lambda request: reply(404)), lambda asking: ask(asking, pinned)).reason == "not-found"


def test_questions_of_one_resolver_share_what_is_known() -> None:
    stub = StubNetwork(manifest)

    async def work(asking: Resolver) -> None:
        await asyncio.gather(asking.head(TAGGED), asking.head(TAGGED), asking.get(TAGGED))
        await asking.head(TAGGED)

    run(stub, work)
    assert [request.method for request in stub.requests] == ["HEAD", "GET"]
    assert stub.closed == 1


def test_one_failure_does_not_hide_the_others(network: StubNetwork) -> None:
    bad = Reference("host:99999", "app", "1")
    result = resolve([bad, TAGGED], settings())
    assert isinstance(result[bad], Unresolved)
    assert isinstance(result[TAGGED], Resolved)


@pytest.mark.parametrize(
    ("media_type", "length", "gets"),
    [
        (OCI_INDEX, "999", 0),
        (OCI_INDEX, "0", 0),  # some proxies say that of every HEAD
        (OCI_INDEX, None, 0),
        (OCI_INDEX, "120", 1),
        (OCI_MANIFEST, "999", 1),
    ],
)
def test_what_may_be_no_image_is_looked_into(media_type: str, length: str | None, gets: int) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        size = {"content-length": length} if length and request.method == "HEAD" else {}
        return reply(200, FIELDS | {"content-type": media_type} | size, b"" if request.method == "HEAD" else INDEX)

    network = StubNetwork(handler)
    resolution = run(network, lambda resolver: resolver.image(TAGGED, fetch=False))
    assert isinstance(resolution, Resolved)
    assert len(network.urls("GET")) == gets

"""Docker Hub's word on the age of a tag."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from pinner.model.reference import parse
from pinner.registry.hub import HubTags
from tests.registry.stub import FakeClock, StubNetwork, addresses, reply, settings

DIGEST = "sha256:" + "a" * 64
PUSHED = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)


def pushed(text: str, network: StubNetwork, **changes: Any) -> datetime | None:
    async def run() -> datetime | None:
        hub = HubTags(settings(**changes), transports=network, addresses=addresses(), clock=FakeClock())
        async with hub:
            return await hub.pushed(parse(text), DIGEST)

    return asyncio.run(run())


def answering(status: int = 200, body: bytes | None = None, **document: object) -> StubNetwork:
    return StubNetwork(lambda request: reply(status, {}, json.dumps(document).encode() if body is None else body))


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"digest": DIGEST, "tag_last_pushed": "2026-01-02T03:04:05.000678Z"}, PUSHED),
        ({"digest": DIGEST, "tag_last_pushed": "2026-01-02T04:04:05.000678+01:00"}, PUSHED),
        ({"digest": DIGEST, "last_updated": "2026-01-02T03:04:05.000678Z"}, PUSHED),
        ({"digest": DIGEST, "tag_last_pushed": None, "last_updated": "2026-01-02T03:04:05.000678Z"}, PUSHED),
        ({"digest": "sha256:" + "b" * 64, "tag_last_pushed": "2026-01-02T03:04:05Z"}, None),
        ({"tag_last_pushed": "2026-01-02T03:04:05Z"}, None),
        ({"digest": DIGEST}, None),
        ({"digest": DIGEST, "tag_last_pushed": "yesterday"}, None),
        ({"digest": DIGEST, "tag_last_pushed": "0001-01-01T00:00:00+14:00"}, None),
        ({"digest": DIGEST, "tag_last_pushed": "2026-01-02T03:04:05"}, None),
        ({"digest": DIGEST, "tag_last_pushed": 5}, None),
    ],
)
def test_the_time_counts_only_for_the_same_digest(document: dict[str, object], expected: datetime | None) -> None:
    assert pushed("node:20", answering(**document)) == expected


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, b"<html>"), (200, b"[]"), (200, b"null"), (200, b"\xff"), (404, b"{}"), (401, b"{}"), (302, b"")],
)
def test_any_other_answer_says_nothing(status: int, body: bytes) -> None:
    assert pushed("node:20", answering(status, body)) is None


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("node", "https://hub.docker.com/v2/repositories/library/node/tags/latest"),
        ("grafana/grafana:11.0", "https://hub.docker.com/v2/repositories/grafana/grafana/tags/11.0"),
    ],
)
def test_one_request_without_credentials(text: str, url: str) -> None:
    network = answering(digest=DIGEST, last_updated="2026-01-02T03:04:05Z")
    login = json.dumps({"auths": {"https://index.docker.io/v1/": {"username": "alice", "password": "secret"}}})
    assert pushed(text, network, environ={"DOCKER_AUTH_CONFIG": login})
    assert network.urls("GET") == [url]
    assert "authorization" not in network.requests[0].headers


@pytest.mark.parametrize(
    ("text", "mirrors"),
    [
        ("ghcr.io/library/node:20", {}),
        ("node:20", {"docker.io": "https://mirror.example"}),
        ("node:20", {"*": "https://mirror.example"}),
    ],
)
def test_images_of_others_are_not_asked_for(text: str, mirrors: dict[str, str]) -> None:
    network = answering(digest=DIGEST, last_updated="2026-01-02T03:04:05Z")
    assert pushed(text, network, mirrors=mirrors) is None
    assert network.requests == []


def test_no_answer_is_no_error_but_it_is_told() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no")

    said: list[str] = []
    assert pushed("node:20", StubNetwork(refuse), log=said.append) is None
    assert len(said) == 1
    assert said[0].startswith("node:20: its age is unknown: ")

"""Registries and tools that integration tests share. Where a program is missing the test is skipped, in CI it fails."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pinner.registry.limits import Clock
from tests.support.certificates import Authority, make_authority
from tests.support.distribution import Distribution, distribution
from tests.support.embedded import Embedded, embedded
from tests.support.push import Pusher, pusher
from tests.support.skopeo import Skopeo
from tests.support.tools import require


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Distribution]:
    """One plain `docker-registry` for the whole run: give what you push a repository of its own."""
    with distribution(tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture(scope="session")
def push(registry: Distribution) -> Iterator[Pusher]:
    """Pushes to `registry`."""
    with pusher(registry.url) as running:
        yield running


@pytest.fixture(scope="session")
def skopeo(tmp_path_factory: pytest.TempPathFactory) -> Skopeo:
    """skopeo without anybody's configuration."""
    return Skopeo(tmp_path_factory.mktemp("skopeo"))


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority that nobody trusts by default."""
    require("openssl")
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def embedded_registry() -> Iterator[Embedded]:
    """The embedded registry with the demo's manifests, fresh for each test."""
    with embedded() as running:
        yield running


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's time passes ten times as fast while it waits before it asks again."""

    async def sleep(self: Clock, seconds: float) -> None:
        await asyncio.sleep(seconds / 10)

    monkeypatch.setattr(Clock, "sleep", sleep)
    monkeypatch.setattr(Clock, "now", lambda self: 10 * time.monotonic())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for one more server's files."""
    path = tmp_path / "server"
    path.mkdir()
    return path

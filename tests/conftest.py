"""What every test gets: a scrubbed environment, an empty home, and no sockets unless it is marked `integration`."""

import os
import socket
import tempfile
from collections.abc import Iterator

import pytest

from tests.support.environment import refuse, scrubbed


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hide the variables that pinner or its libraries would read, and the developer's home."""
    for name in scrubbed(os.environ):
        monkeypatch.delenv(name)
    with tempfile.TemporaryDirectory(prefix="home-") as home:
        monkeypatch.setenv("HOME", home)
        yield


@pytest.fixture(autouse=True)
def no_sockets(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail every connection and every look-up of a name in tests that are not marked `integration`."""
    if request.node.get_closest_marker("integration"):
        return
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse(f"socket.{name}"))
    monkeypatch.setattr(socket, "getaddrinfo", refuse("socket.getaddrinfo"))

"""What every test gets: a scrubbed environment, an empty home, and no network: loopback where it is
marked `integration`, nothing elsewhere."""

import os
import signal
import socket
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.support.environment import only_local_names, only_loopback, refuse, scrubbed

# No test is timed: a busy machine must not fail one.
settings.register_profile("pinner", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("pinner")

# A shell without job control starts what runs in the background with SIGINT ignored, which programs inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hide the variables that pinner or its libraries would read, and the developer's home."""
    for name in scrubbed(os.environ):
        monkeypatch.delenv(name)
    with tempfile.TemporaryDirectory(prefix="home-") as home:
        monkeypatch.setenv("HOME", home)
        yield


@pytest.fixture(autouse=True)
def no_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests marked `integration` reach loopback alone, and no others reach anything."""
    if request.node.get_closest_marker("integration"):
        for name in ("connect", "connect_ex"):
            monkeypatch.setattr(socket.socket, name, only_loopback(getattr(socket.socket, name)))
        monkeypatch.setattr(socket, "getaddrinfo", only_local_names(socket.getaddrinfo))
        return
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse(f"socket.{name}"))
    monkeypatch.setattr(socket, "getaddrinfo", refuse("socket.getaddrinfo"))

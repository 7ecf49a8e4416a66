"""The test environment's own promises."""

import os
import socket

import pytest

from tests.support import tools
from tests.support.environment import UnexpectedSocketError, scrubbed


@pytest.mark.parametrize(
    "name",
    [
        *("CI", "GITHUB_ACTIONS", "NO_COLOR", "FORCE_COLOR", "DOCKER_CONFIG", "DOCKER_AUTH_CONFIG"),
        *("REGISTRY_AUTH_FILE", "PINNER_FORMAT", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "SSL_CERT_FILE"),
        *("https_proxy", "HTTP_PROXY", "NO_PROXY", "ALL_PROXY"),
    ],
)
def test_a_setting_of_the_machine_is_scrubbed(name: str) -> None:
    assert scrubbed([name]) == [name]


@pytest.mark.parametrize("name", ["PATH", "LANG", "TMPDIR", "CIRCLE", "PYTHONPATH"])
def test_what_programs_need_to_run_stays(name: str) -> None:
    assert scrubbed([name]) == []


def test_nothing_of_the_machine_is_visible() -> None:
    assert scrubbed(os.environ) == []
    assert os.listdir(os.path.expanduser("~")) == []


@pytest.mark.parametrize("method", ["connect", "connect_ex"])
def test_a_unit_test_cannot_connect(method: str) -> None:
    with socket.socket() as endpoint, pytest.raises(UnexpectedSocketError):
        getattr(endpoint, method)(("127.0.0.1", 9))


def test_a_unit_test_cannot_look_up_names() -> None:
    with pytest.raises(UnexpectedSocketError):
        socket.create_connection(("registry.example", 443))


@pytest.mark.integration
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_an_integration_test_can_connect_to_this_machine(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection((host, server.getsockname()[1])).close()


@pytest.mark.integration
@pytest.mark.parametrize("address", ["192.0.2.1", "169.254.169.254"])
def test_an_integration_test_cannot_connect_elsewhere(address: str) -> None:
    with socket.socket() as endpoint, pytest.raises(UnexpectedSocketError):
        endpoint.connect((address, 9))


@pytest.mark.integration
def test_an_integration_test_knows_no_names() -> None:
    with pytest.raises(socket.gaierror):
        socket.create_connection(("registry.example", 443))


def test_a_missing_program_skips_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "IN_CI", False)
    with pytest.raises(pytest.skip.Exception, match="not installed: no-such-program"):
        tools.require("no-such-program")


def test_a_missing_program_fails_the_test_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "IN_CI", True)
    with pytest.raises(pytest.fail.Exception, match="not installed: no-such-program"):
        tools.require("no-such-program")

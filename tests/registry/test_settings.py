"""What mirrors may be, and what settings print."""

from typing import Any

import pytest

from pinner.model.errors import UsageError
from pinner.registry.endpoint import endpoint_of
from tests.registry.stub import settings


@pytest.mark.parametrize(
    "mirror",
    [
        "m.example",
        "",
        "ftp://m.example",
        "https://user:pass@m.example",
        "https://m.example/?x=y",
        "http://m.example",
        "http://10.0.0.1",
        "https://m.example/{upstream}",
        "https://m.example/{host}/{repository}",
        "https://m.example/{host",
        "https://m.example/host}",
        "https://{host}.m.example",
        "https://{host}.m.example/{host}/{}",
    ],
)
def test_mirrors_that_cannot_be(mirror: str) -> None:
    with pytest.raises(UsageError, match="mirror of docker") as caught:
        settings(mirrors={"docker.io": mirror})
    assert "pass@" not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"mirrors": {"*": "http://127.0.0.1:5000"}},
        {"mirrors": {"*": "http://localhost"}},
        {"mirrors": {"*": "http://m.example:80"}, "insecure": ("m.example",)},
    ],
)
def test_mirrors_without_tls(changes: dict[str, Any]) -> None:
    assert endpoint_of("quay.io", settings(**changes)).bases


def test_settings_do_not_print_the_environment() -> None:
    assert "hunter2" not in repr(settings(environ={"DOCKER_AUTH_CONFIG": "hunter2"}))

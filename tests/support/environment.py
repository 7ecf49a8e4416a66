"""The environment that tests see: nothing of the machine's own settings, and no network by accident."""

import os
import re
import socket
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any, NoReturn

IN_CI = os.environ.get("CI") == "true"

_SCRUBBED = re.compile(
    r"CI|GITHUB_.*|GITLAB_.*|NO_COLOR|FORCE_COLOR|CLICOLOR.*|COLUMNS|LINES"
    r"|DOCKER_.*|REGISTRY_AUTH_FILE|PINNER_.*|XDG_.*|SSL_CERT_(?:FILE|DIR)|NETRC|(?:\w+_)?PROXY",
    re.IGNORECASE,
)


class UnexpectedSocketError(AssertionError):
    """A test reached for the network: any network in a unit test, any but loopback in the others."""


def scrubbed(names: Iterable[str]) -> list[str]:
    """Those of the environment variables `names` that no test may inherit."""
    return [name for name in names if _SCRUBBED.fullmatch(name)]


def refuse(what: str) -> Callable[..., NoReturn]:
    """A stand-in for a function of the socket module that fails the test."""

    def refused(*arguments: object, **_: object) -> NoReturn:
        raise UnexpectedSocketError(f"{what}{arguments!r}: mark the test `integration` if it means to use a socket")

    return refused


def only_loopback(connect: Callable[[socket.socket, Any], Any]) -> Callable[[socket.socket, Any], Any]:
    """`connect` or `connect_ex` of a socket, for addresses on this machine alone."""

    def checked(endpoint: socket.socket, address: Any) -> Any:
        if endpoint.family != socket.AF_UNIX and not ip_address(address[0]).is_loopback:
            raise UnexpectedSocketError(f"a test may not connect to {address!r}")
        return connect(endpoint, address)

    return checked


def only_local_names(look_up: Callable[..., Any]) -> Callable[..., Any]:
    """`getaddrinfo` in a world without any names but `localhost`."""

    def checked(host: str | bytes | None, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is None or name == "localhost" or _is_address(name):
            return look_up(host, *arguments, **options)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    return checked


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True

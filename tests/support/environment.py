"""The environment that tests see: nothing of the machine's own settings, and no network by accident."""

import os
import re
from collections.abc import Callable, Iterable
from typing import NoReturn

IN_CI = os.environ.get("CI") == "true"

_SCRUBBED = re.compile(
    r"CI|GITHUB_.*|GITLAB_.*|NO_COLOR|FORCE_COLOR|CLICOLOR.*|COLUMNS|LINES"
    r"|DOCKER_.*|REGISTRY_AUTH_FILE|PINNER_.*|XDG_.*|SSL_CERT_(?:FILE|DIR)|NETRC|(?:\w+_)?PROXY",
    re.IGNORECASE,
)


class UnexpectedSocketError(AssertionError):
    """A test that is not marked `integration` reached for the network."""


def scrubbed(names: Iterable[str]) -> list[str]:
    """Those of the environment variables `names` that no test may inherit."""
    return [name for name in names if _SCRUBBED.fullmatch(name)]


def refuse(what: str) -> Callable[..., NoReturn]:
    """A stand-in for a function of the socket module that fails the test."""

    def refused(*arguments: object, **_: object) -> NoReturn:
        raise UnexpectedSocketError(f"{what}{arguments!r}: mark the test `integration` if it means to use a socket")

    return refused

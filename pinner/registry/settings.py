"""What the registry client is told: the only thing that it knows of flags, files and environment."""

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

ANY_REGISTRY = "*"


class Timeouts(NamedTuple):
    """All in seconds. `connect` also bounds a look-up in DNS; `overall` bounds one request and its whole answer."""

    connect: float = 5.0
    read: float = 15.0
    overall: float = 30.0


@dataclass(frozen=True, slots=True)
class RegistryOverride:
    """The settings of one registry, added to those for all."""

    insecure: bool = False
    ca_file: str | None = None
    trusted_realms: tuple[str, ...] = ()


def _ignore(line: str) -> None:
    """The log of those who do not listen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrySettings:
    """How registries are asked.

    `mirrors` maps a registry's host, or `*` for any other, to a URL with an optional path prefix.
    `insecure` holds hosts, with or without port, that may speak plain HTTP or show any certificate.
    `trusted_realms` are the hosts, with a port unless it is 443, of token servers that may see the
    credentials of any registry that names them. `jobs` bounds the requests in flight, `jobs_per_host`
    those to one host. Credentials, proxies and folders come from `environ` alone. `log` takes lines
    for `-v`; they never hold a secret.
    """

    mirrors: Mapping[str, str] = field(default_factory=dict)
    insecure: Collection[str] = ()
    ca_file: str | None = None
    registries: Mapping[str, RegistryOverride] = field(default_factory=dict)
    trusted_realms: tuple[str, ...] = ()
    jobs: int = 16
    jobs_per_host: int = 8
    timeouts: Timeouts = field(default_factory=Timeouts)
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)
    certs_dirs: tuple[str, ...] = ("/etc/docker/certs.d", "/etc/containers/certs.d")
    log: Callable[[str], None] = field(default=_ignore, repr=False)

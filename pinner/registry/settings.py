"""What the registry client is told: the only thing that it knows of flags, files and environment."""

import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import httpx

from pinner.model.errors import UsageError
from pinner.model.reference import DOCKER_HUB
from pinner.registry.http.urls import DOCKER_HUB_HOST, Origin, ascii_authority, is_loopback, parse_url, split_port

ANY_REGISTRY = "*"
HOST_PLACEHOLDER = "{host}"
_PLACEHOLDER = re.compile(r"\{[^}]*\}?|\}")


class Timeouts(NamedTuple):
    """All in seconds. `connect` also bounds a look-up in DNS.

    `overall` bounds one request and its whole answer, counted anew whenever the host has answered another request.
    """

    connect: float = 5.0
    overall: float = 15.0


class RegistryOverride(NamedTuple):
    """The settings of one registry, added to those for all."""

    insecure: bool = False
    ca_file: str | None = None
    trusted_realms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrySettings:
    """How registries are asked.

    `mirrors` maps a registry's host, or `*` for any other, to a URL with an optional path prefix, in which `{host}`
    stands for the host that the reference names.
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
    jobs_per_host: int = 16
    timeouts: Timeouts = field(default_factory=Timeouts)
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)
    certs_dirs: tuple[str, ...] = ("/etc/docker/certs.d", "/etc/containers/certs.d")
    log: Callable[[str], None] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Raise UsageError for a mirror that is no URL, or that would be asked in plain HTTP over a network."""
        for registry, mirror in self.mirrors.items():
            self._check(registry, mirror)

    def mirror_of(self, registry: str) -> httpx.URL | None:
        """Return the mirror of a reference's host, in lower case."""
        mirrors = {_canonical(host): mirror for host, mirror in self.mirrors.items()}
        mirror = mirrors.get(registry) or mirrors.get(ANY_REGISTRY)
        return parse_url(mirror.replace(HOST_PLACEHOLDER, registry)) if mirror else None

    def overrides(self, names: Iterable[str]) -> list[RegistryOverride]:
        """Return the overrides of the registry that has these names."""
        wanted = set(names)
        return [override for host, override in self.registries.items() if _canonical(host) in wanted]

    def is_insecure(self, authority: str) -> bool:
        """Return whether a host may speak plain HTTP and show any certificate; it may be listed without its port."""
        names = {authority, split_port(authority)[0]}
        listed = any(ascii_authority(host) in names for host in self.insecure)
        return listed or any(override.insecure for override in self.overrides(names))

    def _check(self, registry: str, mirror: str) -> None:
        prefix = mirror.partition("://")[2].partition("/")[2]
        for placeholder in _PLACEHOLDER.findall(mirror):
            if placeholder != HOST_PLACEHOLDER or HOST_PLACEHOLDER not in prefix:
                raise UsageError(
                    f"the mirror of {registry} holds {placeholder}: only {HOST_PLACEHOLDER}, in its path, has a meaning"
                )
        url = parse_url(mirror.replace(HOST_PLACEHOLDER, "registry.example"))
        if url is None or url.query or "@" in mirror:
            raise UsageError(
                f"the mirror of {registry} must be a URL such as https://mirror.example/prefix, without user and query"
            )
        origin = Origin.of(url)
        if origin.scheme == "http" and not is_loopback(origin.host) and not self.is_insecure(origin.authority):
            raise UsageError(
                f"the mirror of {registry} would be asked without TLS; use https, or add --insecure {origin.authority}"
            )


def _canonical(host: str) -> str:
    host = ascii_authority(host)
    return DOCKER_HUB if host in ("index.docker.io", DOCKER_HUB_HOST) else host

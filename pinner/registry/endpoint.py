"""Where a registry is asked: scheme, host, port and path prefix."""

import ipaddress
from collections.abc import Collection, Mapping
from typing import NamedTuple

import httpx

from pinner.reference import DOCKER_HUB, Reference
from pinner.registry.errors import Unreachable
from pinner.registry.settings import ANY_REGISTRY, RegistryOverride, RegistrySettings

DOCKER_HUB_HOST = "registry-1.docker.io"
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """Scheme, host and port, which together decide who sees an Authorization field (RFC 6454)."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: httpx.URL) -> "Origin":
        """The origin of an absolute HTTP URL."""
        port = _DEFAULT_PORTS.get(url.scheme, 0) if url.port is None else url.port
        return cls(url.scheme, url.host.lower(), port)

    @property
    def authority(self) -> str:
        """The host as a reference spells it, with its port unless that is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS.get(self.scheme) else f"{host}:{self.port}"

    @property
    def names(self) -> list[str]:
        """Under what a user may have written settings for it: with or without the port 443, by Docker Hub's name."""
        names = [self.authority]
        if self.port == 443:
            names.append(f"{self.authority}:443")
        return [*names, DOCKER_HUB] if self.host == DOCKER_HUB_HOST else names

    def __str__(self) -> str:
        return self.authority


class Endpoint(NamedTuple):
    """One registry. `bases` are the URLs, each with the prefix in its path, to try until one answers."""

    registry: str
    bases: tuple[httpx.URL, ...]
    is_mirror: bool = False

    @property
    def authority(self) -> str:
        """The host that is asked, for people and for credentials."""
        return Origin.of(self.bases[0]).authority if self.is_mirror else self.registry

    def repository(self, reference: Reference) -> str:
        """The repository's path on this endpoint."""
        return f"{self.bases[0].path.strip('/')}/{reference.repository}".lstrip("/")


def endpoint_of(registry: str, settings: RegistrySettings) -> Endpoint:
    """Where `registry`, a reference's host, is asked. Raises Unreachable when its name makes no URL."""
    host = registry.lower()
    mirror = settings.mirrors.get(host) or settings.mirrors.get(ANY_REGISTRY)
    if mirror:
        url = parse_url(mirror)
        if not url:
            raise Unreachable(f"the mirror of {registry} is no valid URL; correct the configuration")
        return Endpoint(host, (url,), is_mirror=True)
    asked = DOCKER_HUB_HOST if host == DOCKER_HUB else host
    urls = [parse_url(f"{scheme}://{asked}") for scheme in _schemes(asked, settings)]
    bases = tuple(url for url in urls if url)
    if not bases:
        raise Unreachable(f"{registry} is no valid host; correct the reference")
    return Endpoint(host, bases)


def parse_url(text: str, base: httpx.URL | None = None) -> httpx.URL | None:
    """An absolute HTTP URL without user and fragment, or None where `text`, from `base`, is none."""
    try:
        url = base.join(text) if base else httpx.URL(text)
        usable = url.scheme in _DEFAULT_PORTS and url.host and 0 < Origin.of(url).port < 65536
        return url.copy_with(userinfo=b"", fragment=None) if usable else None
    except (httpx.InvalidURL, ValueError, TypeError):
        return None


def _schemes(authority: str, settings: RegistrySettings) -> tuple[str, ...]:
    """What to speak, in order. A plain server may hang on a TLS greeting, so loopback is asked in plain first."""
    host, _, port = authority.rpartition(":") if _has_port(authority) else (authority, "", "")
    if port == "443":
        return ("https",)
    if is_loopback(host):
        return ("http", "https")
    return ("https", "http") if is_insecure(authority, settings) else ("https",)


def _has_port(authority: str) -> bool:
    return ":" in authority and not authority.endswith("]")


def is_insecure(authority: str, settings: RegistrySettings) -> bool:
    """Whether the user allows plain HTTP and unverified certificates for a host, written with or without port."""
    return _listed(authority, settings.insecure) or _overridden(authority, settings.registries)


def _listed(authority: str, hosts: Collection[str]) -> bool:
    host = authority.rpartition(":")[0] if _has_port(authority) else authority
    return any(each.lower() in (authority, host) for each in hosts)


def _overridden(authority: str, overrides: Mapping[str, RegistryOverride]) -> bool:
    return _listed(authority, [host for host, override in overrides.items() if override.insecure])


def is_loopback(host: str) -> bool:
    """Whether a host, by its name or literal address alone, is this machine (RFC 6761 section 6.3)."""
    host = host.strip("[]").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

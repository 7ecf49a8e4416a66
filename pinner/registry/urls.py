"""URLs and their origins, as far as pinner lets others name them."""

import ipaddress
from typing import NamedTuple

import httpx
import idna

from pinner.reference import DOCKER_HUB

DOCKER_HUB_HOST = "registry-1.docker.io"
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """Scheme, host and port, which together decide who sees an Authorization field (RFC 6454)."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: httpx.URL) -> "Origin":
        """Return the origin of an absolute HTTP URL, its host in ASCII: `url.host` would decode `xn--` for people."""
        port = _DEFAULT_PORTS.get(url.scheme, 0) if url.port is None else url.port
        return cls(url.scheme, url.raw_host.decode("ascii").lower(), port)

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


def parse_url(text: str, base: httpx.URL | None = None) -> httpx.URL | None:
    """An absolute HTTP URL without user and fragment, or None where `text`, from `base`, is none."""
    try:
        url = base.join(text) if base else httpx.URL(text)
        usable = url.scheme in _DEFAULT_PORTS and url.host and 0 < Origin.of(url).port < 65536
        return url.copy_with(userinfo=b"", fragment=None) if usable else None
    except (httpx.InvalidURL, ValueError, TypeError):
        return None


def is_loopback(host: str) -> bool:
    """Whether a host, by its name or literal address alone, is this machine (RFC 6761 section 6.3)."""
    host = host.strip("[]").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def ascii_authority(authority: str) -> str:
    """Return `host` or `host:port` in lower case and ASCII, by IDNA 2008: the form in which hosts are compared.

    httpx makes the same of a URL's host. What has no such form is returned in lower case: it equals no host that
    can be asked.
    """
    host, port = split_port(authority)
    try:
        host = host.lower() if host.isascii() else idna.encode(host.lower()).decode("ascii")
    except idna.IDNAError:
        host = host.lower()
    return f"{host}:{port}" if port else host


def split_port(authority: str) -> tuple[str, str]:
    """Host and port of `host:port`; the port is empty where there is none. Brackets stay."""
    host, colon, port = authority.rpartition(":")
    return (host, port) if colon and not authority.endswith("]") else (authority, "")

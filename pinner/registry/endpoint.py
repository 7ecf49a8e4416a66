"""Where a registry is asked: scheme, host, port and path prefix."""

from typing import NamedTuple

import httpx

from pinner.reference import DOCKER_HUB, Reference
from pinner.registry.errors import Unreachable
from pinner.registry.settings import RegistrySettings
from pinner.registry.urls import DOCKER_HUB_HOST, Origin, ascii_authority, is_loopback, parse_url, split_port


class Endpoint(NamedTuple):
    """One registry. `bases` are the URLs, each with the prefix in its path, to try until one answers.

    `authority` is the host that is asked, as people and credential files name it.
    """

    authority: str
    bases: tuple[httpx.URL, ...]

    def repository(self, reference: Reference) -> str:
        """The repository's path on this endpoint."""
        return f"{self.bases[0].path.strip('/')}/{reference.repository}".lstrip("/")


def endpoint_of(registry: str, settings: RegistrySettings) -> Endpoint:
    """Where `registry`, a reference's host, is asked. Raises Unreachable when its name makes no URL."""
    host = ascii_authority(registry)
    if mirror := settings.mirror_of(host):
        return Endpoint(Origin.of(mirror).authority, (mirror,))
    asked = DOCKER_HUB_HOST if host == DOCKER_HUB else host
    urls = [parse_url(f"{scheme}://{asked}") for scheme in _schemes(asked, settings)]
    bases = tuple(url for url in urls if url)
    if not bases:
        raise Unreachable(f"{registry} is no valid host; correct the reference")
    return Endpoint(host, bases)


def _schemes(authority: str, settings: RegistrySettings) -> tuple[str, ...]:
    """What to speak, in order. A plain server may hang on a TLS greeting, so loopback is asked in plain first."""
    host, port = split_port(authority)
    if port == "443":
        return ("https",)
    if is_loopback(host):
        return ("http", "https")
    return ("https", "http") if settings.is_insecure(authority) else ("https",)

"""Ask Docker Hub's API when it received what a tag names.

Source: "Docker Hub API", `GET /v2/repositories/{namespace}/{repository}/tags/{tag}`. It is no part of the
registry's protocol and needs no login: nobody's credentials are sent.
"""

import json
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import httpx

from pinner.model.reference import DOCKER_HUB, Reference
from pinner.registry.errors import RegistryError
from pinner.registry.http.dns import Addresses
from pinner.registry.http.limits import Clock
from pinner.registry.http.requests import HTTPClient, Request
from pinner.registry.http.transport import TransportFactory, Transports
from pinner.registry.settings import RegistrySettings

API = "https://hub.docker.com/v2/repositories"
_LIMIT = 1024 * 1024


class HubTags:
    """Asks Docker Hub's API for tags. An asynchronous context manager."""

    def __init__(
        self,
        settings: RegistrySettings,
        *,
        transports: TransportFactory | None = None,
        addresses: Addresses | None = None,
        clock: Clock | None = None,
    ) -> None:
        addresses = addresses or Addresses(settings.timeouts.connect)
        self._settings = settings
        self._http = HTTPClient(settings, transports or Transports(settings, addresses), clock or Clock())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._http.close()

    async def pushed(self, tag: Reference, digest: str) -> datetime | None:
        """Return when `tag` was last pushed, if it names `digest` there; None where the API does not say so.

        An image of another registry is not asked for, nor one for which a mirror stands in.
        """
        if tag.registry != DOCKER_HUB or self._settings.mirror_of(DOCKER_HUB):
            return None
        url = httpx.URL(f"{API}/{tag.repository}/tags/{tag.by_tag().tag}")
        try:
            response = await self._http.send(Request(method="GET", url=url, accept="application/json", limit=_LIMIT))
        except RegistryError as error:
            if self._settings.log:
                self._settings.log(f"{tag.familiar}: its age is unknown: {error.detail}")
            return None
        return _pushed(response.body, digest) if response.status == 200 else None


def _pushed(body: bytes, digest: str) -> datetime | None:
    try:
        document: Any = json.loads(body)
        if document["digest"] != digest:
            return None
        time = datetime.fromisoformat(document.get("tag_last_pushed") or document["last_updated"])
        return time.astimezone(UTC) if time.tzinfo else None
    except (ValueError, OverflowError, RecursionError, LookupError, TypeError, AttributeError):
        return None

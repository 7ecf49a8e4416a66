"""How a registry is asked for one reference: HEAD, its challenge, and GET where HEAD does not say enough.

Source: distribution-spec, "Pulling manifests" and "Checking if content exists in the registry".
"""

import asyncio
import hashlib
import re
from collections import defaultdict
from functools import partial
from types import TracebackType
from typing import Self

import httpx

from pinner.model.reference import Reference, is_digest
from pinner.registry.auth.authenticator import Authenticator, Target
from pinner.registry.auth.credentials import Credentials
from pinner.registry.auth.tokens import Authorization
from pinner.registry.endpoint import Endpoint, SchemeSearch, asked_host, endpoint_of
from pinner.registry.errors import (
    Denied,
    DigestMismatch,
    NotAManifest,
    NotFound,
    RegistryError,
    RepositoryNotFound,
    Unauthorized,
)
from pinner.registry.http.dns import Addresses
from pinner.registry.http.limits import Clock
from pinner.registry.http.redirects import Redirects
from pinner.registry.http.requests import HTTPClient, Request, Response, error_code, field
from pinner.registry.http.secret import Secret
from pinner.registry.http.ssrf_policy import SSRFPolicy
from pinner.registry.http.transport import TransportFactory, Transports
from pinner.registry.http.urls import Origin, ascii_authority
from pinner.registry.manifest import ACCEPT, MAX_SIZE, MEDIA_TYPES, Content, parse_manifest
from pinner.registry.settings import RegistrySettings

# Statuses after which GET may still answer: registries and proxies that know no HEAD, firewalls that forbid it.
_ASK_BY_GET = frozenset({200, 400, 403, 404, 405, 501})
# What some registries say with 400 of credentials, and of a token that has expired.
_AUTHENTICATION_CODES = frozenset({"DENIED", "UNAUTHORIZED"})
_MAX_CHALLENGES = 8
_REPOSITORY = re.compile(r"/v2/(.+)/(?:manifests|blobs)/[^/]+")
_REMAINING = re.compile(r"\s*([0-9]{1,9})\s*(?:;|$)")


class RegistryClient:
    """Asks registries for manifests. An asynchronous context manager; all that it learns lives as long as it does."""

    def __init__(
        self,
        settings: RegistrySettings,
        *,
        transports: TransportFactory | None = None,
        addresses: Addresses | None = None,
        clock: Clock | None = None,
    ) -> None:
        clock = clock or Clock()
        addresses = addresses or Addresses(settings.timeouts.connect)
        policy = SSRFPolicy(settings, addresses)
        self._settings = settings
        self._http = HTTPClient(settings, transports or Transports(settings, addresses), clock)
        self._redirects = Redirects(self._http, policy)
        self._auth = Authenticator(self._redirects.send, Credentials(settings.environ), policy, clock)
        self._registries: dict[str, SchemeSearch] = {}
        self._turns: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(min(settings.jobs, settings.jobs_per_host))
        )
        self._remaining: dict[Origin, str] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._http.close()

    async def head(self, reference: Reference) -> Content:
        """Return what `reference` names, by its digest if it has one: one HEAD where that is enough.

        Raises RegistryError.
        """
        response = await self._ask("HEAD", reference)
        if content := _content_of_head(response, reference):
            return content
        if response.status not in _ASK_BY_GET:
            raise _failure(response, reference)
        return await self.get(reference)

    async def get(self, reference: Reference) -> Content:
        """Return the verified content of what `reference` names. Docker Hub counts it as a pull.

        Raises RegistryError.
        """
        response = await self._ask("GET", reference)
        if response.status != 200:
            raise _failure(response, reference)
        return _content_of_get(response, reference)

    async def configuration(self, reference: Reference, digest: str) -> bytes:
        """Return the verified configuration of an image, a blob of the repository. Raises RegistryError."""
        response = await self._ask("GET", reference._replace(digest=digest), "blobs")
        if response.status != 200:
            raise _failure(response, reference)
        if digest != f"sha256:{hashlib.sha256(response.body).hexdigest()}":
            raise DigestMismatch(f"{response.origin} answers with something else when asked for {digest}")
        return response.body

    async def _ask(self, method: str, reference: Reference, kind: str = "manifests") -> Response:
        registry = reference.registry
        if registry not in self._registries:
            self._registries[registry] = SchemeSearch(endpoint_of(registry, self._settings))
        search = self._registries[registry]
        async with self._turns[registry]:  # who waits chooses no token yet, which could expire meanwhile
            return await search.ask(partial(self._ask_at, search.endpoint, method, reference, kind))

    async def _ask_at(
        self, endpoint: Endpoint, method: str, reference: Reference, kind: str, base: httpx.URL, retry: bool
    ) -> Response:
        """Ask at one of the endpoint's bases, and answer challenges until there are none or nothing is left to say."""
        home = Target(origin=Origin.of(base), repository=endpoint.repository(reference), authority=endpoint.authority)
        authentication = _Authentication(self._auth, home)
        url = base.copy_with(path=f"/v2/{home.repository}/{kind}/{reference.digest or reference.by_tag().tag}")
        if endpoint.namespace:  # as containerd tells a mirror (docs/hosts.md, "Registry Host Namespace")
            url = url.copy_merge_params({"ns": endpoint.namespace})
        request = Request(method=method, url=url, accept=ACCEPT, limit=MAX_SIZE, retry=retry)
        for _ in range(_MAX_CHALLENGES):
            response = await self._redirects.send(request, authentication.authorize)
            if not await authentication.answer(response):
                break
        self._log_limit(response)
        return response

    def _log_limit(self, response: Response) -> None:
        """Tell, where it changed, how many more pulls the registry allows (Docker Hub's `ratelimit-remaining`)."""
        if not (log := self._settings.log):
            return
        remaining = _REMAINING.match(field(response.headers, "ratelimit-remaining"))
        if remaining and self._remaining.get(response.origin) != remaining.group(1):
            self._remaining[response.origin] = remaining.group(1)
            log(f"{response.origin}: {remaining.group(1)} pulls left")


class _Authentication:
    """The authentication of one request on its way through redirects."""

    def __init__(self, auth: Authenticator, home: Target) -> None:
        self._auth = auth
        self._home = home
        self._sent: list[tuple[Target, Authorization | None]] = []

    async def authorize(self, url: httpx.URL) -> Secret | None:
        """Return the value of the Authorization field for one hop."""
        target = self._target(url)
        authorization = await self._auth.remembered(target)
        self._sent.append((target, authorization))
        return authorization.value if authorization else None

    async def answer(self, response: Response) -> bool:
        """Return whether to ask once more, now that what a refusal calls for has been found. Raises RegistryError."""
        *before, (target, last) = self._sent
        self._sent.clear()
        for _, authorization in before:
            if authorization:
                authorization.worked = True
        if response.status == 401:
            await self._auth.satisfy(response, target, last)
            return True
        if response.status == 400:
            return last is not None and error_code(response) in _AUTHENTICATION_CODES and self._auth.renew(last)
        if last:
            last.worked = True
        elif response.status != 403:
            self._auth.note_public(target)
        return False

    def _target(self, url: httpx.URL) -> Target:
        """Return what is asked for at `url`. Away from home, after a redirect, nobody's credentials are used."""
        origin = Origin.of(url)
        repository = _REPOSITORY.fullmatch(url.path)
        return Target(
            origin=origin,
            repository=repository.group(1) if repository else self._home.repository,
            authority=self._home.authority if origin == self._home.origin else None,
        )


def _content_of_head(response: Response, reference: Reference) -> Content | None:
    """Return what the answer to HEAD says, or None where only the content itself can tell."""
    digest = field(response.headers, "docker-content-digest")
    wanted = reference.digest
    fits = digest == wanted if wanted else is_digest(digest)
    if response.status != 200 or not fits or response.content_type not in MEDIA_TYPES:
        return None
    length = field(response.headers, "content-length")
    size = int(length) if length.isascii() and length.isdecimal() and len(length) < 16 else 0
    return Content(digest, response.content_type, size=size or None)  # some proxies say 0 of every HEAD


def _content_of_get(response: Response, reference: Reference) -> Content:
    """Return what a 200 to GET holds. Raises NotAManifest, UnsupportedMediaType or DigestMismatch."""
    origin = response.origin
    if response.is_encoded:
        raise NotAManifest(f"{origin} sends a compressed body, which no digest covers; check the proxies")
    manifest = parse_manifest(response.body, response.content_type)
    algorithm = (reference.digest or "sha256").partition(":")[0]
    digest = f"{algorithm}:{hashlib.new(algorithm, response.body).hexdigest()}"
    promised = field(response.headers, "docker-content-digest")
    if reference.digest and digest != reference.digest:
        raise DigestMismatch(f"{origin} answers with {digest} when asked for {reference.digest}; trust neither")
    if not reference.digest and is_digest(promised) and digest != promised:
        raise DigestMismatch(f"{origin} says {promised} and sends {digest}; trust neither, and try again")
    return Content(digest=digest, media_type=manifest.media_type, body=response.body, size=len(response.body))


def _failure(response: Response, reference: Reference) -> RegistryError:
    """Return the error that a status other than 200 stands for; 408, 429 and 5xx were raised as such before."""
    origin, code = response.origin, error_code(response)
    # Whoever tells it names the reference as well, and so its host.
    where = "the registry" if origin.authority == asked_host(ascii_authority(reference.registry)) else str(origin)
    image = reference.familiar.removeprefix(f"{reference.registry}/")
    match response.status:
        case 404 if code == "NAME_UNKNOWN":
            return RepositoryNotFound(f"{where} knows no repository of {image}; check the name, or log in")
        case 404:
            return NotFound(f"{where} has no {image}; check the name and the tag")
        case 401:
            return Unauthorized(f"the registry goes on asking for authentication; log in with docker login {origin}")
        case 400 | 403 as status if status == 403 or code in _AUTHENTICATION_CODES:
            return Denied(f"{where} denies access to {image}; check the name, or log in")
    said = f"{response.status} {code}".strip()
    return NotAManifest(f"{origin} answers {said}; check that it is a registry")

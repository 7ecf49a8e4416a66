"""The flow of one question: HEAD, its challenge, and GET where HEAD does not say enough.

Source: distribution-spec, "Pulling manifests" and "Checking if content exists in the registry".
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Self

import httpx

from pinner.reference import Reference
from pinner.registry.auth.authenticator import Asker, Authenticator
from pinner.registry.auth.credentials import Credentials
from pinner.registry.auth.tokens import Grant
from pinner.registry.content import Content, described, failure, fetched
from pinner.registry.door import Door
from pinner.registry.endpoint import Endpoint, endpoint_of
from pinner.registry.errors import Unreachable
from pinner.registry.http.dns import Addresses
from pinner.registry.http.limits import Clock
from pinner.registry.http.redirects import Redirects
from pinner.registry.http.requests import Answer, Question, Wire, field
from pinner.registry.http.secret import Secret
from pinner.registry.http.ssrf_policy import Policy
from pinner.registry.http.transport import TransportFactory, Transports
from pinner.registry.http.urls import Origin
from pinner.registry.manifest import ACCEPT, MAX_SIZE
from pinner.registry.settings import RegistrySettings

# Statuses after which GET may still answer: registries and proxies that know no HEAD.
_ASK_BY_GET = frozenset({200, 400, 404, 405, 501})
_MAX_CHALLENGES = 4
# What too little scope may bring: 403 by RFC 6750 section 3.1, and 404 from registries that hide what they do not show.
_REFUSALS = frozenset({401, 403, 404})
_REPOSITORY = re.compile(r"/v2/(.+)/manifests/[^/]+")
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
        policy = Policy(settings, addresses)
        self._settings = settings
        self._wire = Wire(settings, transports or Transports(settings, addresses), clock)
        self._redirects = Redirects(self._wire, policy)
        self._auth = Authenticator(self._redirects.send, Credentials(settings.environ), policy, clock)
        self._doors: dict[str, Door] = {}
        self._remaining: dict[Origin, str] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._wire.close()

    def expect(self, references: Iterable[Reference]) -> None:
        """Announce what will be asked: one token may serve several repositories."""
        for reference in references:
            with suppress(Unreachable):  # for a host that makes no URL: whoever asks is told
                endpoint = self._door(reference.registry).endpoint
                self._auth.expect(endpoint.authority, endpoint.repository(reference))

    async def head(self, reference: Reference) -> Content:
        """What `reference` names, by its digest if it has one: one HEAD where that is enough. Raises RegistryError."""
        answer = await self._ask("HEAD", reference)
        if content := described(answer, reference):
            return content
        if answer.status not in _ASK_BY_GET:
            raise failure(answer, reference)
        return await self.get(reference)

    async def get(self, reference: Reference) -> Content:
        """The verified content of what `reference` names. Raises RegistryError. Docker Hub counts it as a pull."""
        answer = await self._ask("GET", reference)
        if answer.status != 200:
            raise failure(answer, reference)
        return fetched(answer, reference)

    async def _ask(self, method: str, reference: Reference) -> Answer:
        door = self._door(reference.registry)
        return await door.through(partial(self._converse, door.endpoint, method, reference))

    def _door(self, registry: str) -> Door:
        if registry not in self._doors:
            self._doors[registry] = Door(endpoint_of(registry, self._settings))
        return self._doors[registry]

    async def _converse(
        self, endpoint: Endpoint, method: str, reference: Reference, base: httpx.URL, patient: bool
    ) -> Answer:
        """Ask at one of the endpoint's bases, and answer challenges until there are none or nothing is left to say."""
        way = _Way(self._auth, Origin.of(base), endpoint.repository(reference), endpoint.authority)
        url = base.copy_with(path=f"/v2/{way.repository}/manifests/{reference.digest or reference.by_tag().tag}")
        question = Question(method, url, ACCEPT, MAX_SIZE, patient=patient)
        for _ in range(_MAX_CHALLENGES):
            answer = await self._redirects.send(question, way.authorize)
            if not await way.meet(answer):
                break
        self._note_limit(answer)
        return answer

    def _note_limit(self, answer: Answer) -> None:
        """Tell, where it changed, how many more pulls the registry allows (Docker Hub's `ratelimit-remaining`)."""
        if not (log := self._settings.log):
            return
        remaining = _REMAINING.match(field(answer.headers, "ratelimit-remaining"))
        if remaining and self._remaining.get(answer.origin) != remaining.group(1):
            self._remaining[answer.origin] = remaining.group(1)
            log(f"{answer.origin}: {remaining.group(1)} pulls left")


class _Way:
    """The authentication of one question on its way through redirects."""

    def __init__(self, auth: Authenticator, home: Origin, repository: str, authority: str) -> None:
        self.repository = repository
        self._auth = auth
        self._home = home
        self._authority = authority
        self._sent: list[tuple[Asker, Grant | None]] = []
        self._weak: Grant | None = None

    async def authorize(self, url: httpx.URL) -> Secret | None:
        """The Authorization for one hop."""
        asker = self._asker(url)
        grant = await self._auth.remembered(asker)
        self._sent.append((asker, grant))
        return grant.authorization if grant else None

    async def meet(self, answer: Answer) -> bool:
        """Whether to ask once more, now that what a refusal calls for has been found. Raises RegistryError."""
        asker, grant = self._sent[-1]
        self._judge_weak(answer, asker, grant)
        refused = grant if answer.status == 401 or self._weak else None
        for each, taken in self._sent:
            if taken and taken is not refused:
                taken.opened.add(each.repository)
        self._sent.clear()
        if answer.status == 401:
            await self._auth.authorize(answer, asker, refused)
            return True
        return refused is not None and self._auth.separate(asker, refused)

    def _judge_weak(self, answer: Answer, asker: Asker, grant: Grant | None) -> None:
        """Note a shared grant that may be why this is a refusal, or that the last one was."""
        refused = answer.status in _REFUSALS
        if self._weak and not refused:
            self._auth.unshare(self._weak)
        self._weak = grant if refused and grant and grant.may_lack(asker.repository) else None

    def _asker(self, url: httpx.URL) -> Asker:
        """Who asks at `url`. Away from home, after a redirect, nobody's credentials are used."""
        repository = _REPOSITORY.fullmatch(url.path)
        origin = Origin.of(url)
        authority = self._authority if origin == self._home else None
        return Asker(origin, repository.group(1) if repository else self.repository, authority)

"""Answers to challenges: which credential, which token, and each only once."""

from typing import NamedTuple

import httpx

from pinner.registry.auth.challenge import Challenge, parse_challenges
from pinner.registry.auth.credentials import Credentials
from pinner.registry.auth.docker_config import Credential
from pinner.registry.auth.token_cache import Keyring
from pinner.registry.auth.tokens import Grant, Send, TokenKey
from pinner.registry.errors import Denied, RealmNotTrusted, RegistryError, Unauthorized
from pinner.registry.http.limits import Clock
from pinner.registry.http.requests import Answer
from pinner.registry.http.secret import basic, bearer
from pinner.registry.http.ssrf_policy import Policy
from pinner.registry.http.urls import Origin, parse_url


class Asker(NamedTuple):
    """Who wants what. `authority` is the registry whose credentials may be used, None for none at all."""

    origin: Origin
    repository: str
    authority: str | None


class Demand(NamedTuple):
    """What an origin asks for: a token from a realm, or where that is None a user and a password."""

    realm: httpx.URL | None
    service: str = ""


class Authenticator:
    """Remembers what each origin demands and what satisfied it."""

    def __init__(self, send: Send, credentials: Credentials, policy: Policy, clock: Clock) -> None:
        self._credentials = credentials
        self._policy = policy
        self._keyring = Keyring(send, credentials, clock)
        self._demands: dict[tuple[Origin, str], Demand] = {}
        self._latest: dict[Origin, Demand] = {}
        self._fixed: dict[tuple[Origin, Credential], Grant] = {}

    def expect(self, authority: str, repository: str) -> None:
        """Note that a repository will be asked of the registry at `authority`: its token may be had with others."""
        self._keyring.expect(authority, repository)

    async def remembered(self, asker: Asker) -> Grant | None:
        """What an earlier challenge of the same origin says to send; None where nothing is known to help."""
        demand = self._demands.get((asker.origin, asker.repository)) or self._latest.get(asker.origin)
        if demand is None:
            return None
        try:
            return await self._grant(asker, demand, await self._credential(asker))
        except RegistryError:
            return None

    async def authorize(self, answer: Answer, asker: Asker, refused: Grant | None) -> None:
        """Find what a 401 asks for: `remembered` then has it. `refused` is what the request carried.

        Raises RegistryError when there is nothing better to send.
        """
        demand = _demand(answer)
        self._demands[asker.origin, asker.repository] = self._latest[asker.origin] = demand
        credential = await self._credential(asker)
        try:
            grant = await self._grant(asker, demand, credential)
        except Unauthorized as error:
            raise self._explained(error, credential) from None
        if grant is refused and not self._keyring.renew(grant, asker.repository):
            refusal = self._explained(_refusal(asker, demand, credential), credential)
            if demand.realm is None and not grant.opened:
                grant.refusal = refusal
            raise refusal

    def separate(self, asker: Asker, refused: Grant) -> bool:
        """Whether there is a token for the one repository to try instead: `remembered` then has it."""
        return self._keyring.separate(refused, asker.repository)

    def unshare(self, grant: Grant) -> None:
        """Note that a token of its own opened a repository that `grant`, a shared one, did not open."""
        if grant.key:
            self._keyring.unshare(grant.key)

    async def _credential(self, asker: Asker) -> Credential | None:
        return await self._credentials.of(asker.authority, asker.repository) if asker.authority else None

    async def _grant(self, asker: Asker, demand: Demand, credential: Credential | None) -> Grant:
        if credential and credential.registry_token:
            grant = Grant(bearer(credential.registry_token))
        elif demand.realm:
            return await self._token(demand.realm, demand.service, asker, credential)
        elif credential and credential.password:
            grant = Grant(basic(credential.username, credential.password))
        else:
            raise _refusal(asker, demand, credential)
        grant = self._fixed.setdefault((asker.origin, credential), grant)
        if grant.refusal:
            raise grant.refusal
        return grant

    async def _token(self, realm: httpx.URL, service: str, asker: Asker, credential: Credential | None) -> Grant:
        await self._policy.check_realm(asker.origin, realm, has_credential=credential is not None)
        key = TokenKey(asker.authority, str(realm), service, credential, (asker.repository,))
        return await self._keyring.get(key)

    def _explained(self, error: RegistryError, credential: Credential | None) -> RegistryError:
        """`error`, with why credentials that the user believes to be there were not used."""
        if credential or not self._credentials.problems:
            return error
        return type(error)(f"{error.detail} ({self._credentials.problems[0]})")


def _demand(answer: Answer) -> Demand:
    """The best of the challenges in a 401: Bearer before Basic, in whatever order they come."""
    challenges = parse_challenges(answer.headers.get_list("www-authenticate"))
    for challenge in challenges:
        if challenge.scheme == "bearer" and challenge.parameters.get("realm"):
            return Demand(_realm(answer, challenge), challenge.parameters.get("service", ""))
    if any(challenge.scheme == "basic" for challenge in challenges):
        return Demand(None)
    raise Unauthorized(f"{answer.origin} asks for authentication but not for one that pinner knows; check the registry")


def _realm(answer: Answer, challenge: Challenge) -> httpx.URL:
    """The token server's URL; a relative one starts from the registry. The scope is not the realm's to say."""
    url = parse_url(challenge.parameters["realm"], answer.url)
    if url is None:
        raise RealmNotTrusted(f"{answer.origin} names a token server that is no URL; check the registry")
    return url.copy_remove_param("scope").copy_remove_param("service")


def _refusal(asker: Asker, demand: Demand, credential: Credential | None) -> RegistryError:
    where = f"{asker.repository} on {asker.origin}"
    if credential is None:
        login = asker.authority or asker.origin
        return Unauthorized(f"{where} does not exist or is not for everybody; log in with docker login {login}")
    if demand.realm is None:
        return Unauthorized(f"{asker.origin} refuses the credentials from {credential.source}; log in again")
    return Denied(f"{where} does not exist or the credentials from {credential.source} do not open it; ask its owner")

"""What a challenge is answered with: which credential, which token."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import httpx

from pinner.registry.auth.challenge import Challenge, parse_challenges
from pinner.registry.auth.credentials import Credentials
from pinner.registry.auth.docker_config import Credential
from pinner.registry.auth.token_cache import TokenCache
from pinner.registry.auth.tokens import Authorization, Send, TokenKey
from pinner.registry.errors import CredentialsRefused, Denied, RealmNotTrusted, RegistryError, Unauthorized
from pinner.registry.http.limits import Clock
from pinner.registry.http.requests import Response
from pinner.registry.http.secret import basic, bearer
from pinner.registry.http.ssrf_policy import SSRFPolicy
from pinner.registry.http.urls import Origin, parse_url

_ALL = ""
"""In the place of a repository: all of the origin."""


class Target(NamedTuple):
    """A repository at an origin. `authority` is the registry whose credentials may be used there, None for none."""

    origin: Origin
    repository: str
    authority: str | None


class Requirement(NamedTuple):
    """What an origin asks for: a token from a realm, or where that is None a user and a password."""

    realm: httpx.URL | None
    service: str = ""


class Authenticator:
    """Remembers what each origin requires and what satisfied it."""

    def __init__(self, send: Send, credentials: Credentials, policy: SSRFPolicy, clock: Clock) -> None:
        self._credentials = credentials
        self._policy = policy
        self._tokens = TokenCache(send, clock)
        self._requirements: dict[tuple[Origin, str], Requirement] = {}
        self._latest: dict[Origin, Requirement] = {}
        self._fixed: dict[tuple[Origin, Credential], Authorization] = {}
        self._public: set[Origin] = set()
        self._refusals: defaultdict[Origin, dict[tuple[Credential | None, str], RegistryError]] = defaultdict(dict)

    async def remembered(self, target: Target) -> Authorization | None:
        """Return what an earlier challenge of the same origin says to send; None where nothing is known to help.

        Raises RegistryError where it is known that asking is in vain.
        """
        if refusals := self._refusals.get(target.origin):
            credential = await self._credential(target)
            if refusal := refusals.get((credential, _ALL)) or refusals.get((credential, target.repository)):
                raise refusal
        requirement = self._known(target)
        if requirement is None:
            return None
        try:
            return await self._authorization(target, requirement, await self._credential(target))
        except RegistryError:
            return None

    async def satisfy(self, response: Response, target: Target, refused: Authorization | None) -> None:
        """Find what a 401 asks for: `remembered` then has it. `refused` is what the request carried.

        A 401 without a challenge asks for what was asked for before. Raises RegistryError when there is nothing better
        to send: then that is so for the repository, unless it was better before. Credentials that are refused, or
        cannot be shown, are so for all repositories, unless the origin has some that are for everybody.
        """
        try:
            await self._satisfy(response, target, refused)
        except (RealmNotTrusted, Unauthorized, Denied) as error:
            if refused and refused.worked:
                raise
            is_general = isinstance(error, RealmNotTrusted | CredentialsRefused) and target.origin not in self._public
            repository = _ALL if is_general else target.repository
            self._refusals[target.origin][await self._credential(target), repository] = error
            raise

    async def _satisfy(self, response: Response, target: Target, refused: Authorization | None) -> None:
        challenges = parse_challenges(response.headers.get_list("www-authenticate"))
        known = self._known(target) if refused and not challenges else None
        requirement = known or _requirement(response, challenges)
        self._requirements[target.origin, target.repository] = self._latest[target.origin] = requirement
        credential = await self._credential(target)
        try:
            authorization = await self._authorization(target, requirement, credential)
        except Unauthorized as error:
            raise self._explained(error, credential) from None
        if authorization is refused and not self._tokens.renew(refused):
            refusal = self._explained(_refusal(target, requirement, credential), credential)
            if refused.worked and isinstance(refusal, CredentialsRefused):
                raise Unauthorized(refusal.detail)
            if requirement.realm is None:
                refused.refusal = refusal
            raise refusal

    def note_public(self, target: Target) -> None:
        """Note that a request without authorization was answered."""
        self._public.add(target.origin)

    def renew(self, refused: Authorization) -> bool:
        """Have `remembered` find another token in the place of one that was taken before. Return whether it can."""
        return self._tokens.renew(refused)

    def _known(self, target: Target) -> Requirement | None:
        return self._requirements.get((target.origin, target.repository)) or self._latest.get(target.origin)

    async def _credential(self, target: Target) -> Credential | None:
        return await self._credentials.of(target.authority, target.repository) if target.authority else None

    async def _authorization(
        self, target: Target, requirement: Requirement, credential: Credential | None
    ) -> Authorization:
        if credential and credential.registry_token:
            authorization = Authorization(bearer(credential.registry_token))
        elif requirement.realm:
            await self._policy.check_realm(target.origin, requirement.realm, has_credential=credential is not None)
            return await self._tokens.get(
                TokenKey(
                    authority=target.authority,
                    realm=str(requirement.realm),
                    service=requirement.service,
                    credential=credential,
                    repository=target.repository,
                )
            )
        elif credential and credential.password:
            authorization = Authorization(basic(credential.username, credential.password))
        else:
            raise _refusal(target, requirement, credential)
        authorization = self._fixed.setdefault((target.origin, credential), authorization)
        if authorization.refusal:
            raise authorization.refusal
        return authorization

    def _explained(self, error: RegistryError, credential: Credential | None) -> RegistryError:
        """Return `error` with why credentials that the user believes to be there were not used."""
        if credential or not self._credentials.problems:
            return error
        return type(error)(f"{error.detail} ({self._credentials.problems[0]})")


def _requirement(response: Response, challenges: Sequence[Challenge]) -> Requirement:
    """Return the best of the challenges in a 401: Bearer before Basic, in whatever order they come."""
    for challenge in challenges:
        if challenge.scheme == "bearer" and challenge.parameters.get("realm"):
            url = parse_url(challenge.parameters["realm"], response.url)  # a relative one starts from the registry
            if url is None:
                raise RealmNotTrusted(f"{response.origin} names a token server that is no URL; check the registry")
            # The scope is not the realm's to say; the service is, where the challenge does not say it.
            realm = url.copy_remove_param("scope").copy_remove_param("service")
            return Requirement(realm, challenge.parameters.get("service") or url.params.get("service", ""))
    if any(challenge.scheme == "basic" for challenge in challenges):
        return Requirement(None)
    raise Unauthorized(
        f"{response.origin} asks for authentication but not for one that pinner knows; check the registry"
    )


def _refusal(target: Target, requirement: Requirement, credential: Credential | None) -> RegistryError:
    login = f"log in with docker login {target.authority or target.origin}"
    if credential is None and requirement.realm is None:
        return Unauthorized(f"the registry asks for a user and a password; {login}")
    if credential is None:
        return Unauthorized(f"the repository does not exist or is not for everybody; {login}")
    if requirement.realm is None:
        return CredentialsRefused(f"{target.origin} refuses the credentials from {credential.source}; log in again")
    where = f"{target.repository} on {target.origin}"
    return Denied(f"{where} does not exist or the credentials from {credential.source} do not open it; ask its owner")

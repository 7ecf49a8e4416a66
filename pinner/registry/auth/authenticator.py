"""What a challenge is answered with: which credential, which token."""

from typing import NamedTuple

import httpx

from pinner.registry.auth.challenge import Challenge, parse_challenges
from pinner.registry.auth.credentials import Credentials
from pinner.registry.auth.docker_config import Credential
from pinner.registry.auth.token_cache import TokenCache
from pinner.registry.auth.tokens import Authorization, Send, TokenKey
from pinner.registry.errors import Denied, RealmNotTrusted, RegistryError, Unauthorized
from pinner.registry.http.limits import Clock
from pinner.registry.http.requests import Response
from pinner.registry.http.secret import basic, bearer
from pinner.registry.http.ssrf_policy import SSRFPolicy
from pinner.registry.http.urls import Origin, parse_url


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

    async def remembered(self, target: Target) -> Authorization | None:
        """Return what an earlier challenge of the same origin says to send; None where nothing is known to help."""
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
        to send.
        """
        requirement = (self._known(target) if refused and _is_bare(response) else None) or _requirement(response)
        self._requirements[target.origin, target.repository] = self._latest[target.origin] = requirement
        credential = await self._credential(target)
        try:
            authorization = await self._authorization(target, requirement, credential)
        except Unauthorized as error:
            raise self._explained(error, credential) from None
        if authorization is refused and not self._tokens.renew(refused):
            refusal = self._explained(_refusal(target, requirement, credential), credential)
            if requirement.realm is None and not refused.worked:
                refused.refusal = refusal
            raise refusal

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


def _is_bare(response: Response) -> bool:
    return not parse_challenges(response.headers.get_list("www-authenticate"))


def _requirement(response: Response) -> Requirement:
    """Return the best of the challenges in a 401: Bearer before Basic, in whatever order they come."""
    challenges = parse_challenges(response.headers.get_list("www-authenticate"))
    for challenge in challenges:
        if challenge.scheme == "bearer" and challenge.parameters.get("realm"):
            return Requirement(_realm(response, challenge), challenge.parameters.get("service", ""))
    if any(challenge.scheme == "basic" for challenge in challenges):
        return Requirement(None)
    raise Unauthorized(
        f"{response.origin} asks for authentication but not for one that pinner knows; check the registry"
    )


def _realm(response: Response, challenge: Challenge) -> httpx.URL:
    """Return the token server's URL; a relative one starts from the registry. The scope is not the realm's to say."""
    url = parse_url(challenge.parameters["realm"], response.url)
    if url is None:
        raise RealmNotTrusted(f"{response.origin} names a token server that is no URL; check the registry")
    return url.copy_remove_param("scope").copy_remove_param("service")


def _refusal(target: Target, requirement: Requirement, credential: Credential | None) -> RegistryError:
    where = f"{target.repository} on {target.origin}"
    if credential is None:
        login = target.authority or target.origin
        return Unauthorized(f"{where} does not exist or is not for everybody; log in with docker login {login}")
    if requirement.realm is None:
        return Unauthorized(f"{target.origin} refuses the credentials from {credential.source}; log in again")
    return Denied(f"{where} does not exist or the credentials from {credential.source} do not open it; ask its owner")

"""Asking a token server, and reading what it answers (distribution, "Token Authentication" and "OAuth2")."""

import json
import math
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import httpx

from pinner.registry.authfile import Credential
from pinner.registry.errors import CredentialsRefused, Denied, RegistryError, Unauthorized
from pinner.registry.secret import Secret, basic, bearer
from pinner.registry.wire import Answer, Question

CLIENT_ID = "pinner"
# What a token lasts when its server does not say (distribution, "Token Response Fields").
DEFAULT_LIFETIME = 60.0
# Servers that know no POST, or no identity tokens: 404 and 405 by the specification, 401 by Artifactory's habit.
_NO_OAUTH = frozenset({400, 401, 404, 405, 501})
_TOKEN = re.compile(r"[\x21-\x7e]+")

Send = Callable[[Question], Awaitable[Answer]]


class TokenKey(NamedTuple):
    """What makes one token another: nothing else does. It is to open all of `repositories` for reading.

    `authority` is the registry that it is for, None behind a redirect: a hostile one that names another's token
    server shall not meddle with the other's tokens.
    """

    authority: str | None
    realm: str
    service: str
    credential: Credential | None
    repositories: tuple[str, ...]

    @property
    def scopes(self) -> list[str]:
        """One for each repository (distribution, "Token Scope Documentation")."""
        return [f"repository:{repository}:pull" for repository in self.repositories]

    @property
    def is_shared(self) -> bool:
        """Whether the token is for more than one repository."""
        return len(self.repositories) > 1

    def alone(self, repository: str) -> "TokenKey":
        """The key of a token of the same server for `repository` and no other."""
        return self._replace(repositories=(repository,))


@dataclass(slots=True, eq=False)
class Grant:
    """What goes into an Authorization field until `expires` on the clock.

    `key` is that of a token. `opened` are the repositories for which a registry took it, `refusal` is why it
    must not be sent once more.
    """

    authorization: Secret
    expires: float = math.inf
    key: TokenKey | None = None
    opened: set[str] = field(default_factory=set)
    refusal: RegistryError | None = None

    def may_lack(self, repository: str) -> bool:
        """Whether the token is shared and nothing shows that its server granted it for `repository` too."""
        return self.key is not None and self.key.is_shared and repository not in self.opened


async def fetch_token(key: TokenKey, send: Send, now: float) -> Grant:
    """A token for `key`; its life is counted from `now`. Raises RegistryError."""
    identity = key.credential and key.credential.identity_token
    answer = await send(_post(key, identity) if identity else _get(key))
    if identity and answer.status in _NO_OAUTH:
        answer = await send(_get(key))
    if answer.status != 200:
        raise _failure(key, answer)
    document = _document(answer)
    token = document.get("token") or document.get("access_token")
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise _no_token(answer)
    return Grant(bearer(Secret(token)), now + _lifetime(document.get("expires_in")), key)


def _get(key: TokenKey) -> Question:
    service = {"service": key.service} if key.service else {}
    url = httpx.URL(key.realm).copy_merge_params({**service, "scope": key.scopes})
    return Question("GET", url, "application/json", authorization=_basic(key.credential))


def _basic(credential: Credential | None) -> Secret | None:
    if credential is None:
        return None
    secret = credential.password or credential.identity_token
    return basic(credential.username or "<token>", secret) if secret else None


def _post(key: TokenKey, identity: Secret) -> Question:
    scope = " ".join(key.scopes)
    form = {"grant_type": "refresh_token", "service": key.service, "client_id": CLIENT_ID, "scope": scope}
    secrets = {name: Secret(value) for name, value in form.items()} | {"refresh_token": identity}
    return Question("POST", httpx.URL(key.realm), "application/json", form=secrets)


def _lifetime(seconds: object) -> float:
    """Seconds to trust a token for: a little less than its server says."""
    if not isinstance(seconds, int | float) or not 0 < seconds < math.inf:
        seconds = DEFAULT_LIFETIME
    return seconds - min(10.0, seconds / 10)


def _document(answer: Answer) -> dict[str, Any]:
    try:
        document = json.loads(answer.body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise _no_token(answer) from None
    if not isinstance(document, dict):
        raise _no_token(answer)
    return document


def _no_token(answer: Answer) -> Unauthorized:
    return Unauthorized(f"the token server {answer.origin} answers with something that is no token; check the registry")


def _failure(key: TokenKey, answer: Answer) -> RegistryError:
    origin = answer.origin
    match answer.status:
        case 403:
            return Denied(f"the token server {origin} denies access; check the name, or log in with docker login")
        case 401 if key.credential:
            return CredentialsRefused(
                f"the token server {origin} refuses the credentials from {key.credential.source}; log in again"
            )
        case 401:
            return Unauthorized(f"the token server {origin} gives no token without credentials; log in")
    return Unauthorized(f"the token server {origin} answers {answer.status} and gives no token; check the registry")

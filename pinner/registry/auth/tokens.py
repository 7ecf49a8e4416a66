"""Asking a token server, and reading what it answers (distribution, "Token Authentication" and "OAuth2")."""

import json
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import httpx

from pinner.registry.auth.docker_config import Credential
from pinner.registry.errors import CredentialsRefused, Denied, RegistryError, Unauthorized
from pinner.registry.http.requests import Request, Response
from pinner.registry.http.secret import Secret, basic, bearer, is_token

CLIENT_ID = "pinner"
# What a token lasts when its server does not say (distribution, "Token Response Fields").
DEFAULT_LIFETIME = 60.0
# No run is that long, and JSON has numbers that no clock can add.
_LONGEST_LIFETIME = 86400.0
# Servers that know no POST, or no identity tokens: 404 and 405 by the specification, 401 by Artifactory's habit.
_NO_OAUTH = frozenset({400, 401, 404, 405, 501})

Send = Callable[[Request], Awaitable[Response]]


class TokenKey(NamedTuple):
    """What makes one token another: nothing else does. It is to open `repository` for reading.

    `authority` is the registry that it is for, None behind a redirect: a hostile one that names another's token
    server shall not meddle with the other's tokens.
    """

    authority: str | None
    realm: str
    service: str
    credential: Credential | None
    repository: str

    @property
    def scope(self) -> str:
        """What the token is asked for (distribution, "Token Scope Documentation")."""
        return f"repository:{self.repository}:pull"


@dataclass(slots=True, eq=False)
class Authorization:
    """The value of an Authorization field, to be sent until `expires` on the clock.

    `key` is that of a token. `worked` is whether a registry took it once, `refusal` is why it must not be sent again.
    """

    value: Secret
    expires: float = math.inf
    key: TokenKey | None = None
    worked: bool = False
    refusal: RegistryError | None = None


async def fetch_token(key: TokenKey, send: Send, now: float) -> Authorization:
    """Return a token for `key`; its life is counted from `now`. Raises RegistryError."""
    if identity := key.credential and key.credential.identity_token:
        form = {"grant_type": "refresh_token", "service": key.service, "client_id": CLIENT_ID, "scope": key.scope}
        secrets = {name: Secret(value) for name, value in form.items()} | {"refresh_token": identity}
        url = httpx.URL(key.realm)
        response = await send(Request(method="POST", url=url, accept="application/json", form=secrets))
    if not identity or response.status in _NO_OAUTH:
        response = await send(_get(key))
    if response.status != 200:
        raise _failure(key, response)
    document = _document(response)
    token = document.get("token") or document.get("access_token")
    if not is_token(token):
        raise _no_token(response)
    seconds = document.get("expires_in")
    if not isinstance(seconds, int | float) or not 0 < seconds < math.inf:
        seconds = DEFAULT_LIFETIME
    seconds = min(seconds, _LONGEST_LIFETIME)
    # A little less than the server says: it may be on its way when it expires.
    return Authorization(bearer(Secret(token)), now + seconds - min(10.0, seconds / 10), key)


def _get(key: TokenKey) -> Request:
    service = {"service": key.service} if key.service else {}
    url = httpx.URL(key.realm).copy_merge_params({**service, "scope": key.scope})
    secret = key.credential and (key.credential.password or key.credential.identity_token)
    # Docker's own name for the user of an identity token.
    authorization = basic(key.credential.username or "<token>", secret) if key.credential and secret else None
    return Request(method="GET", url=url, accept="application/json", authorization=authorization)


def _document(response: Response) -> dict[str, Any]:
    try:
        document = json.loads(response.body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise _no_token(response) from None
    if not isinstance(document, dict):
        raise _no_token(response)
    return document


def _no_token(response: Response) -> Unauthorized:
    return Unauthorized(
        f"the token server {response.origin} answers with something that is no token; check the registry"
    )


def _failure(key: TokenKey, response: Response) -> RegistryError:
    origin = response.origin
    match response.status:
        case 403:
            return Denied(f"the token server {origin} denies access; check the name, or log in with docker login")
        case 401 if key.credential:
            return CredentialsRefused(
                f"the token server {origin} refuses the credentials from {key.credential.source}; log in again"
            )
        case 401:
            return Unauthorized(f"the token server {origin} gives no token without credentials; log in")
    return Unauthorized(f"the token server {origin} answers {response.status} and gives no token; check the registry")

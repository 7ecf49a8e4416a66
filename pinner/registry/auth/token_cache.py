"""The tokens of a run: one for each repository, as every other client does it."""

from functools import partial

from pinner.registry.auth.docker_config import Credential
from pinner.registry.auth.tokens import Authorization, Send, TokenKey, fetch_token
from pinner.registry.errors import CredentialsRefused, Unauthorized
from pinner.registry.http.limits import Clock
from pinner.registry.http.single_flight import SingleFlight

# A token server as one registry names it, and who is shown to it.
_User = tuple[str | None, str, Credential | None]


class TokenCache:
    """Fetches tokens, each once until it expires or the registry takes it no more."""

    def __init__(self, send: Send, clock: Clock) -> None:
        self._send = send
        self._clock = clock
        self._tokens: SingleFlight[TokenKey, Authorization] = SingleFlight()
        self._accepted: set[_User] = set()
        self._refused: dict[_User, CredentialsRefused] = {}

    async def get(self, key: TokenKey) -> Authorization:
        """Return the token for `key`. Raises RegistryError, CredentialsRefused only for credentials as such.

        Credentials that were refused once, and never taken before, are not shown again: that could lock the account.
        """
        user = key.authority, key.realm, key.credential
        if user in self._refused:
            raise self._refused[user]
        known = self._tokens.known(key)
        if known and known.expires <= self._clock.now():
            self._tokens.forget(key)
        try:
            token = await self._tokens.get(key, partial(fetch_token, key, self._send, self._clock.now()))
        except CredentialsRefused as error:
            if user in self._accepted:
                raise Unauthorized(error.detail) from None
            self._refused[user] = error
            raise
        self._accepted.add(user)
        return token

    def renew(self, refused: Authorization) -> bool:
        """Forget a token that ended, before its time or while it waited to be sent. Return whether it was such a one.

        That the registry took it before, or that its time is over, tells it from one that opens nothing.
        """
        if refused.key is None or not (refused.worked or refused.expires <= self._clock.now()):
            return False
        if self._tokens.known(refused.key) is refused:  # else another request has renewed it
            self._tokens.forget(refused.key)
        return True

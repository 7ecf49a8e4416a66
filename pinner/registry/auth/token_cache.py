"""The tokens of a run. Each is asked for once, and where the server grants it one opens several repositories.

A request may name several scopes, and a server may grant fewer without a word (distribution, "Token
Authentication"). So a shared token that does not open a repository says nothing: that repository is asked
again with a token of its own.
"""

from collections import defaultdict
from functools import partial

from pinner.registry.auth.credentials import Credentials
from pinner.registry.auth.docker_config import Credential
from pinner.registry.auth.tokens import Grant, Send, TokenKey, fetch_token
from pinner.registry.errors import CredentialsRefused, RegistryError
from pinner.registry.http.limits import Clock
from pinner.registry.http.single_flight import SingleFlight

# A token that lists ten repositories has about a kilobyte, for which the header limit of every proxy has room.
MAX_SHARED = 10
# Code points of their names together, which keeps the query within the 2,048 bytes that every server takes.
MAX_NAMES = 1200

# A token server as one registry names it, and who is somebody there.
_Server = tuple[str | None, str]
_User = tuple[_Server, Credential | None]


class Keyring:
    """Knows which token opens which repository.

    A key that is given here is that of a token for one repository; `_chosen` says which token stands in for it.
    """

    def __init__(self, send: Send, credentials: Credentials, clock: Clock) -> None:
        self._send = send
        self._credentials = credentials
        self._clock = clock
        self._grants: SingleFlight[TokenKey, Grant] = SingleFlight()
        self._chosen: dict[TokenKey, TokenKey] = {}
        self._expected: defaultdict[str | None, dict[str, None]] = defaultdict(dict)
        self._unshared: set[_Server] = set()
        self._accepted: set[_User] = set()
        self._refused: dict[_User, CredentialsRefused] = {}

    def expect(self, authority: str, repository: str) -> None:
        """Note that a repository will be asked of the registry at `authority`."""
        self._expected[authority][repository] = None

    async def get(self, key: TokenKey) -> Grant:
        """A token for what `key` names, perhaps one for more of the same registry. Raises RegistryError."""
        if key not in self._chosen:
            await self._choose(key)
        chosen = self._chosen[key]
        try:
            return await self._fetch(chosen)
        except RegistryError:
            if not chosen.is_shared:
                raise
        self.unshare(key)
        return await self._fetch(key)

    def renew(self, grant: Grant, repository: str) -> bool:
        """Whether `get` has something better now than `grant`, which the registry does not take for `repository`."""
        if grant.key is None or repository not in grant.opened:
            return self.separate(grant, repository)
        self._grants.forget(grant.key)  # the registry took it before: it ended before its time
        return True

    def separate(self, grant: Grant, repository: str) -> bool:
        """Give `repository` a token of its own if `grant` may not have been for it. Whether that is so."""
        if grant.key is None or not grant.may_lack(repository):
            return False
        alone = grant.key.alone(repository)
        self._chosen[alone] = alone
        return True

    def unshare(self, key: TokenKey) -> None:
        """Ask the server of `key` for one repository at a time, also for those that no shared token has opened."""
        server = _server(key)
        self._unshared.add(server)
        for each, chosen in self._chosen.items():
            if _server(each) == server and not self._has_opened(chosen, each.repositories[0]):
                self._chosen[each] = each

    def _has_opened(self, chosen: TokenKey, repository: str) -> bool:
        grant = self._grants.known(chosen)
        return grant is not None and repository in grant.opened

    async def _choose(self, key: TokenKey) -> None:
        """Choose the token that stands in for `key` and, where its server shares, for others that wait for theirs."""
        mates = [] if _server(key) in self._unshared else await self._mates(key)
        if key in self._chosen:  # meanwhile, by another task
            return
        waiting = self._expected[key.authority]
        mates = [mate for mate in mates if mate in waiting]
        # In the middle, so that the first answer tells of a server that grants the first scope alone, or the last.
        shared = key._replace(repositories=(*mates[:1], *key.repositories, *mates[1:]))
        for repository in shared.repositories:
            waiting.pop(repository, None)
            self._chosen[key.alone(repository)] = shared

    async def _mates(self, key: TokenKey) -> list[str]:
        """Repositories of the same registry, for which the same credential counts and no token has been asked for."""
        (own,) = key.repositories
        mates: list[str] = []
        room = MAX_NAMES - len(own)
        for repository in list(self._expected[key.authority]):
            if repository == own or not await self._is_for(key, repository):
                continue
            room -= len(repository)
            if room < 0 or len(mates) == MAX_SHARED - 1:
                break
            mates.append(repository)
        return mates

    async def _is_for(self, key: TokenKey, repository: str) -> bool:
        """Whether the credential of `key` counts for another repository, too."""
        return key.authority is not None and key.credential == await self._credentials.of(key.authority, repository)

    async def _fetch(self, key: TokenKey) -> Grant:
        user = _server(key), key.credential
        if user in self._refused:
            raise self._refused[user]
        known = self._grants.known(key)
        if known and known.expires <= self._clock.now():
            self._grants.forget(key)
        try:
            grant = await self._grants.get(key, partial(fetch_token, key, self._send, self._clock.now()))
        except CredentialsRefused as error:
            if user not in self._accepted and not key.is_shared:
                self._refused[user] = error
            raise
        self._accepted.add(user)
        return grant


def _server(key: TokenKey) -> _Server:
    return key.authority, key.realm

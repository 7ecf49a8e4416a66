"""The user's credentials, from files and helpers, read when a registry asks for them."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from pinner.model.errors import ReadError
from pinner.model.files import read_file
from pinner.model.reference import DOCKER_HUB
from pinner.registry.auth.credential_helpers import HelperFailed, ask_helper
from pinner.registry.auth.docker_config import AuthFile, Credential, normalise, parse_auth_file
from pinner.registry.http.single_flight import SingleFlight

# The key under which `docker login` keeps Docker Hub's credentials.
DOCKER_HUB_KEY = "https://index.docker.io/v1/"

AskHelper = Callable[[str, str, Mapping[str, str]], Awaitable[Credential | None]]


class Credentials:
    """The user's credentials, by the sources that `environ` names.

    The first source that knows a registry wins: DOCKER_AUTH_CONFIG, REGISTRY_AUTH_FILE, Docker's
    config.json, Podman's auth.json. In one source a host's helper beats the helper for all hosts,
    which beats what the file itself holds. `problems` are sentences on sources that could not be used.
    """

    def __init__(self, environ: Mapping[str, str], ask: AskHelper = ask_helper) -> None:
        self.problems: list[str] = []
        self._environ = environ
        self._ask = ask
        self._files: list[AuthFile] | None = None
        self._asked: SingleFlight[tuple[str, str], Credential | None] = SingleFlight()

    async def of(self, authority: str, repository: str) -> Credential | None:
        """Return what to show the registry at `authority` for `repository`, None for nothing."""
        if self._files is None:
            self._files = list(self._read())
        server = DOCKER_HUB_KEY if normalise(authority) == DOCKER_HUB else authority
        for file in self._files:
            found = None
            if name := file.helper(authority):
                found = await self._asked.get((name, server), partial(self._try, name, server))
            if found := found or file.inline(authority, repository):
                return found
        return None

    async def _try(self, name: str, server: str) -> Credential | None:
        try:
            return await self._ask(name, server, self._environ)
        except HelperFailed as error:
            self.problems.append(str(error))
            return None

    def _read(self) -> Iterator[AuthFile]:
        if text := self._environ.get("DOCKER_AUTH_CONFIG"):
            yield self._parse(text, "DOCKER_AUTH_CONFIG")
        for path in auth_file_paths(self._environ):
            try:
                text = read_file(str(path)).decode("utf-8")
            except (ReadError, UnicodeDecodeError) as error:
                if not isinstance(error.__cause__, FileNotFoundError):
                    self.problems.append(f"the credentials in {path} cannot be read")
                continue
            yield self._parse(text, str(path))

    def _parse(self, text: str, source: str) -> AuthFile:
        try:
            return parse_auth_file(text, source)
        except ValueError:
            self.problems.append(f"the credentials in {source} are not a JSON object")
            return AuthFile()


def auth_file_paths(environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield where credential files lie, whether they exist or not."""
    home = environ.get("HOME")
    if named := environ.get("REGISTRY_AUTH_FILE"):
        yield Path(named)
    if docker := environ.get("DOCKER_CONFIG") or (home and f"{home}/.docker"):
        yield Path(docker, "config.json")
    if runtime := environ.get("XDG_RUNTIME_DIR"):
        yield Path(runtime, "containers", "auth.json")
    if config := environ.get("XDG_CONFIG_HOME") or (home and f"{home}/.config"):
        yield Path(config, "containers", "auth.json")

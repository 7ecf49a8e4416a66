"""The credential files of Docker (`config.json`) and Podman (containers-auth.json(5))."""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pinner.model.reference import DOCKER_HUB
from pinner.registry.http.secret import Secret, is_text, is_token
from pinner.registry.http.urls import ascii_authority

_HUB_NAMES = {"docker.io", "index.docker.io", "registry-1.docker.io"}
# What Docker's legacy keys have behind the host, as in https://index.docker.io/v1/
_API_PATHS = {"v1", "v2"}


class Credential(NamedTuple):
    """What to show a registry or its token server. Exactly one of the secrets is set."""

    source: str
    username: str = ""
    password: Secret | None = None
    identity_token: Secret | None = None
    registry_token: Secret | None = None


class AuthFile(NamedTuple):
    """One file: credentials by normalised key, helpers by normalised host, the helper for all other hosts."""

    auths: Mapping[str, Credential] = {}
    helpers: Mapping[str, str] = {}
    store: str | None = None

    def helper(self, authority: str) -> str | None:
        """Return the name of the helper that knows `authority`."""
        return self.helpers.get(normalise(authority)) or self.store

    def inline(self, authority: str, repository: str) -> Credential | None:
        """Return the credential with the longest key that covers the repository."""
        for key in _keys(normalise(authority), repository):
            if key in self.auths:
                return self.auths[key]
        return None


def _keys(host: str, repository: str) -> Iterator[str]:
    """Yield `host/a/b`, `host/a`, `host`: Podman lets a key name a namespace or a repository."""
    name = f"{host}/{repository}"
    while name != host:
        yield name
        name = name.rpartition("/")[0]
    yield host


def normalise(key: str) -> str:
    """Return a key without scheme, API path and upper case, its host in ASCII; Docker Hub has one name.

    With a scheme the path never counts.
    """
    bare = key.strip().removeprefix("https://").removeprefix("http://")
    host, _, path = bare.partition("/")
    host = ascii_authority(host)
    host = DOCKER_HUB if host in _HUB_NAMES else host
    path = path.strip("/")
    return host if "://" in key or path in _API_PATHS or not path else f"{host}/{path}"


def parse_auth_file(text: str, source: str) -> AuthFile:
    """Return the file's content without entries that make no sense. Raises ValueError when it is no JSON object."""
    try:
        document = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(document, dict):
        raise ValueError("not a JSON object")
    auths = {
        normalise(key): credential
        for key, entry in _entries(document, "auths")
        if isinstance(entry, dict) and (credential := _credential(entry, source))
    }
    helpers = {normalise(key): name for key, name in _entries(document, "credHelpers") if isinstance(name, str)}
    return AuthFile(auths=auths, helpers=helpers, store=_text(document, "credsStore") or None)


def _entries(document: dict[str, Any], name: str) -> list[tuple[str, Any]]:
    section = document.get(name)
    return list(section.items()) if isinstance(section, dict) else []


def _credential(entry: dict[str, Any], source: str) -> Credential | None:
    username, password = _decode(_text(entry, "auth"))
    username, password = _text(entry, "username") or username, _text(entry, "password") or password
    if token := _text(entry, "identitytoken"):
        return Credential(source, username, identity_token=Secret(token))
    if is_token(registry_token := entry.get("registrytoken")):
        return Credential(source, registry_token=Secret(registry_token))
    return Credential(source, username, password=Secret(password)) if username and password else None


def _decode(auth: str) -> tuple[str, str]:
    """User and password from base64 of `user:password`; Docker pads with NUL.

    Line breaks are passed over, as Go does: `base64` breaks what is longer than 76 characters.
    """
    try:
        user, _, password = base64.b64decode(re.sub("[\r\n]", "", auth), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return user, password.strip("\0")


def _text(entry: dict[str, Any], name: str) -> str:
    value = entry.get(name)
    return value if is_text(value) else ""

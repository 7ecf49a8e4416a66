import asyncio
import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.registry.auth.credential_helpers import HelperFailed
from pinner.registry.auth.credentials import Credentials
from pinner.registry.auth.docker_config import AuthFile, Credential, normalise, parse_auth_file
from pinner.registry.http.secret import Secret


def encoded(text: str) -> dict[str, str]:
    return {"auth": base64.b64encode(text.encode()).decode()}


def config(**sections: Any) -> str:
    return json.dumps(sections)


class Helper:
    """A helper that knows `known` and keeps what it was asked."""

    def __init__(self, known: Mapping[str, Credential], failure: str = "") -> None:
        self.asked: list[tuple[str, str]] = []
        self._known = known
        self._failure = failure

    async def __call__(self, name: str, server: str, environ: Mapping[str, str]) -> Credential | None:
        self.asked.append((name, server))
        if self._failure:
            raise HelperFailed(self._failure)
        return self._known.get(server)


def find(
    environ: Mapping[str, str], authority: str, repository: str = "team/app", helper: Helper | None = None
) -> str | None:
    """`user:password` or the token that is found."""
    credential = asyncio.run(Credentials(environ, helper or Helper({})).of(authority, repository))
    return shown(credential)


def shown(credential: Credential | None) -> str | None:
    match credential:
        case None:
            return None
        case Credential(password=Secret() as password):
            return f"{credential.username}:{password.reveal()}"
        case Credential(identity_token=Secret() as token):
            return f"identity {token.reveal()}"
        case Credential(registry_token=Secret() as token):
            return f"registry {token.reveal()}"
    raise AssertionError(credential)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("https://index.docker.io/v1/", "docker.io"),
        ("index.docker.io/v1/", "docker.io"),
        ("index.docker.io", "docker.io"),
        ("registry-1.docker.io", "docker.io"),
        ("docker.io", "docker.io"),
        ("docker.io/library/node", "docker.io/library/node"),
        ("https://reg.example/v2/", "reg.example"),
        ("https://reg.example/team", "reg.example"),
        ("http://reg.example:5000", "reg.example:5000"),
        ("Reg.Example:5000/v2", "reg.example:5000"),
        ("reg.example/team/", "reg.example/team"),
        ("[::1]:5000", "[::1]:5000"),
        ("https://faß.example/v2/", "xn--fa-hia.example"),
        ("faß.example:5000/team", "xn--fa-hia.example:5000/team"),
        ("", ""),
    ],
)
def test_normalise(key: str, expected: str) -> None:
    assert normalise(key) == expected


AUTHS = {
    "reg.example": encoded("host:1"),
    "reg.example/team": encoded("team:2"),
    "reg.example/team/app": encoded("app:3"),
    "https://index.docker.io/v1/": encoded("hub:4"),
    "https://legacy.example/v2/team": encoded("legacy:5"),
    "port.example:5000": encoded("port:6"),
    "identity.example": {**encoded("x:"), "identitytoken": "idt"},
    "registry.example": {"registrytoken": "rt"},
    "plain.example": {"username": "u", "password": "p"},
    "colon.example": encoded("user:pa:ss"),
    "padded.example": encoded("user:pass\0\0"),
    "wrapped.example": {"auth": "dXNl\r\ncjpw\nYXNz\n"},
    "spaced.example": {"auth": "dXNl cjpwYXNz"},
    "faß.example": encoded("idn:8"),
    "empty.example": {},
    "bad.example": {"auth": "%%%"},
    "binary.example": {"auth": base64.b64encode(b"\xff\xfe:x").decode()},
    "nouser.example": encoded(":secret"),
    "odd.example": "text",
    "number.example": {"auth": 5, "identitytoken": []},
    "umlaut.example": {"username": "ü", "password": "ß\t"},
    "surrogate.example": {"username": "u", "password": "\ud800"},
    "lines.example": {"registrytoken": "a\nb"},
}


@pytest.mark.parametrize(
    ("authority", "repository", "expected"),
    [
        ("reg.example", "other", "host:1"),
        ("REG.example", "other", "host:1"),
        ("reg.example", "team/x", "team:2"),
        ("reg.example", "team/app", "app:3"),
        ("reg.example", "team/app/deep", "app:3"),
        ("reg.example", "teamwork", "host:1"),
        ("reg.example:5000", "team/app", None),
        ("docker.io", "library/node", "hub:4"),
        ("legacy.example", "any", "legacy:5"),
        ("port.example:5000", "any", "port:6"),
        ("port.example", "any", None),
        ("xn--fa-hia.example", "any", "idn:8"),
        ("fass.example", "any", None),
        ("identity.example", "any", "identity idt"),
        ("registry.example", "any", "registry rt"),
        ("plain.example", "any", "u:p"),
        ("colon.example", "any", "user:pa:ss"),
        ("padded.example", "any", "user:pass"),
        ("umlaut.example", "any", "ü:ß\t"),
        ("wrapped.example", "any", "user:pass"),
        *((f"{name}.example", "any", None) for name in "empty bad binary nouser odd number unknown".split()),
        *((f"{name}.example", "any", None) for name in ("surrogate", "lines", "spaced")),
    ],
)
def test_keys_of_a_file(authority: str, repository: str, expected: str | None) -> None:
    environ = {"DOCKER_AUTH_CONFIG": config(auths=AUTHS)}
    assert find(environ, authority, repository) == expected


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def everywhere(tmp_path: Path, *names: str) -> dict[str, str]:
    """An environment in which each of the sources `names` knows reg.example by its own name."""
    paths = {
        "REGISTRY_AUTH_FILE": tmp_path / "named.json",
        "docker": tmp_path / "home/.docker/config.json",
        "runtime": tmp_path / "run/containers/auth.json",
        "podman": tmp_path / "home/.config/containers/auth.json",
    }
    environ = {"HOME": str(tmp_path / "home"), "XDG_RUNTIME_DIR": str(tmp_path / "run")}
    for name in names:
        text = config(auths={"reg.example": encoded(f"{name}:x")})
        if name == "DOCKER_AUTH_CONFIG":
            environ[name] = text
        else:
            write(paths[name], text)
    if "REGISTRY_AUTH_FILE" in names:
        environ["REGISTRY_AUTH_FILE"] = str(paths["REGISTRY_AUTH_FILE"])
    return environ


SOURCES = ["DOCKER_AUTH_CONFIG", "REGISTRY_AUTH_FILE", "docker", "runtime", "podman"]


@pytest.mark.parametrize("count", range(1, len(SOURCES) + 1))
def test_the_first_source_wins(tmp_path: Path, count: int) -> None:
    sources = SOURCES[-count:]
    assert find(everywhere(tmp_path, *sources), "reg.example") == f"{sources[0]}:x"


def test_docker_config_moves_the_file(tmp_path: Path) -> None:
    write(tmp_path / "config.json", config(auths={"reg.example": encoded("moved:x")}))
    environ = everywhere(tmp_path, "docker") | {"DOCKER_CONFIG": str(tmp_path)}
    assert find(environ, "reg.example") == "moved:x"


def test_a_source_that_does_not_know_the_registry_is_passed_over(tmp_path: Path) -> None:
    environ = everywhere(tmp_path, "docker") | {"DOCKER_AUTH_CONFIG": config(auths={"other.example": encoded("o:x")})}
    assert find(environ, "reg.example") == "docker:x"


def test_without_home_there_is_nothing() -> None:
    assert find({}, "reg.example") is None


KNOWN = {
    "reg.example": Credential("helper", "helped", password=Secret("x")),
    "https://index.docker.io/v1/": Credential("helper", "hub", password=Secret("x")),
}


@pytest.mark.parametrize(
    ("sections", "authority", "expected", "asked"),
    [
        ({"credsStore": "s"}, "reg.example", "helped:x", [("s", "reg.example")]),
        ({"credsStore": "s"}, "docker.io", "hub:x", [("s", "https://index.docker.io/v1/")]),
        ({"credsStore": "s"}, "other.example", None, [("s", "other.example")]),
        ({"credHelpers": {"reg.example": "h"}}, "reg.example", "helped:x", [("h", "reg.example")]),
        ({"credHelpers": {"https://reg.example": "h"}}, "reg.example", "helped:x", [("h", "reg.example")]),
        ({"credHelpers": {"index.docker.io": "h"}}, "docker.io", "hub:x", [("h", "https://index.docker.io/v1/")]),
        ({"credHelpers": {"reg.example": "h"}, "credsStore": "s"}, "reg.example", "helped:x", [("h", "reg.example")]),
        ({"credHelpers": {"reg.example": "h"}}, "other.example", None, []),
        ({"credsStore": "s", "auths": {"reg.example": encoded("f:x")}}, "reg.example", "helped:x", None),
        ({"credsStore": "s", "auths": {"o.example": encoded("f:x")}}, "o.example", "f:x", [("s", "o.example")]),
        ({"credHelpers": {"reg.example": 5}, "credsStore": []}, "reg.example", None, []),
    ],
)
def test_helpers(
    sections: dict[str, Any], authority: str, expected: str | None, asked: list[tuple[str, str]] | None
) -> None:
    helper = Helper(KNOWN)
    assert find({"DOCKER_AUTH_CONFIG": config(**sections)}, authority, helper=helper) == expected
    assert asked is None or helper.asked == asked


def test_a_helper_is_asked_once_for_each_registry() -> None:
    helper = Helper(KNOWN)
    credentials = Credentials({"DOCKER_AUTH_CONFIG": config(credsStore="s")}, helper)

    async def run() -> None:
        for repository in ("a", "b"):
            await asyncio.gather(*(credentials.of("reg.example", repository) for _ in range(5)))

    asyncio.run(run())
    assert helper.asked == [("s", "reg.example")]


def test_a_helper_that_fails_is_a_problem_and_no_credential() -> None:
    credentials = Credentials({"DOCKER_AUTH_CONFIG": config(credsStore="s")}, Helper({}, "it broke"))
    assert asyncio.run(credentials.of("reg.example", "a")) is None
    assert credentials.problems == ["it broke"]


@pytest.mark.parametrize("text", ["{", "[]", "nothing", "[" * 100_000, '{"a": ' + "9" * 10_000 + "}"])
def test_a_file_that_cannot_be_understood_is_a_problem(tmp_path: Path, text: str) -> None:
    path = write(tmp_path / "config.json", text)
    credentials = Credentials({"DOCKER_CONFIG": str(tmp_path)})
    assert asyncio.run(credentials.of("reg.example", "a")) is None
    assert credentials.problems == [f"the credentials in {path} are not a JSON object"]


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "config.json").mkdir()
    credentials = Credentials({"DOCKER_CONFIG": str(tmp_path), "REGISTRY_AUTH_FILE": "nul\0"})
    assert asyncio.run(credentials.of("reg.example", "a")) is None
    assert len(credentials.problems) == 2


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from("auths credHelpers credsStore auth username password identitytoken reg.example".split())
documents = st.dictionaries(
    names, json_values | st.dictionaries(names, json_values | st.dictionaries(names, st.text()))
)


@given(documents, st.text(), st.text())
def test_any_file_is_survived(document: dict[str, Any], authority: str, repository: str) -> None:
    file = parse_auth_file(json.dumps(document), "test")
    assert isinstance(file, AuthFile)
    file.helper(authority)
    file.inline("reg.example", repository)


@given(st.text())
def test_any_text_is_a_file_or_no_file(text: str) -> None:
    with suppress(ValueError):
        parse_auth_file(text, "test")

"""No credential ever reaches a server that it is not for, nor anything that people or logs see."""

import base64
import json
import logging
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from pinner.model.reference import parse
from pinner.model.resolution import Unresolved
from pinner.registry.resolver import resolve
from pinner.registry.settings import RegistrySettings
from tests.support.answers import ASK_FOR_TOKEN, RIGHT_GET, RIGHT_HEAD, challenge, head, outcome, redirect, resolve_one
from tests.support.certificates import Authority
from tests.support.misbehaving import Misbehaving, Script, misbehaving, misbehaving_pair, reply

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("hurried")]

USER = "deploy"
PASSWORD = "hunter2-hunter2"
BASIC = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
IDENTITY_TOKEN = "identity-0123456789"
ACCESS_TOKEN = "access-9876543210"
OTHER_TOKEN = "a-token-of-the-other-server"
COOKIE = "session-5555555555"
SECRETS = (PASSWORD, BASIC, IDENTITY_TOKEN, ACCESS_TOKEN)

CREDENTIALS = {
    "password": {"auth": BASIC},
    "identity token": {"auth": BASIC, "identitytoken": IDENTITY_TOKEN},
}


def with_cookie(answer: bytes) -> bytes:
    return answer.replace(b"\r\n", f"\r\nSet-Cookie: id={COOKIE}; Path=/\r\n".encode(), 1)


ACCESS = reply(fields={"Content-Type": "application/json"}, body=json.dumps({"token": ACCESS_TOKEN}).encode())
OTHER_ACCESS = reply(fields={"Content-Type": "application/json"}, body=json.dumps({"token": OTHER_TOKEN}).encode())
ASK_FOR_PASSWORD = with_cookie(challenge('Basic realm="registry"'))
ASK = with_cookie(ASK_FOR_TOKEN)
GO_THERE = with_cookie(redirect("{other_url}/v2/app/manifests/1"))


def ask_at(realm: str) -> Script:
    """A registry whose tokens are to be had elsewhere."""
    return Script([with_cookie(challenge(f'Bearer realm="{realm}",service="s",scope="repository:app:pull"'))])


WILLING = Script([RIGHT_HEAD], [RIGHT_GET], [OTHER_ACCESS], [RIGHT_HEAD])


class Trap(NamedTuple):
    """A registry for which there are credentials, and another server that would like to have them."""

    name: str
    registry: Script
    other: Script = WILLING


TRAPS = [
    Trap("redirect after Basic", Script([ASK_FOR_PASSWORD, GO_THERE])),
    Trap("redirect after Bearer", Script([ASK, GO_THERE], token=[ACCESS])),
    Trap("redirect at once", Script([GO_THERE])),
    Trap("redirect of GET", Script([head(digest="")], [ASK, GO_THERE], [ACCESS])),
    Trap(
        "redirect to one who asks for a password", Script([ASK, GO_THERE], token=[ACCESS]), Script([ASK_FOR_PASSWORD])
    ),
    Trap(
        "redirect to one who asks for a token",
        Script([ASK, GO_THERE], token=[ACCESS]),
        Script([ASK], token=[OTHER_ACCESS]),
    ),
    Trap(
        "redirect to one whose tokens are here",
        Script([ASK, GO_THERE], token=[ACCESS, OTHER_ACCESS]),
        ask_at("{other_url}/token"),
    ),
    Trap("redirect of the request for a token", Script([ASK], token=[GO_THERE])),
    Trap(
        "redirect with this registry as the user",
        Script([ASK, redirect("http://{host}@{other_host}/x")], token=[ACCESS]),
    ),
    Trap(
        "redirect there and back",
        Script([ASK, GO_THERE, RIGHT_HEAD], token=[ACCESS]),
        Script([redirect("{other_url}/v2/app/manifests/1")]),
    ),
    Trap("realm at another port", ask_at("{other_url}/token")),
    Trap("realm at another name", ask_at("http://localhost:{other_port}/token")),
    Trap("realm with this registry as the user", ask_at("http://{host}@{other_host}/token")),
    Trap("realm with a backslash", ask_at("http://{other_host}\\\\\\\\@{host}/token")),
    Trap("realm with this registry in the query", ask_at("{other_url}/token?host={host}")),
    Trap(
        "realm in the second challenge",
        Script([challenge('Negotiate abc=, Bearer realm="{other_url}/token", Basic realm="b"')]),
    ),
]


def environment(host: str, credentials: dict[str, str]) -> dict[str, str]:
    """An environment in which `docker login` was done for `host`."""
    return {**os.environ, "DOCKER_AUTH_CONFIG": json.dumps({"auths": {host: credentials}})}


def assert_saw_nothing(server: Misbehaving) -> None:
    """The server heard no Authorization but its own token, no cookie, and none of the secrets in whatever form."""
    for request in server.heard:
        assert request.authorization in (None, f"Bearer {OTHER_TOKEN}")
        assert request.field("cookie") is None
        assert not found_in([(request.head + request.body).decode("latin-1")])


def found_in(texts: Iterable[str]) -> list[str]:
    """The secrets that are in any of `texts`."""
    return [secret for text in texts for secret in SECRETS if secret in text]


@pytest.mark.parametrize("trap", [pytest.param(trap, id=trap.name) for trap in TRAPS])
@pytest.mark.parametrize("credentials", CREDENTIALS.values(), ids=CREDENTIALS)
def test_another_server_sees_no_credentials(
    trap: Trap,
    credentials: dict[str, str],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    lines: list[str] = []
    with misbehaving_pair(trap.registry, trap.other) as (registry, other):
        settings = RegistrySettings(environ=environment(registry.host, credentials), log=lines.append)
        resolution = resolve_one(registry, settings)
        assert_saw_nothing(other)
        assert not any(request.field("cookie") for request in registry.heard)
    assert not found_in([*lines, *capfd.readouterr(), caplog.text, repr(resolution), repr(settings)])


def test_no_secret_is_printed() -> None:
    """All traps at once, so that one process says all that there is to say."""
    with ExitStack() as running:
        pairs = [running.enter_context(misbehaving_pair(trap.registry, trap.other)) for trap in TRAPS]
        registries = [registry for registry, _ in pairs]
        command = [sys.executable, "-m", "pinner", "resolve", "-v", *(f"{each.host}/app:1" for each in registries)]
        config = {"auths": {each.host: CREDENTIALS["password"] for each in registries}}
        environ = {**os.environ, "DOCKER_AUTH_CONFIG": json.dumps(config)}
        run = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120)
        assert all(each.heard for each in registries), run.stderr
        for _, other in pairs:
            assert_saw_nothing(other)
    assert run.returncode == 3, run.stderr
    assert "Traceback" not in run.stderr
    assert not found_in([run.stdout, run.stderr])


def test_a_password_goes_where_it_belongs() -> None:
    with misbehaving(Script([ASK_FOR_PASSWORD, RIGHT_HEAD])) as registry:
        resolve_one(registry, RegistrySettings(environ=environment(registry.host, CREDENTIALS["password"])))
        assert [request.authorization for request in registry.heard] == [None, f"Basic {BASIC}"]


def test_an_identity_token_goes_where_it_belongs() -> None:
    with misbehaving(Script([ASK, RIGHT_HEAD], token=[ACCESS])) as registry:
        resolve_one(registry, RegistrySettings(environ=environment(registry.host, CREDENTIALS["identity token"])))
        asked = [request for request in registry.heard if "/token" in request.target]
        assert [request.method for request in asked] == ["POST"]
        assert f"refresh_token={IDENTITY_TOKEN}".encode() in asked[0].body
        assert registry.heard[-1].authorization == f"Bearer {ACCESS_TOKEN}"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:{port}", "{host}/another", "{host}.example"])
def test_credentials_of_another_name_are_not_used(host: str) -> None:
    with misbehaving(Script([ASK_FOR_PASSWORD])) as registry:
        name = host.format(host=registry.host, port=registry.host.rpartition(":")[2])
        resolve_one(registry, RegistrySettings(environ=environment(name, CREDENTIALS["password"])))
        assert_saw_nothing(registry)


def test_the_credentials_of_a_registry_do_not_go_to_its_mirror() -> None:
    with misbehaving(Script([ASK_FOR_PASSWORD])) as mirror:
        environ = environment("registry.example:5000", CREDENTIALS["password"])
        settings = RegistrySettings(environ=environ, mirrors={"*": mirror.url})
        [resolution] = resolve([parse("registry.example:5000/app:1")], settings).values()
        assert isinstance(resolution, Unresolved)
        assert mirror.heard
        assert_saw_nothing(mirror)


def test_netrc_is_not_read(tmp_path: Path) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text(f"machine 127.0.0.1 login {USER} password {PASSWORD}\n")
    netrc.chmod(0o600)
    with misbehaving(Script([ASK_FOR_PASSWORD])) as registry:
        resolve_one(registry, RegistrySettings(environ={**os.environ, "HOME": str(tmp_path), "NETRC": str(netrc)}))
        assert_saw_nothing(registry)


DOWNGRADES = {
    "redirect": Script([ASK, GO_THERE], token=[ACCESS]),
    "realm": ask_at("{other_url}/token"),
    "redirect of the request for a token": Script([ASK], token=[GO_THERE]),
}


@pytest.mark.parametrize("script", DOWNGRADES.values(), ids=DOWNGRADES)
def test_nothing_goes_from_https_to_http(script: Script, authority: Authority) -> None:
    certificate = authority.issue("downgrade")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.certificate, certificate.key)
    with misbehaving_pair(script, WILLING, context) as (registry, other):
        environ = environment(registry.host, CREDENTIALS["password"])
        settings = RegistrySettings(environ=environ, ca_file=str(authority.certificate))
        resolution = resolve_one(registry, settings)
        assert isinstance(resolution, Unresolved)
        assert resolution.reason in ("redirect-refused", "realm-not-trusted")
        assert other.heard == []


PRIVATE = ["127.0.0.1:{other_port}", "localhost:{other_port}", "10.0.0.1", "[fd00::1]", "2130706433", "127.1"]


def outside_world(host: str | bytes | None, *arguments: object, **options: object) -> list[object]:
    """`getaddrinfo` where registry.example is on the internet and all other names are this machine."""
    address = "93.184.216.34" if host == "registry.example" else "127.0.0.1"
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))]


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("target", PRIVATE)
def test_nothing_goes_to_a_private_address_from_outside(
    target: str, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A registry of the internet, which a proxy stands for, redirects into the network of who asks."""
    monkeypatch.setattr(socket, "getaddrinfo", outside_world)
    script = Script([redirect(f"{scheme}://{target}/x")], other=[reply(502)])
    with misbehaving_pair(script, WILLING) as (proxy, other):
        settings = RegistrySettings(
            environ={"http_proxy": proxy.url, "https_proxy": proxy.url}, insecure={"registry.example"}
        )
        [resolution] = resolve([parse("registry.example/app:1")], settings).values()
        assert outcome(resolution) == "redirect-refused"
        assert proxy.count("HEAD", "http://registry.example/v2/app/manifests/1") == 1
        assert other.heard == []

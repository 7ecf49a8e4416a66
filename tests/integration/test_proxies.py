"""The way through a proxy to a registry whose name nobody but the proxy can look up."""

import base64
import ssl

import pytest

from pinner.model.reference import parse
from pinner.model.resolution import Resolution, Unresolved
from pinner.registry.resolver import resolve
from pinner.registry.settings import RegistrySettings
from tests.support.answers import DIGEST, RIGHT_HEAD, outcome
from tests.support.certificates import Authority
from tests.support.misbehaving import Misbehaving, Script, misbehaving, reply
from tests.support.proxy import proxy

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("hurried")]

SECRET = "hunter2"


@pytest.fixture
def context(authority: Authority) -> ssl.SSLContext:
    certificate = authority.issue("proxied")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.certificate, certificate.key)
    return context


def ask(through: str, authority: Authority, name: str = "registry.example/app:1") -> Resolution:
    settings = RegistrySettings(environ={"HTTPS_PROXY": through}, ca_file=str(authority.certificate))
    [resolution] = resolve([parse(name)], settings).values()
    return resolution


def was_heard_by(registry: Misbehaving) -> bytes:
    return b"".join(request.head for request in registry.heard)


def test_a_tunnel_leads_to_the_registry(authority: Authority, context: ssl.SSLContext) -> None:
    with misbehaving(Script([RIGHT_HEAD]), context) as registry, proxy(registry.host) as way:
        assert outcome(ask(f"http://{way.host}", authority)) == DIGEST
        assert [head[0] for head in way.heads] == ["CONNECT registry.example:443 HTTP/1.1"]
        assert b"Host: registry.example\r\n" in was_heard_by(registry)


def test_the_password_of_the_proxy_is_for_the_proxy(authority: Authority, context: ssl.SSLContext) -> None:
    with misbehaving(Script([RIGHT_HEAD]), context) as registry, proxy(registry.host) as way:
        assert outcome(ask(f"http://me:{SECRET}@{way.host}", authority)) == DIGEST
        shown = base64.b64encode(f"me:{SECRET}".encode()).decode()
        assert f"Proxy-Authorization: Basic {shown}" in way.heads[0]
        assert b"Authorization" not in was_heard_by(registry)


@pytest.mark.parametrize("status", [403, 407, 502])
def test_a_proxy_that_refuses(status: int, authority: Authority) -> None:
    with proxy("127.0.0.1:9", refusal=reply(status)) as way:
        resolution = ask(f"http://me:{SECRET}@{way.host}", authority)
    assert isinstance(resolution, Unresolved)
    assert resolution.reason == "unreachable"
    assert f"the proxy refuses to connect to registry.example ({status})" in resolution.detail
    assert SECRET not in repr(resolution)


def test_a_proxy_that_speaks_no_tls_makes_no_registry_insecure(authority: Authority) -> None:
    with misbehaving(Script()) as way:
        resolution = ask(f"https://me:{SECRET}@{way.host}", authority)
    assert isinstance(resolution, Unresolved)
    assert resolution.reason == "tls"
    assert "the proxy that the environment names for registry.example does not speak TLS" in resolution.detail
    assert "--insecure" not in resolution.detail
    assert SECRET not in repr(resolution)


def test_a_registry_behind_a_proxy_that_speaks_no_tls(authority: Authority) -> None:
    with misbehaving(Script()) as registry, proxy(registry.host) as way:
        resolution = ask(f"http://{way.host}", authority)
    assert isinstance(resolution, Unresolved)
    assert "pass --insecure registry.example" in resolution.detail


def test_the_certificate_must_be_the_registry_s(authority: Authority, context: ssl.SSLContext) -> None:
    with misbehaving(Script([RIGHT_HEAD]), context) as registry, proxy(registry.host) as way:
        assert outcome(ask(f"http://{way.host}", authority, "other.example/app:1")) == "tls"
        assert registry.heard == []

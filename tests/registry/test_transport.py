"""What speaks to an origin: proxies, certificates."""

import os
import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest

from pinner.registry.addresses import Addresses
from pinner.registry.connection import Connection
from pinner.registry.endpoint import endpoint_of
from pinner.registry.errors import ConnectFailed, TLSFailure
from pinner.registry.settings import RegistryOverride
from pinner.registry.tls import Contexts, Trust, trust_of
from pinner.registry.transport import Transports
from pinner.registry.urls import Origin
from tests.registry.stub import settings

REG = Origin("https", "reg.example", 443)


def test_a_direct_connection_needs_no_proxy() -> None:
    assert isinstance(Transports(settings(), Addresses(5))(REG), Connection)


def test_a_proxy_is_given_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[dict[str, Any]] = []
    monkeypatch.setattr(httpx, "AsyncHTTPTransport", lambda **options: given.append(options))
    environ = {"https_proxy": "http://me:hunter2@proxy.example:3128"}
    Transports(settings(environ=environ), Addresses(5))(REG)
    assert given[0]["proxy"].url == "http://proxy.example:3128"
    assert given[0]["trust_env"] is False


@pytest.mark.parametrize("proxy", ["ftp://proxy", "socks5://me:hunter2@proxy", "http://[::", "http://x:y"])
def test_a_proxy_that_cannot_be_used(proxy: str) -> None:
    with pytest.raises(ConnectFailed, match="proxy") as caught:
        Transports(settings(environ={"https_proxy": proxy}), Addresses(5))(REG)
    assert "hunter2" not in caught.value.detail


def folder(path: Path, *names: str) -> Path:
    path.mkdir(parents=True)
    for name in names:
        path.joinpath(name).write_text("")
    return path


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("reg.example", "reg.example"),
        ("reg.example", "reg.example:443"),
        ("reg.example:5000", "reg.example:5000"),
        ("docker.io", "docker.io"),
        ("docker.io", "registry-1.docker.io"),
    ],
)
def test_certs_d(tmp_path: Path, url: str, name: str) -> None:
    path = folder(tmp_path / name, "ca.crt", "me.cert", "me.key", "README")
    options = settings(certs_dirs=(str(tmp_path),))
    origin = Origin.of(endpoint_of(url, options).bases[0])
    expected = Trust((str(path / "ca.crt"),), ((str(path / "me.cert"), str(path / "me.key")),))
    assert trust_of(origin, options) == expected


def test_the_users_certs_d(tmp_path: Path) -> None:
    podman = folder(tmp_path / ".config/containers/certs.d/reg.example", "a.crt")
    docker = folder(tmp_path / ".config/docker/certs.d/reg.example", "b.crt")
    found = trust_of(REG, settings(environ={"HOME": str(tmp_path)}))
    assert found.ca_files == (str(podman / "a.crt"), str(docker / "b.crt"))
    moved = settings(environ={"HOME": "/nowhere", "XDG_CONFIG_HOME": str(tmp_path / ".config")})
    assert trust_of(REG, moved) == found


def test_settings_give_trust() -> None:
    override = RegistryOverride(ca_file="own.pem", insecure=True)
    options = settings(ca_file="all.pem", registries={"reg.example": override})
    assert trust_of(REG, options) == Trust(("all.pem", "own.pem"), (), True)
    assert trust_of(Origin("https", "other.example", 443), options) == Trust(("all.pem",))


def test_contexts_are_shared_and_verify() -> None:
    contexts = Contexts(settings(insecure=("lab.example",)))
    context = contexts.of(REG)
    assert context is contexts.of(Origin("https", "other.example", 443))
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert contexts.of(Origin("https", "lab.example", 443)).verify_mode == ssl.CERT_NONE


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_certificates_that_cannot_be_used(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(TLSFailure, match="CA file"):
        Contexts(settings(ca_file=str(path))).of(REG)
    with pytest.raises(TLSFailure, match="SSL_CERT_FILE"):
        Contexts(settings(environ={"SSL_CERT_FILE": str(path)})).of(REG)


def test_pipes_and_devices_are_no_certificates(tmp_path: Path) -> None:
    path = folder(tmp_path / "reg.example") / "me.pem"
    os.mkfifo(path)
    for file in (str(path), "/dev/zero"):
        with pytest.raises(TLSFailure, match="CA file"):
            Contexts(settings(ca_file=file)).of(REG)
        with pytest.raises(TLSFailure, match="SSL_CERT_FILE"):
            Contexts(settings(environ={"SSL_CERT_FILE": file})).of(REG)
    path.rename(path.with_suffix(".cert"))
    with pytest.raises(TLSFailure, match="client certificate"):
        Contexts(settings(certs_dirs=(str(tmp_path),))).of(REG)


def test_a_client_certificate_without_its_key(tmp_path: Path) -> None:
    folder(tmp_path / "reg.example", "me.cert")
    with pytest.raises(TLSFailure, match="client certificate"):
        Contexts(settings(certs_dirs=(str(tmp_path),))).of(REG)


def test_without_certificates_of_the_system_there_are_those_of_httpx(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = ssl.get_default_verify_paths()._replace(cafile="", capath="")
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: nothing)
    assert Contexts(settings()).of(REG).cert_store_stats()["x509_ca"] > 0

"""Debian's `docker-registry`, the reference implementation of the distribution specification, on loopback."""

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.certificates import Certificate
from tests.support.tools import require

USER = "alice"
PASSWORD = "correct-horse-battery-staple"
# `htpasswd -Bbn alice correct-horse-battery-staple`
_HTPASSWD = "alice:$2y$05$xPMlrviqVgOyVltohtu7v.KzePX3LN6vj0Eh2A7XSyr33Pgm6SffS"

_STARTUP_SECONDS = 60
_LISTENING = re.compile(r"listening on (127\.0\.0\.1:\d+)")
_ACCESS = re.compile(r'"(?P<method>[A-Z]+) (?P<path>\S+) HTTP/[0-9.]+" (?P<status>\d+) ')

Section = Mapping[str, Any]


class Access(NamedTuple):
    """One line of the access log."""

    method: str
    path: str
    status: int


class Distribution(NamedTuple):
    """A running registry. `host` is what a reference names, `url` has the scheme before it."""

    url: str
    access_log: Path

    @property
    def host(self) -> str:
        """Host and port."""
        return self.url.partition("://")[2]

    @property
    def mirror(self) -> str:
        """What `--mirror` takes to send every host here."""
        return f"*={self.url}"

    def accesses(self) -> list[Access]:
        """All requests so far."""
        matches = _ACCESS.finditer(self.access_log.read_text())
        return [Access(match["method"], match["path"], int(match["status"])) for match in matches]


def htpasswd(folder: Path) -> Section:
    """Basic authentication: USER with PASSWORD and nobody else."""
    path = folder / "htpasswd"
    path.write_text(_HTPASSWD + "\n")
    return {"auth": {"htpasswd": {"realm": "a test's registry", "path": str(path)}}}


def token_auth(realm: str, service: str, issuer: str, certificate: Path) -> Section:
    """Bearer tokens of the server at `realm`, signed by the key of `certificate`."""
    token = {"realm": realm, "service": service, "issuer": issuer, "rootcertbundle": str(certificate)}
    return {"auth": {"token": token}}


def tls(server: Certificate, clients: Path | None = None) -> Section:
    """https; with `clients`, only for clients with a certificate of that authority."""
    section: dict[str, Any] = {"certificate": str(server.certificate), "key": str(server.key)}
    if clients:
        section["clientcas"] = [str(clients)]
    return {"http": {"tls": section}}


def pull_through(remote: str) -> Section:
    """A cache of the registry at `remote`."""
    return {"proxy": {"remoteurl": remote}}


@contextmanager
def distribution(folder: Path, *sections: Section) -> Iterator[Distribution]:
    """Run a registry that keeps everything in `folder`, with `sections` added to its configuration.

    Deletion is enabled. Skips the test, or fails it in CI, where `docker-registry` is not installed.
    """
    require("docker-registry")
    configuration = folder / "config.json"
    configuration.write_text(json.dumps(_configuration(folder, sections)))
    access_log, log = folder / "access.log", folder / "log"
    with access_log.open("wb") as stdout, log.open("wb") as stderr:
        process = _start(configuration, folder, stdout=stdout, stderr=stderr)
    try:
        scheme = "https" if any("tls" in section.get("http", {}) for section in sections) else "http"
        yield Distribution(f"{scheme}://{_wait_for_address(process, log)}", access_log)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _configuration(folder: Path, sections: tuple[Section, ...]) -> dict[str, Any]:
    """YAML takes JSON. Port 0 lets the system choose, so that no two registries can want the same."""
    configuration: dict[str, Any] = {
        "version": "0.1",
        "log": {"level": "info"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}, "delete": {"enabled": True}},
        "http": {"addr": "127.0.0.1:0", "secret": "a test's"},
    }
    for section in sections:
        for key, value in section.items():
            configuration[key] = {**configuration.get(key, {}), **value}
    return configuration


def _start(configuration: Path, folder: Path, **streams: Any) -> subprocess.Popen[bytes]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    command = ["docker-registry", "serve", str(configuration)]
    return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, **streams)


def _wait_for_address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + _STARTUP_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if match := _LISTENING.search(log.read_text()):
            return match[1]
        time.sleep(0.02)
    raise RuntimeError(f"docker-registry did not start:\n{log.read_text()}")

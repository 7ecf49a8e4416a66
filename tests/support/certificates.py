"""A private certificate authority, made with the openssl command."""

import subprocess
from pathlib import Path
from typing import NamedTuple

_EXTENSIONS = """\
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth, clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1, DNS:registry.example
"""


class Certificate(NamedTuple):
    """A certificate and its private key, as PEM files."""

    certificate: Path
    key: Path


class Authority(NamedTuple):
    """A certificate authority that nobody trusts by default. Its files lie in `folder`."""

    folder: Path
    certificate: Path
    key: Path

    def issue(self, name: str) -> Certificate:
        """A certificate for loopback's names and addresses and for registry.example, good for servers and clients."""
        key, request, certificate = (self.folder / f"{name}.{suffix}" for suffix in ("key", "csr", "crt"))
        _openssl("req", *_new_key(key), "-subj", f"/CN={name}", "-out", request)
        signer = ("-CA", self.certificate, "-CAkey", self.key, "-set_serial", str(int.from_bytes(name.encode()[:16])))
        extensions = ("-extfile", self.folder / "extensions.cnf", "-extensions", "leaf")
        _openssl("x509", "-req", "-in", request, *signer, "-days", "2", *extensions, "-out", certificate)
        return Certificate(certificate, key)


def make_authority(folder: Path) -> Authority:
    """Create an authority in `folder`, which must exist and be empty."""
    extensions = folder / "extensions.cnf"
    extensions.write_text(f"[req]\ndistinguished_name = name\n[name]\n{_EXTENSIONS}")
    certificate, key = folder / "authority.crt", folder / "authority.key"
    subject = ("-subj", "/CN=a test's own authority", "-days", "2")
    _openssl(
        "req", "-x509", "-config", extensions, "-extensions", "authority", *_new_key(key), *subject, "-out", certificate
    )
    return Authority(folder, certificate, key)


def _new_key(path: Path) -> tuple[str | Path, ...]:
    return ("-newkey", "rsa:2048", "-noenc", "-keyout", path)


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60)

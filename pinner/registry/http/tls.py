"""Which certificates of hosts are trusted, and which client certificates are shown."""

import re
import ssl
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import httpx

from pinner.model.errors import ReadError
from pinner.model.files import read_file
from pinner.registry.errors import NotTLS, TLSFailure
from pinner.registry.http.urls import Origin
from pinner.registry.settings import RegistrySettings

# What OpenSSL says when the other side answers a greeting with plain text or with nothing.
_NOT_TLS = {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"}
# Alerts on the certificate that pinner shows, or does not show (RFC 8446 section 6.2), by OpenSSL's names.
_CLIENT_CERTIFICATE = re.compile(r"\w*_ALERT_(?:\w*CERTIFICATE\w*|UNKNOWN_CA)")


class Trust(NamedTuple):
    """What one host's context is made of: CA files, pairs of client certificate and key."""

    ca_files: tuple[str, ...] = ()
    client: tuple[tuple[str, str], ...] = ()
    insecure: bool = False


class TLSContexts:
    """TLS contexts, one for each kind of trust. To make one costs milliseconds."""

    def __init__(self, settings: RegistrySettings) -> None:
        self._settings = settings
        self._made: dict[Trust, ssl.SSLContext] = {}

    def of(self, origin: Origin) -> ssl.SSLContext:
        """Return the context for `origin`. Raises TLSFailure when a configured file cannot be used."""
        trust = trust_of(origin, self._settings)
        if trust not in self._made:
            self._made[trust] = _make(trust, self._settings.environ)
        return self._made[trust]


def trust_of(origin: Origin, settings: RegistrySettings) -> Trust:
    """Return the CA files and client certificates that flags, configuration and `certs.d` folders give `origin`."""
    names = origin.names
    overrides = [override.ca_file for override in settings.overrides(names)]
    parents = list(settings.certs_dirs)
    if home := settings.environ.get("HOME"):  # the user's before the machine's (containers-certs.d(5))
        config = settings.environ.get("XDG_CONFIG_HOME") or f"{home}/.config"
        parents = [f"{config}/containers/certs.d", f"{config}/docker/certs.d", *parents]
    files: list[Path] = []
    for folder in (Path(parent, name) for parent in parents for name in names):
        with suppress(OSError):
            files += sorted(folder.iterdir())
    authorities = [file for file in files if file.suffix == ".crt"]
    return Trust(
        ca_files=tuple(str(file) for file in (settings.ca_file, *overrides, *authorities) if file),
        client=tuple((str(file), str(file.with_suffix(".key"))) for file in files if file.suffix == ".cert"),
        insecure=any(settings.is_insecure(name) for name in names),
    )


def _make(trust: Trust, environ: Mapping[str, str]) -> ssl.SSLContext:
    context = _default_context(environ)
    context.set_alpn_protocols(["http/1.1"])
    for file in trust.ca_files:
        try:
            # Certificates are ASCII; what stands between them is not always.
            context.load_verify_locations(cadata=read_file(file).decode("ascii", "ignore"))
        except (ReadError, OSError, ValueError):
            raise TLSFailure(f"the CA file {file} cannot be used; it must hold certificates in PEM form") from None
    for certificate, key in trust.client:
        try:
            # OpenSSL opens the files by itself, and would wait for a pipe.
            for each in (certificate, key):
                read_file(each)
            context.load_cert_chain(certificate, key, password="")  # a password of its own keeps OpenSSL from asking
        except (ReadError, OSError, ValueError):
            raise TLSFailure(f"the client certificate {certificate} cannot be used with the key {key}") from None
    if trust.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _default_context(environ: Mapping[str, str]) -> ssl.SSLContext:
    """Return a context with the system's certificates, as Docker trusts them, or where there are none httpx's."""
    file, folder = environ.get("SSL_CERT_FILE") or None, environ.get("SSL_CERT_DIR") or None
    if file or folder:
        try:
            if file:
                read_file(file)
            return ssl.create_default_context(cafile=file, capath=folder)
        except (ReadError, OSError, ValueError):
            raise TLSFailure(f"SSL_CERT_FILE {file} cannot be used; it must hold certificates in PEM form") from None
    paths = ssl.get_default_verify_paths()
    if paths.cafile or paths.capath:
        return ssl.create_default_context()
    return httpx.create_ssl_context(trust_env=False)


def tls_failure(error: BaseException, authority: str) -> TLSFailure | None:
    """Return what an exception says of TLS, or None when TLS was not the trouble."""
    cause: BaseException | None = error
    # httpcore and httpx each wrap what OpenSSL says.
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if cause is None:
        return None
    if isinstance(cause, ssl.SSLCertVerificationError):
        return TLSFailure(
            f"the certificate of {authority} is not trusted ({cause.verify_message}); give its CA with --ca-file"
        )
    if isinstance(cause, ssl.SSLEOFError) or cause.reason in _NOT_TLS:
        return NotTLS(f"the host does not speak TLS; if that is meant to be so, pass --insecure {authority}")
    if _CLIENT_CERTIFICATE.fullmatch(cause.reason or ""):
        return TLSFailure(
            f"the host wants a client certificate that it knows ({cause.reason}); "
            f"put it with its key into /etc/docker/certs.d/{authority} as client.cert and client.key"
        )
    return TLSFailure(f"the TLS handshake with {authority} failed ({cause.reason}); check its TLS settings")

"""A token server as the distribution project describes it ("Token Authentication", "OAuth2").

It signs with the openssl command, so that `docker-registry` accepts its tokens.
"""

import base64
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, ClassVar, NamedTuple
from urllib.parse import parse_qs, urlsplit

from pinner.demo.registry import serve
from tests.support.certificates import Certificate

SERVICE = "a test's registry"
ISSUER = "a test's token server"
USER = "robot"
PASSWORD = "tr0ub4dor-and-3"
IDENTITY_TOKEN = "identity-token-of-robot"


# The scopes that are granted of those that are asked for; None refuses the request.
Grants = Callable[[list[str]], list[str] | None]


def all_scopes(scopes: list[str]) -> list[str]:
    """What the specification says, and Docker Hub does."""
    return scopes


def first_scope(scopes: list[str]) -> list[str]:
    """What servers do that read the first of several fields."""
    return scopes[:1]


def last_scope(scopes: list[str]) -> list[str]:
    """What servers do that keep the last of several fields."""
    return scopes[-1:]


def one_scope(scopes: list[str]) -> list[str] | None:
    """What servers do to which several scopes make no sense."""
    return scopes if len(scopes) == 1 else None


class TokenRequest(NamedTuple):
    """One request for a token; `fields` are those of the query or, for POST, of the form."""

    method: str
    fields: dict[str, list[str]]
    authorization: str | None

    @property
    def scopes(self) -> list[str]:
        """Those of all fields; one field may list several."""
        return [scope for field in self.fields.get("scope", []) for scope in field.split(" ")]


class Issuer:
    """What the server does: whom it takes for whom, how its answers look, and what it was asked.

    With `anonymous` anybody may pull. `answer_field` is `token` or `access_token`.
    Without `oauth` the server knows no POST, and takes an identity token for the password, as older ones do.
    """

    def __init__(
        self,
        signer: Certificate,
        *,
        anonymous: bool = True,
        oauth: bool = True,
        answer_field: str = "token",
        grants: Grants = all_scopes,
    ) -> None:
        self.requests: list[TokenRequest] = []
        self.host = ""
        self.signer = signer
        self.grants = grants
        self._anonymous = anonymous
        self._oauth = oauth
        self._answer_field = answer_field

    def answer(self, request: TokenRequest) -> tuple[int, dict[str, Any]]:
        """Status and JSON."""
        self.requests.append(request)
        if request.method == "POST" and not self._oauth:
            return 404, {}
        if not self._permits(request):
            return 401, {"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]}
        scopes = self.grants(request.scopes)
        if scopes is None:
            return 400, {"errors": [{"code": "UNSUPPORTED", "message": "one scope at a time"}]}
        token = sign(self.signer, [access for scope in scopes for access in parse_scope(scope)])
        return 200, {self._answer_field: token, "expires_in": 300}

    def _permits(self, request: TokenRequest) -> bool:
        if request.method == "POST":
            return request.fields.get("refresh_token") == [IDENTITY_TOKEN]
        if request.authorization is None:
            return self._anonymous
        return request.authorization in [f"Basic {_encoded(secret)}" for secret in self._passwords()]

    def _passwords(self) -> list[str]:
        return [PASSWORD] if self._oauth else [PASSWORD, IDENTITY_TOKEN]


def _encoded(password: str) -> str:
    return base64.b64encode(f"{USER}:{password}".encode()).decode()


def parse_scope(scope: str) -> list[dict[str, Any]]:
    """`repository:NAME:pull,push` as the access claim of a token."""
    kind, _, rest = scope.partition(":")
    name, _, actions = rest.rpartition(":")
    return [{"type": kind, "name": name, "actions": actions.split(",")}]


def sign(signer: Certificate, access: list[dict[str, Any]]) -> str:
    """A JSON web token that lasts five minutes (RFC 7519, RS256) with the certificate in its header."""
    now = int(time.time())
    header = {"typ": "JWT", "alg": "RS256", "x5c": [_der(signer.certificate)]}
    claims = {"iss": ISSUER, "aud": SERVICE, "sub": "", "nbf": now - 60, "iat": now, "exp": now + 300, "access": access}
    content = b".".join(_encode(json.dumps(part).encode()) for part in (header, claims))
    command = ["openssl", "dgst", "-sha256", "-sign", str(signer.key)]
    signature = subprocess.run(command, input=content, capture_output=True, check=True, timeout=60).stdout
    return (content + b"." + _encode(signature)).decode()


def _der(certificate: Path) -> str:
    lines = certificate.read_text().splitlines()
    return "".join(lines[lines.index("-----BEGIN CERTIFICATE-----") + 1 : lines.index("-----END CERTIFICATE-----")])


def _encode(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout: ClassVar[float] = 30

    def __init__(self, issuer: Issuer, *arguments: object) -> None:
        self._issuer = issuer
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self._answer(urlsplit(self.path).query)

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def _answer(self, fields: str) -> None:
        request = TokenRequest(self.command, parse_qs(fields), self.headers["Authorization"])
        status, document = self._issuer.answer(request)
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002, the name is the base class's
        pass


@contextmanager
def token_server(issuer: Issuer) -> Iterator[str]:
    """Run `issuer` on loopback, at `issuer.host`; yields the realm."""
    with serve(partial(_Handler, issuer)) as url:
        issuer.host = url.removeprefix("http://")
        yield f"{url}/token"

"""The answers that test registries give, right and wrong, and how a case of the tables is put to the client."""

import gzip
import json
import os
from typing import NamedTuple

from pinner.model import reference
from pinner.model.resolution import Resolution, Resolved
from pinner.registry.resolver import resolve
from pinner.registry.settings import RegistrySettings, Timeouts
from tests.support import images
from tests.support.misbehaving import Misbehaving, Script, misbehaving_pair, reply

IMAGE = images.multi_platform("misbehaving")
BODY = IMAGE.manifest.body
DIGEST = IMAGE.digest
WRONG_DIGEST = f"sha256:{'0' * 64}"
HUGE = 200 * 1024 * 1024

RIGHT_FIELDS = {"Content-Type": images.OCI_INDEX, "Docker-Content-Digest": DIGEST}
RIGHT_HEAD = reply(fields=RIGHT_FIELDS, length=len(BODY))
RIGHT_GET = reply(fields=RIGHT_FIELDS, body=BODY)
NOT_FOUND = reply(404, {"Content-Type": "application/json"}, b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}')
GZIPPED = gzip.compress(BODY)

BEARER = 'Bearer realm="{url}/token",service="s",scope="repository:app:pull"'
TOKEN = reply(fields={"Content-Type": "application/json"}, body=b'{"token": "a-token"}')
WILLING = Script([RIGHT_HEAD], [RIGHT_GET], [TOKEN], [RIGHT_HEAD])

_FIELDS = {
    "media_type": "Content-Type",
    "digest": "Docker-Content-Digest",
    "encoding": "Content-Encoding",
    "transfer": "Transfer-Encoding",
}


def head(**changed: str) -> bytes:
    """A right answer to HEAD with header fields changed; an empty value leaves one out."""
    return reply(fields=_changed(changed), length=len(BODY))


def get(body: bytes = BODY, *, length: int | None = -1, **changed: str) -> bytes:
    """A right answer to GET with another body, length or header fields."""
    return reply(fields=_changed(changed), body=body, length=length)


def document(media_type: str, **fields: object) -> bytes:
    """An answer to GET with a JSON document whose digest and length are in order."""
    body = json.dumps(fields).encode()
    return get(body, media_type=media_type, digest=images.digest_of(body))


def challenge(*values: str) -> bytes:
    """A 401 with a WWW-Authenticate field for each value."""
    return reply(401, [("WWW-Authenticate", value) for value in values])


ASK_FOR_TOKEN = challenge(BEARER)


def redirect(location: str) -> bytes:
    """A 307 to `location`."""
    return reply(307, {"Location": location})


def token(body: bytes) -> bytes:
    """An answer of a token server."""
    return reply(fields={"Content-Type": "application/json"}, body=body)


def _changed(changed: dict[str, str]) -> dict[str, str]:
    fields = RIGHT_FIELDS | {_FIELDS[name]: value for name, value in changed.items()}
    return {name: value for name, value in fields.items() if value}


class Case(NamedTuple):
    """A script and what the client must make of it: a digest, or the slug of a reason.

    `at_most` bounds the requests of all kinds: a client that hammers is no better than a wrong one.
    There is one more server, WILLING, to which the script may point.
    """

    name: str
    script: Script
    expected: str
    at_most: int = 4
    fetch: bool = False
    timeouts: Timeouts = Timeouts()


HASTY = Timeouts(connect=5, overall=0.3)
WITH_RETRIES = 10


def check(case: Case) -> None:
    """Run the case's script, resolve one tag there, and compare."""
    with misbehaving_pair(case.script, WILLING) as (server, _):
        settings = RegistrySettings(timeouts=case.timeouts, environ=dict(os.environ))
        resolution = resolve_one(server, settings, fetch=case.fetch)
        assert outcome(resolution) == case.expected, resolution
        assert len(server.heard) <= case.at_most
        assert is_fit_to_print(resolution)


def resolve_one(server: Misbehaving, settings: RegistrySettings, *, fetch: bool = False) -> Resolution:
    """What the client makes of tag 1 of the repository `app`."""
    [resolution] = resolve([reference.parse(f"{server.host}/app:1")], settings, fetch=fetch).values()
    return resolution


def outcome(resolution: Resolution) -> str:
    """The digest or the slug of the reason."""
    return resolution.digest if isinstance(resolution, Resolved) else resolution.reason


def is_fit_to_print(resolution: Resolution) -> bool:
    """Whether there is a detail where one must be, on one line, without control characters."""
    return isinstance(resolution, Resolved) or (resolution.detail.isprintable() and len(resolution.detail) > 10)

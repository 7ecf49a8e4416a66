"""Whatever a registry or a credential file holds: a right answer or an error with a reason, never a traceback."""

import asyncio
import json
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pinner.model.reference import is_digest
from pinner.model.resolution import Resolution, Resolved
from pinner.registry.errors import RegistryError
from pinner.registry.http.limits import Clock
from pinner.registry.settings import RegistrySettings, Timeouts
from tests.support import images
from tests.support.answers import (
    BEARER,
    BODY,
    DIGEST,
    RIGHT_FIELDS,
    RIGHT_HEAD,
    challenge,
    is_fit_to_print,
    outcome,
    resolve_one,
)
from tests.support.misbehaving import Misbehaving, Reply, Script, misbehaving, reply

pytestmark = pytest.mark.integration

# Those that a client asks again after are left out: their waiting is tested elsewhere, and takes its time.
STATUSES = st.sampled_from([200, 200, 200, 201, 204, 206, 301, 302, 307, 400, 401, 403, 404, 405, 410, 451, 501])
TEXT = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=40)
VALUES = {
    "Content-Type": [*images.MEDIA_TYPES, "application/json", "text/html", "application/vnd.oci.image.index.v1+json;"],
    "Docker-Content-Digest": [DIGEST, DIGEST.upper(), f"sha512:{'a' * 128}", "sha256:"],
    "Content-Encoding": ["gzip", "identity", "br, gzip", "deflate"],
    "Transfer-Encoding": ["chunked", "gzip", "identity"],
    "WWW-Authenticate": [BEARER, 'Basic realm="x"', "Negotiate", 'Bearer realm="{url}/token', "Bearer", "Bearer ,,="],
    "Location": ["{url}/elsewhere", "/", "//", "http://", "..", "{url}/v2/app/manifests/1", "https://[::1"],
    "Link": ["</v2/>; rel=next"],
}
FIELDS = st.sampled_from(sorted(VALUES)).flatmap(
    lambda name: st.tuples(st.just(name), st.one_of(st.sampled_from(VALUES[name]), TEXT))
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 3) | st.floats() | st.text(max_size=8) | st.just(DIGEST),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["schemaVersion", "mediaType", "manifests", "config", "layers", "digest", "platform", "token"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
BODIES = st.one_of(st.just(BODY), st.binary(max_size=80), JSON.map(lambda document: json.dumps(document).encode()))
LENGTHS = st.sampled_from([-1, -1, -1, None, 0, 5])


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    fields = dict(RIGHT_FIELDS) if draw(st.booleans()) else {}
    return reply(draw(STATUSES), [*fields.items(), *draw(st.lists(FIELDS, max_size=4))], draw(BODIES), draw(LENGTHS))


REPLIES: st.SearchStrategy[list[Reply]] = st.lists(answers(), min_size=1, max_size=3)
SCRIPTS = st.builds(Script, head=REPLIES, get=REPLIES, token=REPLIES, other=REPLIES)
FUZZ = settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Misbehaving]:
    async def no_time(self: Clock, seconds: float) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(Clock, "sleep", no_time)
    with misbehaving(Script()) as running:
        yield running


def ask(server: Misbehaving, environ: dict[str, str], *, fetch: bool = False) -> Resolution:
    limits = Timeouts(connect=5, overall=5)
    return resolve_one(server, RegistrySettings(environ=environ, timeouts=limits), fetch=fetch)


def is_sound(resolution: Resolution) -> bool:
    if isinstance(resolution, Resolved):
        known = resolution.media_type in images.MEDIA_TYPES
        return known and is_digest(resolution.digest) and holds(resolution)
    return resolution.reason in reasons(RegistryError) and is_fit_to_print(resolution)


def holds(resolution: Resolved) -> bool:
    return resolution.body is None or images.digest_of(resolution.body) == resolution.digest


def reasons(kind: type[RegistryError]) -> set[str]:
    return {kind.reason}.union(*map(reasons, kind.__subclasses__()))


@FUZZ
@given(script=SCRIPTS, fetch=st.booleans())
def test_any_answer(server: Misbehaving, script: Script, fetch: bool) -> None:
    server.follow(script)
    assert is_sound(ask(server, dict(os.environ), fetch=fetch))
    assert len(server.heard) < 60


@FUZZ
@given(value=st.one_of(TEXT, st.lists(st.sampled_from(VALUES["WWW-Authenticate"]) | TEXT).map(", ".join)))
def test_any_challenge(server: Misbehaving, value: str) -> None:
    server.follow(Script([challenge(value), RIGHT_HEAD], token=[reply(body=b'{"token": "t"}')]))
    assert outcome(ask(server, dict(os.environ))) in (DIGEST, "unauthorized", "realm-not-trusted", "unreachable")


KEYS = st.sampled_from(
    ["auths", "auth", "identitytoken", "username", "password", "credHelpers", "credsStore", "HOST", ""]
)
CONFIGURATIONS = st.recursive(
    st.none() | st.integers() | TEXT | st.sampled_from(["OnA=", "Og==", "OnA", "YTpi", "../x", "nosuchhelper"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=10,
).map(json.dumps)


@FUZZ
@given(configuration=CONFIGURATIONS | TEXT)
@example('{"auths": {"HOST": {"auth": "YTpiCg=="}}}')
@example('{"auths": {"HOST": {"username": "a\\r\\nX: y", "password": "b"}}}')
@example('{"auths": {"HOST": {"identitytoken": "a\\u0000b"}}}')
@example("[" * 100_000)
def test_any_credential_file(server: Misbehaving, configuration: str) -> None:
    server.follow(Script([challenge('Basic realm="b"'), RIGHT_HEAD]))
    environ = {**os.environ, "DOCKER_AUTH_CONFIG": configuration.replace("HOST", server.host)}
    assert outcome(ask(server, environ)) in (DIGEST, "unauthorized")

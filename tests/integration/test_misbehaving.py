"""What the client makes of content that breaks the rules: a right digest or a reason, never a guess."""

import pytest

from tests.support import images
from tests.support.answers import (
    BODY,
    DIGEST,
    GZIPPED,
    HUGE,
    NOT_FOUND,
    RIGHT_FIELDS,
    RIGHT_GET,
    RIGHT_HEAD,
    WITH_RETRIES,
    WRONG_DIGEST,
    Case,
    check,
    document,
    get,
    head,
)
from tests.support.misbehaving import Script, chunked_flood, flood, reply

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("hurried")]

SHA512 = f"sha512:{'a' * 128}"
HEX = DIGEST.removeprefix("sha256:")
NO_DIGEST = [head(digest="")]
SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"
ARTIFACT = "application/vnd.oci.artifact.manifest.v1+json"
INDEX_9 = "application/vnd.oci.image.index.v9+json"

DIGEST_HEADERS = [
    Case("HEAD in order", Script([RIGHT_HEAD]), DIGEST, at_most=1),
    Case("no digest header", Script(NO_DIGEST, [get(digest="")]), DIGEST, at_most=2),
    Case("digest only with GET", Script(NO_DIGEST, [RIGHT_GET]), DIGEST, at_most=2),
    Case("bare hex with HEAD", Script([head(digest=HEX)], [RIGHT_GET]), DIGEST),
    Case("upper case with HEAD", Script([head(digest=f"sha256:{HEX.upper()}")], [RIGHT_GET]), DIGEST),
    Case("sha512 with HEAD", Script([head(digest=SHA512)], [RIGHT_GET]), DIGEST),
    Case("quoted with HEAD", Script([head(digest=f'"{DIGEST}"')], [RIGHT_GET]), DIGEST),
    Case(
        "two digests with HEAD",
        Script([reply(fields=[*RIGHT_FIELDS.items(), ("Docker-Content-Digest", WRONG_DIGEST)])], [RIGHT_GET]),
        DIGEST,
    ),
    Case("bare hex always", Script([head(digest=HEX)], [get(digest=HEX)]), DIGEST),
    Case("sha512 always", Script([head(digest=SHA512)], [get(digest=SHA512)]), DIGEST),
    Case("wrong with GET", Script(NO_DIGEST, [get(digest=WRONG_DIGEST)]), "digest-mismatch"),
    Case(
        "wrong always, verified",
        Script([head(digest=WRONG_DIGEST)], [get(digest=WRONG_DIGEST)]),
        "digest-mismatch",
        fetch=True,
    ),
    Case("wrong with HEAD, verified", Script([head(digest=WRONG_DIGEST)], [RIGHT_GET]), "digest-mismatch", fetch=True),
    Case("in order, verified", Script([RIGHT_HEAD], [RIGHT_GET]), DIGEST, fetch=True),
]

STATUSES = [
    Case("HEAD 404, GET 200", Script([reply(404)], [RIGHT_GET]), DIGEST),
    Case("HEAD 405", Script([reply(405)], [RIGHT_GET]), DIGEST),
    Case("HEAD 400", Script([reply(400)], [RIGHT_GET]), DIGEST),
    Case("404 always", Script([reply(404)], [NOT_FOUND]), "not-found"),
    Case("404 with HTML", Script([reply(404)], [reply(404, body=b"<html>\x1b[31m")]), "not-found"),
    Case("405 always", Script([reply(405)], [reply(405)]), "not-a-manifest"),
    Case("403", Script([reply(403)], [reply(403)]), "denied"),
    Case("204 with a digest", Script([reply(204, RIGHT_FIELDS, length=None)], [reply(204)]), "not-a-manifest"),
    Case("206 with a digest", Script([reply(206, RIGHT_FIELDS)], [reply(206, RIGHT_FIELDS)]), "not-a-manifest"),
    Case("304 with a digest", Script([reply(304, RIGHT_FIELDS, length=None)], [reply(304)]), "not-a-manifest"),
    Case("418", Script([reply(418)], [reply(418)]), "not-a-manifest"),
    Case("103 before 200", Script([b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + RIGHT_HEAD]), DIGEST),
    Case("503 then 200", Script([reply(503), RIGHT_HEAD]), DIGEST, at_most=2),
    Case("408 then 200", Script([reply(408), RIGHT_HEAD]), DIGEST, at_most=2),
    Case("500 for ever", Script([reply(500)], [reply(500)]), "unreachable", at_most=WITH_RETRIES),
    Case("599 for ever", Script([reply(599)], [reply(599)]), "unreachable", at_most=WITH_RETRIES),
    Case("429 then 200", Script([reply(429), RIGHT_HEAD]), DIGEST, at_most=2),
    Case("429 with seconds, then 200", Script([reply(429, {"Retry-After": "0"}), RIGHT_HEAD]), DIGEST, at_most=2),
    Case(
        "429 with a date long past, then 200",
        Script([reply(429, {"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"}), RIGHT_HEAD]),
        DIGEST,
        at_most=2,
    ),
    Case("429 with nonsense, then 200", Script([reply(429, {"Retry-After": "soon"}), RIGHT_HEAD]), DIGEST, at_most=2),
    Case("429 for a day", Script([reply(429, {"Retry-After": "86400"})]), "rate-limited", at_most=1),
    Case("429 for ever", Script([reply(429, {"Retry-After": "0"})]), "rate-limited", at_most=WITH_RETRIES),
]

MEDIA_TYPES = [
    Case("capitals and a parameter", Script([head(media_type=f"{images.OCI_INDEX.upper()}; charset=utf-8")]), DIGEST),
    Case("none", Script([head(media_type="")], [get(media_type="")]), DIGEST),
    Case("any JSON", Script([head(media_type="application/json")], [get(media_type="application/json")]), DIGEST),
    Case(
        "schema 1",
        Script([head(media_type=SCHEMA_1)], [document(SCHEMA_1, schemaVersion=1, name="app")]),
        "unsupported-media-type",
    ),
    Case(
        "schema 1 that says schema 2",
        Script(NO_DIGEST, [document(images.DOCKER_MANIFEST, schemaVersion=1, name="app", fsLayers=[])]),
        "unsupported-media-type",
    ),
    Case(
        "an index of an unknown media type",
        Script([head(media_type=INDEX_9)], [document(INDEX_9, schemaVersion=2, mediaType=INDEX_9, manifests=[])]),
        "unsupported-media-type",
    ),
    Case(
        "an artifact manifest",
        Script([head(media_type=ARTIFACT)], [document(ARTIFACT, schemaVersion=2, mediaType=ARTIFACT)]),
        "unsupported-media-type",
    ),
    Case(
        "HTML",
        Script([head(media_type="text/html", digest="")], [get(b"<html>", media_type="text/html", digest="")]),
        "not-a-manifest",
    ),
    Case(
        "HTML with a digest",
        Script(
            [head(media_type="text/html")],
            [get(b"<html>", media_type="text/html", digest=images.digest_of(b"<html>"))],
        ),
        "not-a-manifest",
    ),
]


def bodies(body: bytes, encoding: str = "") -> Script:
    """A registry without digests that answers `body`."""
    return Script(NO_DIGEST, [get(body, digest="", encoding=encoding)])


BODIES = [
    Case("HTML that says index", bodies(b"<html>Log in</html>"), "not-a-manifest"),
    Case("empty", bodies(b""), "not-a-manifest"),
    Case("a JSON list", bodies(b"[]"), "not-a-manifest"),
    Case("JSON nested too deep", bodies(b"[" * 200_000), "not-a-manifest"),
    Case(
        "JSON with a number of a million digits",
        bodies(b'{"schemaVersion": %s}' % (b"2" * 1_000_000)),
        "not-a-manifest",
    ),
    Case("JSON that is no UTF-8", bodies(b'{"a": "\xff"}'), "not-a-manifest"),
    Case("an error document", bodies(b'{"errors": []}'), "not-a-manifest"),
    Case("gzip", bodies(GZIPPED, encoding="gzip"), "not-a-manifest"),
    Case("an encoding of which nobody heard", bodies(BODY, encoding="rot13"), "not-a-manifest"),
    Case("gzip that says identity", bodies(GZIPPED), "not-a-manifest"),
    Case("200 MB", Script(NO_DIGEST, [flood(get(b"", length=HUGE), HUGE)]), "too-large"),
    Case("200 MB that say little", Script(NO_DIGEST, [flood(get(b"", length=99), HUGE)]), "not-a-manifest"),
    Case(
        "200 MB in chunks",
        Script(NO_DIGEST, [chunked_flood(get(b"", length=None, transfer="chunked"), HUGE)]),
        "too-large",
    ),
    Case("200 MB until the end", Script(NO_DIGEST, [flood(get(b"", length=None), HUGE)]), "too-large"),
    Case("longer than its Content-Length", Script(NO_DIGEST, [get(length=len(BODY) - 9)]), "not-a-manifest"),
    Case(
        "longer than its Content-Length by a line end",
        Script(NO_DIGEST, [get(BODY + b"\n", length=len(BODY), digest=images.digest_of(BODY + b"\n"))]),
        "digest-mismatch",
    ),
    Case(
        "shorter than its Content-Length",
        Script(NO_DIGEST, [get(length=len(BODY) + 9)]),
        "unreachable",
        at_most=WITH_RETRIES,
    ),
    Case("cut once", Script(NO_DIGEST, [RIGHT_GET[:-99], RIGHT_GET]), DIGEST, at_most=WITH_RETRIES),
]

CASES = {"digest": DIGEST_HEADERS, "status": STATUSES, "media type": MEDIA_TYPES, "body": BODIES}


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=f"{group}: {case.name}") for group, cases in CASES.items() for case in cases],
)
def test_the_answer_is_right_or_has_a_reason(case: Case) -> None:
    check(case)

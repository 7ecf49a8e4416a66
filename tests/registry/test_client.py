"""The flow of HEAD, GET and redirects."""

from hashlib import sha512

import httpx
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pinner.model.reference import Reference, parse
from pinner.registry.errors import (
    Denied,
    DigestMismatch,
    NameNotFound,
    NotAManifest,
    NotFound,
    RateLimited,
    RedirectRefused,
    RegistryError,
    TooLarge,
    Unreachable,
)
from pinner.registry.manifest import ACCEPT, MAX_SIZE, OCI_INDEX, Content
from tests.registry.registries import (
    BASIC,
    FETCHED,
    IDENTITY,
    PASSWORD,
    PINNED,
    TAGGED,
    URL,
    WRONG,
    TokenRegistry,
    by_method,
    docker_config,
    fixed,
    head,
    heads,
    raising,
)
from tests.registry.stub import DIGEST, FIELDS, INDEX, FakeClock, Handler, manifest, reply


def test_one_head_is_enough() -> None:
    content, network = head(manifest)
    assert content == Content(DIGEST, OCI_INDEX)
    [request] = network.requests
    assert (request.method, str(request.url)) == ("HEAD", f"{URL}/1")
    assert request.headers["accept"] == ACCEPT
    assert request.headers["accept-encoding"] == "identity"
    assert not {"authorization", "cookie"} & set(request.headers)


@pytest.mark.parametrize(
    ("reference", "url"),
    [
        ("node", "https://registry-1.docker.io/v2/library/node/manifests/latest"),
        ("reg.example/a:v1", "https://reg.example/v2/a/manifests/v1"),
        ("REG.example:5000/a/b", "https://reg.example:5000/v2/a/b/manifests/latest"),
        (f"node:20@{DIGEST}", f"https://registry-1.docker.io/v2/library/node/manifests/{DIGEST}"),
    ],
)
def test_what_is_asked(reference: str, url: str) -> None:
    _, network = head(manifest, parse(reference))
    assert network.urls() == [url]


def test_a_mirror_is_asked_with_its_prefix() -> None:
    _, network = head(manifest, parse("node:20"), mirrors={"docker.io": "https://m.example/hub/"})
    assert network.urls() == ["https://m.example/v2/hub/library/node/manifests/20?ns=docker.io"]


ODD_HEADS: list[tuple[str, Handler]] = [
    ("no digest", fixed(content_type=OCI_INDEX)),
    ("no media type", fixed(docker_content_digest=DIGEST)),
    ("odd media type", fixed(content_type="text/html", docker_content_digest=DIGEST)),
    ("bare hex", fixed(content_type=OCI_INDEX, docker_content_digest=DIGEST.removeprefix("sha256:"))),
    ("upper case", fixed(content_type=OCI_INDEX, docker_content_digest=DIGEST.upper())),
    ("sha512", fixed(content_type=OCI_INDEX, docker_content_digest="sha512:" + "a" * 128)),
    *((str(status), fixed(status)) for status in (400, 404, 405, 501)),
]


@pytest.mark.parametrize("odd", [odd[1] for odd in ODD_HEADS], ids=[odd[0] for odd in ODD_HEADS])
def test_get_decides_where_head_does_not(odd: Handler) -> None:
    content, network = head(by_method(HEAD=odd, GET=manifest))
    assert content == FETCHED
    assert [request.method for request in network.requests] == ["HEAD", "GET"]
    assert {request.headers["accept"] for request in network.requests} == {ACCEPT}


@pytest.mark.parametrize(("size", "expected"), [(MAX_SIZE, type(FETCHED)), (MAX_SIZE + 1, TooLarge)])
def test_a_manifest_has_at_most_four_mebibytes(size: int, expected: type[object]) -> None:
    assert MAX_SIZE == 4 * 1024 * 1024
    body = INDEX + b" " * (size - len(INDEX))
    assert type(head(by_method(HEAD=fixed(405), GET=fixed(200, body)))[0]) is expected


def test_media_type_with_parameters_and_capitals() -> None:
    answer = fixed(content_type=f"{OCI_INDEX.upper()}; charset=utf-8", docker_content_digest=DIGEST)
    assert head(answer)[0] == Content(DIGEST, OCI_INDEX)


GOT: list[tuple[str, Handler, type[RegistryError]]] = [
    ("404", fixed(404), NotFound),
    ("403", fixed(403), Denied),
    ("429", fixed(429), RateLimited),
    ("500", fixed(500), Unreachable),
    ("405", fixed(405), NotAManifest),
    ("204", fixed(204), NotAManifest),
    ("HTML", fixed(200, b"<html>", content_type="text/html"), NotAManifest),
    ("encoded", fixed(200, INDEX, content_encoding="gzip"), NotAManifest),
    ("another digest", fixed(200, INDEX, docker_content_digest=WRONG), DigestMismatch),
    ("redirect to nowhere", fixed(307), RedirectRefused),
]


@pytest.mark.parametrize(("answer", "expected"), [each[1:] for each in GOT], ids=[each[0] for each in GOT])
def test_what_get_may_come_to(answer: Handler, expected: type[RegistryError]) -> None:
    assert type(head(by_method(HEAD=fixed(405), GET=answer))[0]) is expected


def test_content_by_digest_is_compared_with_the_digest() -> None:
    other = PINNED._replace(digest=WRONG)
    assert isinstance(head(manifest, other)[0], DigestMismatch)
    assert head(manifest, PINNED)[0] == Content(DIGEST, OCI_INDEX)


def test_a_pin_by_another_algorithm_is_checked_by_that_algorithm() -> None:
    pin = f"sha512:{sha512(INDEX).hexdigest()}"
    assert head(manifest, PINNED._replace(digest=pin))[0] == FETCHED._replace(digest=pin)
    assert isinstance(head(manifest, PINNED._replace(digest="sha512:" + "0" * 128))[0], DigestMismatch)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"errors": [{"code": "NAME_INVALID", "message": "hunter2"}]}', "400 NAME_INVALID"),
        (b'{"errors": [{"code": "HUNTER2"}]}', "400;"),
        (b'{"errors": []}', "400;"),
        (b"[" * 10_000, "400;"),
        (b"\xff", "400;"),
    ],
)
def test_only_known_words_of_an_error_are_repeated(body: bytes, shown: str) -> None:
    error, _ = head(fixed(400, body))
    assert shown in error.detail
    assert "hunter2" not in error.detail.lower()


def redirecting(location: str, status: int = 307) -> Handler:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host == "reg.example" and "/manifests/" in request.url.path:
            return reply(status, {"location": location})
        return manifest(request)

    return handler


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["https://cdn.example/x", "/elsewhere", "//cdn.example/x"])
def test_redirects_are_followed(status: int, location: str) -> None:
    content, network = head(redirecting(location, status))
    assert content == Content(DIGEST, OCI_INDEX)
    assert network.urls("HEAD")[1].endswith(("/x", "/elsewhere"))


@pytest.mark.parametrize(
    "location",
    ["", "http://reg.example/x", "https://internal.example/x", "https://127.0.0.1/x", "file:///x"],
)
def test_redirects_that_are_not_followed(location: str) -> None:
    error, network = head(redirecting(location), known={"internal.example": "10.0.0.1"})
    assert isinstance(error, RedirectRefused)
    assert len(network.requests) == 1


def test_a_loop_ends() -> None:
    error, network = head(redirecting("https://reg.example/v2/x/manifests/y"))
    assert isinstance(error, RedirectRefused)
    assert len(network.requests) == 6


def test_authorization_does_not_cross_a_redirect() -> None:
    registry = TokenRegistry()

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host != "reg.example":
            return manifest(request)
        answer = registry(request)
        return (
            reply(307, {"location": "https://cdn.example/x"}) if answer.headers.get("docker-content-digest") else answer
        )

    content, network = head(handler, environ=PASSWORD)
    assert content == Content(DIGEST, OCI_INDEX)
    foreign = [request for request in network.requests if request.url.host != "reg.example"]
    assert foreign
    assert not any("authorization" in request.headers for request in foreign)


def test_a_challenge_behind_a_redirect_is_answered_by_nobody_in_particular() -> None:
    behind = TokenRegistry("https://ghcr.example/token")

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host == "reg.example":
            return reply(307, {"location": "https://ghcr.example/v2/real/app/manifests/1"})
        return behind(request)

    environ = docker_config(**{"reg.example": {"auth": BASIC}, "ghcr.example": {"auth": BASIC}})
    content, _ = head(handler, environ=environ)
    assert content == Content(DIGEST, OCI_INDEX)
    [request] = behind.token_requests
    assert request.url.params["scope"] == "repository:real/app:pull"
    assert "authorization" not in request.headers


def test_a_token_server_that_redirects_does_not_pass_the_password_on() -> None:
    registry = TokenRegistry()

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token" and request.url.host == "reg.example":
            return reply(302, {"location": "https://auth.example/issue"})
        return registry(request)

    content, network = head(handler, environ=PASSWORD)
    assert content == Content(DIGEST, OCI_INDEX)
    [foreign] = [request for request in network.requests if request.url.host == "auth.example"]
    assert "authorization" not in foreign.headers


def test_cookies_are_not_kept() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        assert "cookie" not in request.headers
        answer = manifest(request)
        answer.headers["set-cookie"] = "session=1"
        return answer

    network = heads(handler, [TAGGED._replace(tag=str(number)) for number in range(3)])
    assert len(network.requests) == 3


@pytest.mark.parametrize("problem", [NameNotFound("x"), httpx.ConnectError("x")])
def test_a_hundred_hosts_without_a_network_are_not_waited_for(problem: Exception) -> None:
    clock = FakeClock()
    references = [parse(f"host{number}.example/app:1") for number in range(100)]
    network = heads(raising(problem), references, clock)
    assert len(network.requests) <= 200
    assert sum(clock.slept) <= 100 * 0.1
    assert max(clock.slept, default=0) <= 0.1


def test_a_host_that_makes_no_url() -> None:
    assert isinstance(head(manifest, Reference("host:99999", "a", "1"))[0], Unreachable)


def test_the_pulls_that_are_left_are_told_when_they_change() -> None:
    lines: list[str] = []
    left = iter(["100;w=21600", "100;w=21600", "99;w=21600", "junk", ""])

    def handler(request: httpx.Request) -> httpx.Response:
        return reply(200, {**FIELDS, "ratelimit-remaining": next(left)})

    heads(handler, [TAGGED._replace(tag=str(number)) for number in range(5)], log=lines.append, jobs=1)
    assert [line for line in lines if "left" in line] == ["reg.example: 100 pulls left", "reg.example: 99 pulls left"]


header_text = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=40)
header_names = st.sampled_from(
    "content-type docker-content-digest www-authenticate location retry-after content-length ratelimit-remaining "
    "content-encoding".split()
)
interesting = st.sampled_from(
    [
        OCI_INDEX,
        DIGEST,
        "application/json",
        "Bearer realm=/token",
        'Basic realm="x"',
        "/",
        "//x",
        "https://a",
        "-1",
        "9" * 30,
    ]
)
responses = st.tuples(
    st.sampled_from([200, 200, 200, 204, 301, 307, 400, 401, 403, 404, 405, 418, 429, 500, 503]),
    st.dictionaries(header_names, interesting | header_text, max_size=5),
    st.binary(max_size=50) | st.sampled_from([INDEX, b'{"token": "t"}', b"{}", b"[]"]),
)


@hypothesis_settings(deadline=None)
@given(st.lists(responses, min_size=1, max_size=8), st.sampled_from([{}, PASSWORD, IDENTITY]), st.booleans())
def test_any_sequence_of_answers_ends_in_content_or_a_reason(
    script: list[tuple[int, dict[str, str], bytes]], environ: dict[str, str], by_digest: bool
) -> None:
    turns = iter(range(10**6))

    def handler(request: httpx.Request) -> httpx.Response:
        status, fields, body = script[next(turns) % len(script)]
        return reply(status, {name: value.encode("latin-1") for name, value in fields.items()}, body)  # type: ignore[misc]

    result, network = head(handler, PINNED if by_digest else TAGGED, environ=environ)
    assert len(network.requests) < 300
    if isinstance(result, RegistryError):
        assert result.detail.isprintable()
        assert "hunter2" not in result.detail
    else:
        assert result.digest

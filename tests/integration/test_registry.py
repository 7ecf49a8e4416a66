"""The client against the reference implementation of the distribution specification, skopeo being the judge."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pinner.model.reference import parse
from pinner.model.resolution import Resolution, Resolved, Unresolved
from pinner.registry.resolver import resolve
from pinner.registry.settings import RegistrySettings
from tests.support import images, tokens
from tests.support.answers import outcome
from tests.support.certificates import Authority
from tests.support.distribution import (
    PASSWORD,
    USER,
    Distribution,
    distribution,
    htpasswd,
    pull_through,
    tls,
    token_auth,
)
from tests.support.push import Pusher, pusher
from tests.support.skopeo import Skopeo
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

IMAGES = {
    "OCI index": images.multi_platform("registry"),
    "Docker list": images.multi_platform("registry", "docker"),
    "OCI manifest": images.single("registry"),
    "Docker manifest": images.single("registry", style="docker"),
    "index without mediaType": images.multi_platform("registry", declared=False),
    "index with an attestation": images.attested("registry"),
}


def ask(text: str, settings: RegistrySettings | None = None, *, fetch: bool = False) -> Resolution:
    [resolution] = resolve([parse(text)], settings or RegistrySettings(), fetch=fetch).values()
    return resolution


def logged_in(host: str, credentials: dict[str, str]) -> dict[str, str]:
    return {**os.environ, "DOCKER_AUTH_CONFIG": json.dumps({"auths": {host: credentials}})}


@pytest.mark.parametrize("fetch", [False, True], ids=["HEAD", "verified"])
@pytest.mark.parametrize("image", IMAGES.values(), ids=IMAGES)
def test_the_digest_is_the_one_that_skopeo_reads(
    image: images.Image, fetch: bool, registry: Distribution, push: Pusher, skopeo: Skopeo
) -> None:
    digest = push.push("registry/shapes", image, "latest")
    name = f"{registry.host}/registry/shapes"
    resolution = ask(name, fetch=fetch)
    assert isinstance(resolution, Resolved)
    assert resolution.reference == parse(name)
    assert (resolution.digest, resolution.media_type) == (digest, image.manifest.media_type)
    # Whether a manifest is an image only its content says.
    is_fetched = fetch or image.manifest.media_type not in (images.OCI_INDEX, images.DOCKER_LIST)
    assert resolution.body == (image.manifest.body if is_fetched else None)
    assert outcome(ask(f"{name}@{digest}", fetch=fetch)) == skopeo.digest(f"{name}:latest")


def test_a_child_is_resolved_by_its_digest(registry: Distribution, push: Pusher) -> None:
    image = images.multi_platform("children")
    push.push("registry/children", image, "1")
    for child in image.children:
        assert outcome(ask(f"{registry.host}/registry/children@{child.digest}")) == child.digest


@pytest.mark.parametrize("suffix", [":2", f"@sha256:{'0' * 64}", "/none:1"])
def test_what_is_not_there_is_not_found(suffix: str, registry: Distribution, push: Pusher) -> None:
    push.push("registry/there", images.single("there"), "1")
    assert outcome(ask(f"{registry.host}/registry/there{suffix}")) == "not-found"


def test_a_deleted_image_is_not_found(registry: Distribution, push: Pusher) -> None:
    image = images.single("deleted")
    push.push("registry/deleted", image, "1")
    push.delete("registry/deleted", image.digest)
    assert outcome(ask(f"{registry.host}/registry/deleted:1")) == "not-found"
    assert outcome(ask(f"{registry.host}/registry/deleted@{image.digest}")) == "not-found"


def test_a_tag_that_moves_is_read_anew(registry: Distribution, push: Pusher) -> None:
    for seed in ("before", "after"):
        digest = push.push("registry/moving", images.multi_platform(seed), "1")
        assert outcome(ask(f"{registry.host}/registry/moving:1")) == digest


def test_a_mirror_answers_for_other_hosts(registry: Distribution, push: Pusher) -> None:
    digest = push.push("library/mirrored", images.multi_platform("mirrored"), "1")
    prefixed = push.push("team/app", images.single("mirrored"), "1")
    assert outcome(ask("mirrored:1", RegistrySettings(mirrors={"*": registry.url}))) == digest
    settings = RegistrySettings(mirrors={"ghcr.io": f"{registry.url}/team/", "*": "http://127.0.0.1:9"})
    assert outcome(ask("ghcr.io/app:1", settings)) == prefixed


def test_a_password(folder: Path, skopeo: Skopeo) -> None:
    with distribution(folder, htpasswd(folder)) as running:
        with pusher(running.url, auth=(USER, PASSWORD)) as push:
            push.push("app", images.multi_platform("password"), "1")
        name = f"{running.host}/app:1"
        right = logged_in(running.host, {"username": USER, "password": PASSWORD})
        wrong = logged_in(running.host, {"username": USER, "password": "wrong"})
        assert outcome(ask(name, RegistrySettings(environ=right))) == skopeo.digest(name, auth=(USER, PASSWORD))
        assert outcome(ask(name)) == "unauthorized"
        assert outcome(ask(name, RegistrySettings(environ=wrong))) == "unauthorized"


@contextmanager
def behind_tokens(folder: Path, authority: Authority, issuer: tokens.Issuer) -> Iterator[tuple[Distribution, Pusher]]:
    """A registry that wants tokens of `issuer`, and one who may push there."""
    with tokens.token_server(issuer) as realm:
        section = token_auth(realm, tokens.SERVICE, tokens.ISSUER, authority.certificate)
        access = tokens.sign(issuer.signer, tokens.parse_scope("repository:app:pull,push"))
        with distribution(folder, section) as running, pusher(running.url, token=access) as push:
            yield running, push


@pytest.mark.parametrize("answer_field", ["token", "access_token"])
def test_an_anonymous_token(folder: Path, authority: Authority, skopeo: Skopeo, answer_field: str) -> None:
    issuer = tokens.Issuer(authority.issue("tokens"), answer_field=answer_field)
    with behind_tokens(folder, authority, issuer) as (running, push):
        digest = push.push("app", images.multi_platform("token"), "1")
        assert outcome(ask(f"{running.host}/app:1")) == digest == skopeo.digest(f"{running.host}/app:1")
    request = issuer.requests[0]
    assert (request.method, request.authorization) == ("GET", None)
    assert (request.fields["scope"], request.fields["service"]) == (["repository:app:pull"], [tokens.SERVICE])


TOKEN_CREDENTIALS = {
    "password": {"username": tokens.USER, "password": tokens.PASSWORD},
    "identity token": {"username": tokens.USER, "identitytoken": tokens.IDENTITY_TOKEN},
}


@pytest.mark.parametrize("credentials", TOKEN_CREDENTIALS.values(), ids=TOKEN_CREDENTIALS)
def test_credentials_for_a_token_server_that_is_trusted(
    folder: Path, authority: Authority, credentials: dict[str, str]
) -> None:
    issuer = tokens.Issuer(authority.issue("tokens"), anonymous=False)
    with behind_tokens(folder, authority, issuer) as (running, push):
        digest = push.push("app", images.multi_platform("token"), "1")
        environ = logged_in(running.host, credentials)
        assert outcome(ask(f"{running.host}/app:1")) == "unauthorized"
        assert outcome(ask(f"{running.host}/app:1", RegistrySettings(environ=environ))) == "realm-not-trusted"
        settings = RegistrySettings(environ=environ, trusted_realms=(issuer.host,))
        assert outcome(ask(f"{running.host}/app:1", settings)) == digest


def test_a_token_server_that_knows_no_post(folder: Path, authority: Authority) -> None:
    issuer = tokens.Issuer(authority.issue("tokens"), oauth=False)
    with behind_tokens(folder, authority, issuer) as (running, push):
        digest = push.push("app", images.multi_platform("token"), "1")
        environ = logged_in(running.host, TOKEN_CREDENTIALS["identity token"])
        settings = RegistrySettings(environ=environ, trusted_realms=(issuer.host,))
        assert outcome(ask(f"{running.host}/app:1", settings)) == digest
    assert [request.method for request in issuer.requests] == ["POST", "GET"]


def test_refused_credentials_are_shown_once(folder: Path, authority: Authority) -> None:
    issuer = tokens.Issuer(authority.issue("tokens"), anonymous=False)
    with behind_tokens(folder, authority, issuer) as (running, push):
        push.push("app", images.multi_platform("token"), "1")
        environ = logged_in(running.host, {"username": tokens.USER, "password": "wrong"})
        settings = RegistrySettings(environ=environ, trusted_realms=(issuer.host,))
        references = [parse(f"{running.host}/app:{tag}") for tag in range(20)]
        assert {outcome(each) for each in resolve(references, settings).values()} == {"unauthorized"}
    assert len(issuer.requests) == 1


def test_a_hundred_tags_cost_one_token_and_a_hundred_requests(folder: Path, authority: Authority) -> None:
    issuer = tokens.Issuer(authority.issue("tokens"))
    with behind_tokens(folder, authority, issuer) as (running, push):
        image = images.single("many")
        digest = push.push("app", image)
        for tag in range(100):
            push.tag("app", image, f"t{tag}")
        references = [parse(f"{running.host}/app:t{tag}") for tag in range(100)]
        resolutions = resolve(references, RegistrySettings(jobs=16, jobs_per_host=16))
        assert {outcome(each) for each in resolutions.values()} == {digest}
        # The first request is the one that learns of the token.
        assert eventually(lambda: answers(running) == {("HEAD", 200): 100, ("HEAD", 401): 1, ("PUT", 201): 100})
    assert len(issuer.requests) == 1


def answers(registry: Distribution) -> Counter[tuple[str, int]]:
    """How often each method of a request for a manifest got each status."""
    return Counter((access.method, access.status) for access in registry.accesses() if "/manifests/t" in access.path)


@contextmanager
def sealed(folder: Path, authority: Authority, clients: Path | None = None) -> Iterator[tuple[str, str]]:
    """A registry with TLS; yields the name of an image there and its digest."""
    certificate = authority.issue("registry")
    with distribution(folder, tls(certificate, clients)) as running:
        with pusher(running.url, ca=authority.certificate, certificate=certificate if clients else None) as push:
            digest = push.push("app", images.multi_platform("sealed"), "1")
        yield f"{running.host}/app:1", digest


def test_a_private_authority(folder: Path, authority: Authority) -> None:
    with sealed(folder, authority) as (name, digest):
        assert outcome(ask(name)) == "tls"
        assert outcome(ask(name, RegistrySettings(ca_file=str(authority.certificate)))) == digest
        environ = {**os.environ, "SSL_CERT_FILE": str(authority.certificate)}
        assert outcome(ask(name, RegistrySettings(environ=environ))) == digest
        assert outcome(ask(name, RegistrySettings(insecure={name.partition("/")[0]}))) == digest


def test_certificates_of_one_registry(folder: Path, tmp_path: Path, authority: Authority) -> None:
    """The folders of Docker and Podman, with an authority and a client's certificate for each registry."""
    with sealed(folder, authority, clients=authority.certificate) as (name, digest):
        own = tmp_path / "certs.d" / name.partition("/")[0]
        own.mkdir(parents=True)
        settings = RegistrySettings(certs_dirs=(str(tmp_path / "certs.d"),))
        (own / "ca.crt").write_bytes(authority.certificate.read_bytes())
        refused = ask(name, settings)
        assert isinstance(refused, Unresolved)
        assert refused.reason == "tls"
        assert f"certs.d/{own.name}" in refused.detail
        client = authority.issue("client")
        (own / "client.cert").write_bytes(client.certificate.read_bytes())
        (own / "client.key").write_bytes(client.key.read_bytes())
        assert outcome(ask(name, settings)) == digest


def test_a_pull_through_cache(folder: Path, registry: Distribution, push: Pusher) -> None:
    digest = push.push("library/upstream", images.multi_platform("upstream"), "1")
    with distribution(folder, pull_through(registry.url)) as running:
        settings = RegistrySettings(mirrors={"docker.io": running.url})
        assert outcome(ask("upstream:1", settings)) == digest
        assert outcome(ask(f"upstream@{digest}", settings, fetch=True)) == digest
        assert outcome(ask("upstream:2", settings)) == "not-found"


def test_a_registry_that_is_down(registry: Distribution) -> None:
    references = [parse(f"127.0.0.1:9/app:{tag}") for tag in range(100)]
    resolutions = resolve([*references, parse(f"{registry.host}/registry/none:1")], RegistrySettings())
    assert Counter(map(outcome, resolutions.values())) == {"unreachable": 100, "not-found": 1}

"""The tests' own tools: what is pushed is what `docker-registry` serves and `skopeo` reads."""

from pathlib import Path

import pytest

from tests.support import images, tokens
from tests.support.certificates import Authority
from tests.support.distribution import (
    PASSWORD,
    USER,
    Access,
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


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(images.multi_platform("index"), id="OCI index"),
        pytest.param(images.multi_platform("list", "docker"), id="Docker list"),
        pytest.param(images.single("one"), id="OCI manifest"),
        pytest.param(images.single("one", style="docker"), id="Docker manifest"),
        pytest.param(images.multi_platform("plain", declared=False), id="index without mediaType"),
        pytest.param(images.attested("signed"), id="index with an attestation"),
        pytest.param(images.empty_index(), id="empty index"),
    ],
)
def test_what_is_pushed_is_what_is_read(
    registry: Distribution, push: Pusher, skopeo: Skopeo, image: images.Image
) -> None:
    digest = push.push("support/shapes", image, "latest")
    assert skopeo.raw(f"{registry.host}/support/shapes:latest") == image.manifest.body
    assert skopeo.digest(f"{registry.host}/support/shapes@{digest}") == digest == image.digest


def test_deletion(registry: Distribution, push: Pusher) -> None:
    image = images.multi_platform("short-lived")
    push.push("support/deleted", image, "1")
    push.tag("support/deleted", image, "2")
    push.delete("support/deleted", image.digest)
    path = f"/v2/support/deleted/manifests/{image.digest}"
    assert eventually(lambda: Access("DELETE", path, 202) in registry.accesses())


def test_a_password_is_asked_for(folder: Path, skopeo: Skopeo) -> None:
    image = images.single("secret")
    with distribution(folder, htpasswd(folder)) as running:
        with pusher(running.url, auth=(USER, PASSWORD)) as push:
            push.push("app", image, "1")
        assert skopeo.digest(f"{running.host}/app:1", auth=(USER, PASSWORD)) == image.digest


def test_a_private_authority_signs_the_certificate(folder: Path, authority: Authority, skopeo: Skopeo) -> None:
    image = images.single("sealed")
    trusted = folder / "trusted"
    trusted.mkdir()
    (trusted / "ca.crt").write_bytes(authority.certificate.read_bytes())
    with distribution(folder, tls(authority.issue("registry"))) as running:
        with pusher(running.url, ca=authority.certificate) as push:
            push.push("app", image, "1")
        assert skopeo.digest(f"{running.host}/app:1", certificates=trusted) == image.digest


def test_tokens_are_accepted(folder: Path, authority: Authority, skopeo: Skopeo) -> None:
    image = images.single("token")
    signer = authority.issue("tokens")
    issuer = tokens.Issuer(signer)
    with (
        tokens.token_server(issuer) as realm,
        distribution(folder, token_auth(realm, tokens.SERVICE, tokens.ISSUER, authority.certificate)) as running,
    ):
        token = tokens.sign(signer, tokens.parse_scope("repository:app:pull,push"))
        with pusher(running.url, token=token) as push:
            push.push("app", image, "1")
        assert skopeo.digest(f"{running.host}/app:1") == image.digest
    assert [request.fields["scope"] for request in issuer.requests] == [["repository:app:pull"]]


def test_a_cache_serves_what_the_other_has(folder: Path, registry: Distribution, push: Pusher, skopeo: Skopeo) -> None:
    image = images.multi_platform("cached")
    push.push("support/cached", image, "1")
    with distribution(folder, pull_through(registry.url)) as running:
        assert skopeo.digest(f"{running.host}/support/cached:1") == image.digest

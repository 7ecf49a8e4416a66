"""Pushing by the distribution specification's own requests, so that no client's opinion is in the way."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.certificates import Certificate
from tests.support.images import Image, digest_of


class Pusher:
    """Pushes to the registry that `client` has as its base address."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def push(self, repository: str, image: Image, tag: str | None = None) -> str:
        """Push `image` with its blobs and children; under its digest alone without `tag`. Returns the digest."""
        for child in image.children:
            self.push(repository, child)
        for blob in image.blobs:
            self._push_blob(repository, blob)
        manifest = image.manifest
        path = f"/v2/{repository}/manifests/{tag or manifest.digest}"
        response = self._client.put(path, content=manifest.body, headers={"Content-Type": manifest.media_type})
        response.raise_for_status()
        return manifest.digest

    def tag(self, repository: str, image: Image, tag: str) -> None:
        """Let one more tag name an image that is there already."""
        self.push(repository, image._replace(blobs=(), children=()), tag)

    def delete(self, repository: str, digest: str) -> None:
        """Delete a manifest, and with it the tags that name it."""
        self._client.delete(f"/v2/{repository}/manifests/{digest}").raise_for_status()

    def _push_blob(self, repository: str, blob: bytes) -> None:
        digest = digest_of(blob)
        if self._client.head(f"/v2/{repository}/blobs/{digest}").is_success:
            return
        session = self._client.post(f"/v2/{repository}/blobs/uploads/").raise_for_status()
        location = httpx.URL(session.headers["Location"]).copy_merge_params({"digest": digest})
        self._client.put(location, content=blob).raise_for_status()


@contextmanager
def pusher(
    url: str,
    *,
    auth: tuple[str, str] | None = None,
    token: str | None = None,
    ca: Path | None = None,
    certificate: Certificate | None = None,
) -> Iterator[Pusher]:
    """A pusher for the registry at `url`, with a password or a token, or with a client's `certificate`.

    `ca` is an authority's certificate to trust.
    """
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    verify = ssl.create_default_context(cafile=ca)
    if certificate:
        verify.load_cert_chain(certificate.certificate, certificate.key)
    with httpx.Client(base_url=url, auth=auth, headers=headers, verify=verify, trust_env=False, timeout=60) as client:
        yield Pusher(client)

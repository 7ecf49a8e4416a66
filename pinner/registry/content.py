"""Answers to questions for manifests: what they say, checked, or what their failure means."""

import hashlib
from typing import NamedTuple

from pinner.reference import Reference, is_digest
from pinner.registry.errors import (
    Denied,
    DigestMismatch,
    NotAManifest,
    NotFound,
    RegistryError,
    Unauthorized,
)
from pinner.registry.manifest import MEDIA_TYPES, parse_manifest
from pinner.registry.wire import Answer, error_code, field


class Content(NamedTuple):
    """What a reference names. `body` is there where it was fetched and agrees with the digest.

    `size` is the body's length in bytes, None where the registry does not say it in answer to HEAD.
    """

    digest: str
    media_type: str
    body: bytes | None = None
    size: int | None = None


def described(answer: Answer, reference: Reference) -> Content | None:
    """What the answer to HEAD says, or None where only the content itself can tell."""
    digest = field(answer.headers, "docker-content-digest")
    wanted = reference.digest
    fits = digest == wanted if wanted else is_digest(digest)
    media_type = answer.content_type
    if answer.status == 200 and fits and media_type in MEDIA_TYPES:
        length = field(answer.headers, "content-length")
        size = int(length) if length.isascii() and length.isdecimal() and len(length) < 16 else None
        return Content(digest, media_type, size=size)
    return None


def fetched(answer: Answer, reference: Reference) -> Content:
    """What a 200 to GET holds. Raises NotAManifest, UnsupportedMediaType or DigestMismatch."""
    if answer.is_encoded:
        raise NotAManifest(f"{answer.origin} sends a compressed body, which no digest covers; check the proxies")
    manifest = parse_manifest(answer.body, answer.content_type)
    digest = _digest(answer.body, reference.digest or "sha256:")
    promised = field(answer.headers, "docker-content-digest")
    if reference.digest and digest != reference.digest:
        raise DigestMismatch(f"{answer.origin} answers with {digest} when asked for {reference.digest}; trust neither")
    if not reference.digest and is_digest(promised) and digest != promised:
        raise DigestMismatch(f"{answer.origin} says {promised} and sends {digest}; trust neither, and try again")
    return Content(digest, manifest.media_type, answer.body, len(answer.body))


def _digest(body: bytes, like: str) -> str:
    """The digest of `body` by the algorithm of another."""
    algorithm = like.partition(":")[0]
    return f"{algorithm}:{hashlib.new(algorithm, body).hexdigest()}"


def failure(answer: Answer, reference: Reference) -> RegistryError:
    """The error that a status other than 200 stands for."""
    origin = answer.origin
    match answer.status:
        case 404:
            return NotFound(f"{origin} has no {reference.familiar}; check the name and the tag")
        case 401:
            return Unauthorized(f"{origin} goes on asking for authentication; log in with docker login {origin}")
        case 403:
            return Denied(f"{origin} denies access to {reference.familiar}; check the name, or log in")
    return NotAManifest(f"{origin} answers {answer.status}{error_code(answer)}; check that it is a registry")

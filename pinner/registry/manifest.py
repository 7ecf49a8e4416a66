"""Read manifests and indexes.

Sources: image-spec `image-index.md` and `manifest.md`, distribution's "Image Manifest Version 2,
Schema 2". Both are told apart by `mediaType`, and where that is missing by their shape.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from pinner.registry.errors import EmptyIndex, NotAManifest, NotAnImage, RegistryError, UnsupportedMediaType, one_line

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
INDEXES = frozenset({OCI_INDEX, DOCKER_LIST})
MEDIA_TYPES = (OCI_INDEX, DOCKER_LIST, OCI_MANIFEST, DOCKER_MANIFEST)
ACCEPT = ", ".join(MEDIA_TYPES)
MAX_SIZE = 4 * 1024 * 1024
# An index that lists one manifest is longer: that descriptor alone has a digest of 71 bytes, a media type and a size.
_SMALLEST_INDEX = 200

# BuildKit's attestation storage: manifests of an index that are no platform's.
_ATTESTATION_KEY, _ATTESTATION = "vnd.docker.reference.type", "attestation-manifest"
_UNKNOWN_PLATFORM = "unknown/unknown"

# What a container engine takes for an image; all else is an artifact (image-spec `manifest.md`, "Guidelines for
# Artifact Usage"). Signatures and attestations have an image's configuration and are told by their layers.
# A tuple: in the place of a media type a hostile manifest may have what no set can hold.
_IMAGE_CONFIGS = ("application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json")
_IMAGE_LAYERS = ("application/vnd.oci.image.layer.", "application/vnd.docker.image.rootfs.")


class Content(NamedTuple):
    """What a reference names. `body` is there where it was fetched and agrees with the digest.

    `size` is the body's length in bytes, None where the registry does not say it in answer to HEAD.
    """

    digest: str
    media_type: str
    body: bytes | None = None
    size: int | None = None


class Child(NamedTuple):
    """One manifest that an index lists. `size` is in bytes, `platform` as in `linux/arm/v7`, None where not given."""

    digest: str
    media_type: str
    size: int
    platform: str | None
    annotations: Mapping[str, str] = {}

    @property
    def is_attestation(self) -> bool:
        """Whether it describes another child instead of being an image."""
        return self.annotations.get(_ATTESTATION_KEY) == _ATTESTATION or self.platform == _UNKNOWN_PLATFORM


class Manifest(NamedTuple):
    """What a body says. Only an index has children; an index without any is broken, but it is one.

    `configuration` is the digest of a manifest's configuration, and `platform` what that says, where somebody asked.
    `annotations` are those of the body itself. `artifact` is the media type that says what it
    holds where that is no image: a chart, a signature, an attestation.
    """

    media_type: str
    children: tuple[Child, ...] = ()
    artifact: str | None = None
    annotations: Mapping[str, str] = {}
    configuration: str | None = None
    platform: str | None = None

    @property
    def is_index(self) -> bool:
        """Whether it is an OCI image index or a Docker manifest list."""
        return self.media_type in INDEXES

    @property
    def images(self) -> tuple[Child, ...]:
        """The children that are images: neither attestations nor the layers that an index of a build cache lists."""
        kinds = ("", *MEDIA_TYPES)
        return tuple(child for child in self.children if not child.is_attestation and child.media_type in kinds)

    @property
    def flaw(self) -> RegistryError | None:
        """Why no container can be made of it, None where one can."""
        if self.artifact:
            return NotAnImage(f"it is no image but holds {self.artifact}")
        return EmptyIndex("the index lists no image") if self.is_index and not self.images else None

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms of the images, in the order of the index, each once."""
        return tuple(dict.fromkeys(child.platform for child in self.images if child.platform))


def is_surely_an_image(media_type: str, size: int | None) -> bool:
    """Return whether what HEAD says is enough: an index of a length in bytes at which it can list an image.

    A manifest may be that of a chart or a signature, which its content alone tells.
    """
    return media_type in INDEXES and (size is None or size >= _SMALLEST_INDEX)


def parse_manifest(body: bytes, content_type: str = "") -> Manifest:
    """Return what `body` says. `content_type`, without parameters, decides only where the body leaves it open.

    Raises NotAManifest, or UnsupportedMediaType for schema 1 and kinds that pinner does not know.
    """
    document = _document(body)
    media_type = _media_type(document, content_type)
    children = document["manifests"] or [] if media_type in INDEXES else []
    config = document.get("config")
    configuration = config.get("digest") if isinstance(config, dict) else None
    return Manifest(
        media_type=media_type,
        children=tuple(_child(entry) for entry in children),
        artifact=_artifact(document),
        annotations=_annotations(document.get("annotations")),
        configuration=configuration if isinstance(configuration, str) else None,
    )


def platform_of(configuration: bytes) -> str | None:
    """Return the platform that an image's configuration names (image-spec `config.md`), None where it names none."""
    try:
        return _platform(json.loads(configuration))
    except (ValueError, RecursionError):
        return None


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        if body[:512].lstrip().lower().startswith((b"<!doctype html", b"<html")):
            raise NotAManifest(
                "the answer is a web page, no manifest; is there a login page or a proxy in front of the registry?"
            ) from None
        raise NotAManifest(
            "the answer is not a manifest in JSON, or only a part of one; try again, and check that it is a registry"
        ) from None
    if not isinstance(document, dict):
        raise NotAManifest("the answer is JSON, but no manifest; check that the host is a registry")
    version = document.get("schemaVersion")
    if version == 1:
        raise UnsupportedMediaType("the image is in the old schema 1, which has no digest to pin; push it anew")
    if version != 2 or isinstance(version, bool | float):
        raise NotAManifest("the answer is JSON, but no manifest; check that the host is a registry")
    return document


def _media_type(document: dict[str, Any], content_type: str) -> str:
    """Return the media type, the body's own word first: the digest covers it, and not the header field."""
    declared = document.get("mediaType", "")
    if declared not in (*MEDIA_TYPES, ""):
        raise UnsupportedMediaType(f"the media type {one_line(str(declared), 80)} is no image that pinner can pin")
    fitting = _fitting(document)
    if not fitting or (declared and declared not in fitting):
        raise NotAManifest("the answer is neither an index nor a manifest, or both at once; pinner does not pin it")
    if declared:
        return str(declared)
    return content_type if content_type in fitting else fitting[0]


def _fitting(document: dict[str, Any]) -> tuple[str, ...]:
    """Return the media types whose fields the document has: none when it could be read both ways (CVE-2021-41190).

    What writers in Go leave empty may be null.
    """
    fields = {name for name in ("manifests", "config", "layers") if name in document}
    lists = all(isinstance(document.get(name), list | None) for name in ("manifests", "layers"))
    if fields == {"manifests"} and lists:
        return OCI_INDEX, DOCKER_LIST
    if fields == {"config", "layers"} and lists and isinstance(document["config"], dict):
        return OCI_MANIFEST, DOCKER_MANIFEST
    return ()


def _artifact(document: dict[str, Any]) -> str | None:
    """Return the type of what the document is that is no image: its own, its configuration's, or its first layer's."""
    kind = document.get("artifactType")
    config, layers = document.get("config"), document.get("layers") or ()
    if not kind and config is not None and config.get("mediaType") not in _IMAGE_CONFIGS:
        kind = config.get("mediaType") or "no media type"
    # An image without layers is one, and one layer of an image makes it one.
    types = [str(layer.get("mediaType", "")) for layer in layers if isinstance(layer, dict)]
    if not kind and not any(each.startswith(_IMAGE_LAYERS) for each in types):
        kind = next(iter(types), None)
    return one_line(str(kind)) if kind else None


def _child(entry: object) -> Child:
    if not isinstance(entry, dict) or not isinstance(entry.get("digest"), str):
        raise NotAManifest("the index lists something that has no digest; pinner does not pin it")
    size = entry.get("size")
    return Child(
        digest=one_line(entry["digest"]),
        media_type=one_line(str(entry.get("mediaType", ""))),
        size=size if isinstance(size, int) and size >= 0 else 0,
        platform=_platform(entry.get("platform")),
        annotations=_annotations(entry.get("annotations")),
    )


def _annotations(annotations: object) -> dict[str, str]:
    """Return the annotations whose values are strings, as they are: whoever shows one has to clean it."""
    pairs = annotations.items() if isinstance(annotations, dict) else ()
    return {key: value for key, value in pairs if isinstance(value, str)}


def _platform(platform: object) -> str | None:
    """Return `os/architecture[/variant]`, as `docker build --platform` takes it."""
    if not isinstance(platform, dict):
        return None
    parts = [platform.get(name) for name in ("os", "architecture", "variant")]
    if not isinstance(parts[0], str) or not isinstance(parts[1], str):
        return None
    return one_line("/".join(part for part in parts if isinstance(part, str) and part))

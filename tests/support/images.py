"""Small images of every shape, to be put into any registry of the tests."""

import json
from hashlib import sha256
from typing import Any, Literal, NamedTuple

from pinner.demo.registry import Store, StoredManifest

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
MEDIA_TYPES = (OCI_INDEX, DOCKER_LIST, OCI_MANIFEST, DOCKER_MANIFEST)

AMD64 = {"architecture": "amd64", "os": "linux"}
ARM64 = {"architecture": "arm64", "os": "linux", "variant": "v8"}

_CONFIG = {
    OCI_MANIFEST: "application/vnd.oci.image.config.v1+json",
    DOCKER_MANIFEST: "application/vnd.docker.container.image.v1+json",
}

Style = Literal["oci", "docker"]


class Image(NamedTuple):
    """An index or a manifest with all that it refers to, children first when pushed."""

    manifest: StoredManifest
    blobs: tuple[bytes, ...] = ()
    children: tuple["Image", ...] = ()

    @property
    def digest(self) -> str:
        """The digest of the index or manifest itself."""
        return self.manifest.digest


def digest_of(data: bytes) -> str:
    """`sha256:` and the hexadecimal hash of `data`."""
    return f"sha256:{sha256(data).hexdigest()}"


def encode(document: object) -> bytes:
    """JSON as registries store it: any spacing will do, but it is part of the content."""
    return json.dumps(document, indent=2).encode()


def single(seed: str, platform: dict[str, str] = AMD64, style: Style = "oci") -> Image:
    """One platform's manifest, without layers. Another `seed` gives another digest."""
    media_type = OCI_MANIFEST if style == "oci" else DOCKER_MANIFEST
    config = encode({**platform, "rootfs": {"type": "layers", "diff_ids": []}, "config": {"Labels": {"seed": seed}}})
    document = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": {"mediaType": _CONFIG[media_type], "digest": digest_of(config), "size": len(config)},
        "layers": [],
    }
    return Image(StoredManifest(media_type, encode(document)), (config,))


def artifact(config_type: str) -> Image:
    """A manifest of something that is no image, such as a chart."""
    config = b"{}"
    document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": descriptor(config_type, config), "layers": []}
    return Image(StoredManifest(OCI_MANIFEST, encode(document)), (config,))


def index(
    children: list[Image], descriptors: list[dict[str, Any]], style: Style = "oci", declared: bool = True
) -> Image:
    """An index of `children`. Without `declared` the document has no `mediaType` field, which OCI allows."""
    media_type = OCI_INDEX if style == "oci" else DOCKER_LIST
    document: dict[str, Any] = {"schemaVersion": 2}
    if declared:
        document["mediaType"] = media_type
    document["manifests"] = [{**describe(child), **extra} for child, extra in zip(children, descriptors, strict=True)]
    return Image(StoredManifest(media_type, encode(document)), (), tuple(children))


def describe(image: Image) -> dict[str, Any]:
    """The descriptor of `image` in an index (OCI image specification, "Content Descriptors")."""
    return descriptor(image.manifest.media_type, image.manifest.body)


def descriptor(media_type: str, content: bytes) -> dict[str, Any]:
    """The descriptor of any content."""
    return {"mediaType": media_type, "digest": digest_of(content), "size": len(content)}


def multi_platform(seed: str, style: Style = "oci", declared: bool = True) -> Image:
    """An index of linux/amd64 and linux/arm64/v8."""
    platforms = [AMD64, ARM64]
    children = [single(seed, platform, style) for platform in platforms]
    return index(children, [{"platform": platform} for platform in platforms], style, declared)


def attested(seed: str) -> Image:
    """An index as BuildKit writes it: one platform and its attestation manifest."""
    image, attestation = single(seed), single(f"{seed} attestation", {"architecture": "unknown", "os": "unknown"})
    annotations = {
        "vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": image.digest,
    }
    unknown = {"platform": {"architecture": "unknown", "os": "unknown"}, "annotations": annotations}
    return index([image, attestation], [{"platform": AMD64}, unknown])


def empty_index() -> Image:
    """An index that lists nothing."""
    return index([], [])


def store(target: Store, repository: str, image: Image, tag: str | None = None) -> str:
    """Put `image` and its children into an embedded registry. Returns the digest."""
    for child in image.children:
        store(target, repository, child)
    return target.put(repository, image.manifest, tag)

"""What a manifest holds: an image, or something that no container can run."""

import json
from typing import Any

import pytest

from pinner.registry.manifest import DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, parse_manifest
from tests.support import images
from tests.support.images import descriptor

OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
HELM = "application/vnd.cncf.helm.config.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"
IN_TOTO = "application/vnd.in-toto+json"
COSIGN = "application/vnd.dev.cosign.simplesigning.v1+json"
SBOM = "application/spdx+json"


def manifest(config: str | None, *layers: str, media_type: str = OCI_MANIFEST, **fields: Any) -> bytes:
    listed = [descriptor(layer, b"layer") for layer in layers]
    described = descriptor(config, b"config") if config else {}
    return json.dumps(
        {"schemaVersion": 2, "mediaType": media_type, "config": described, "layers": listed, **fields}
    ).encode()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (manifest(OCI_CONFIG, OCI_LAYER), None),
        (manifest(OCI_CONFIG), None),
        (manifest(OCI_CONFIG, "application/vnd.oci.image.layer.v1.tar+zstd"), None),
        (manifest(OCI_CONFIG, DOCKER_LAYER), None),
        (manifest(OCI_CONFIG, OCI_LAYER, IN_TOTO), None),
        (manifest(DOCKER_CONFIG, DOCKER_LAYER, media_type=DOCKER_MANIFEST), None),
        (manifest(HELM, "application/vnd.cncf.helm.chart.content.v1.tar+gzip"), HELM),
        (manifest(EMPTY, SBOM), EMPTY),
        (manifest(EMPTY, SBOM, artifactType=SBOM), SBOM),
        (manifest(OCI_CONFIG, IN_TOTO), IN_TOTO),
        (manifest(OCI_CONFIG, COSIGN), COSIGN),
        (manifest(None, OCI_LAYER), "no media type"),
        (images.single("artifacts").manifest.body, None),
        (images.multi_platform("artifacts").manifest.body, None),
        (images.empty_index().manifest.body, None),
        (json.dumps({"schemaVersion": 2, "manifests": [], "artifactType": SBOM}).encode(), SBOM),
        (json.dumps({"schemaVersion": 2, "config": {"mediaType": ["x"]}, "layers": []}).encode(), "['x']"),
        (json.dumps({"schemaVersion": 2, "config": {"mediaType": {}}, "layers": []}).encode(), "no media type"),
        (manifest(None, layers=None), "no media type"),
        (manifest(OCI_CONFIG, layers=[None, 1]), None),
    ],
)
def test_what_a_manifest_holds(body: bytes, expected: str | None) -> None:
    assert parse_manifest(body).artifact == expected


def test_an_index_of_a_build_cache_lists_no_image() -> None:
    listed = [descriptor(OCI_LAYER, b"layer"), descriptor("application/vnd.buildkit.cacheconfig.v0", b"config")]
    body = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed}).encode()
    assert parse_manifest(body).images == ()


def test_attestations_are_no_images() -> None:
    image = images.attested("artifacts")
    assert [child.digest for child in parse_manifest(image.manifest.body).images] == [image.children[0].digest]

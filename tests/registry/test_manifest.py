import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.registry.errors import NotAManifest, RegistryError, UnsupportedMediaType
from pinner.registry.manifest import (
    ACCEPT,
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    Child,
    Manifest,
    parse_manifest,
)

REAL = Path(__file__).parents[2] / "pinner" / "demo" / "manifests"
SHA = "sha256:" + "a" * 64


def body(**fields: Any) -> bytes:
    return json.dumps({"schemaVersion": 2, **fields}).encode()


IMAGE: dict[str, Any] = {"config": {}, "layers": []}

KINDS: list[tuple[str, bytes, str, str]] = [
    ("index that says so", body(mediaType=OCI_INDEX, manifests=[]), "", OCI_INDEX),
    ("list that says so", body(mediaType=DOCKER_LIST, manifests=[]), OCI_INDEX, DOCKER_LIST),
    ("manifest that says so", body(mediaType=DOCKER_MANIFEST, **IMAGE), "", DOCKER_MANIFEST),
    ("index by shape", body(manifests=[]), "", OCI_INDEX),
    ("index by shape and header", body(manifests=[]), DOCKER_LIST, DOCKER_LIST),
    ("index by shape against the header", body(manifests=[]), OCI_MANIFEST, OCI_INDEX),
    ("index of nothing, written in Go", body(manifests=None), "", OCI_INDEX),
    ("manifest by shape", body(**IMAGE), "", OCI_MANIFEST),
    ("manifest by shape and header", body(**IMAGE), DOCKER_MANIFEST, DOCKER_MANIFEST),
    ("odd header", body(**IMAGE), "text/plain", OCI_MANIFEST),
    ("artifact", body(mediaType=OCI_MANIFEST, artifactType="x/y", **IMAGE), "", OCI_MANIFEST),
]


@pytest.mark.parametrize(("data", "content_type", "expected"), [kind[1:] for kind in KINDS], ids=[k[0] for k in KINDS])
def test_media_types(data: bytes, content_type: str, expected: str) -> None:
    assert parse_manifest(data, content_type).media_type == expected


REFUSED: list[tuple[str, bytes, type[RegistryError]]] = [
    ("empty", b"", NotAManifest),
    ("login page", b"<!DOCTYPE html><html><form>", NotAManifest),
    ("cut", body(manifests=[])[:-5], NotAManifest),
    ("gzip", b"\x1f\x8b\x08\x00", NotAManifest),
    ("utf-16", json.dumps({"schemaVersion": 2}).encode("utf-16"), NotAManifest),
    ("byte-order mark", b"\xef\xbb\xbf" + body(manifests=[]), NotAManifest),
    ("too deep", b"[" * 100_000, NotAManifest),
    ("number too long", b'{"schemaVersion": ' + b"2" * 10_000 + b"}", NotAManifest),
    ("list", b"[]", NotAManifest),
    ("registry error", b'{"errors": []}', NotAManifest),
    ("version as text", b'{"schemaVersion": "2", "manifests": []}', NotAManifest),
    ("version as fraction", b'{"schemaVersion": 2.0, "manifests": []}', NotAManifest),
    ("version 3", b'{"schemaVersion": 3, "manifests": []}', NotAManifest),
    ("schema 1", b'{"schemaVersion": 1, "fsLayers": []}', UnsupportedMediaType),
    ("schema 1 as true", b'{"schemaVersion": true}', UnsupportedMediaType),
    ("no shape", body(), NotAManifest),
    ("two shapes", body(manifests=[], **IMAGE), NotAManifest),
    ("index with layers", body(mediaType=OCI_INDEX, manifests=[], layers=[]), NotAManifest),
    ("against its own word", body(mediaType=OCI_INDEX, **IMAGE), NotAManifest),
    ("manifests as text", body(manifests="none"), NotAManifest),
    ("config as list", body(config=[], layers=[]), NotAManifest),
    ("unknown kind", body(mediaType="application/vnd.oci.artifact.manifest.v1+json", blobs=[]), UnsupportedMediaType),
    ("unknown index", body(mediaType="application/vnd.example.index+json", manifests=[]), UnsupportedMediaType),
    ("media type as list", body(mediaType=[], manifests=[]), UnsupportedMediaType),
    ("child without digest", body(manifests=[{"size": 1}]), NotAManifest),
    ("child as text", body(manifests=["x"]), NotAManifest),
]


@pytest.mark.parametrize(("data", "expected"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_is_no_manifest(data: bytes, expected: type[RegistryError]) -> None:
    with pytest.raises(expected) as caught:
        parse_manifest(data)
    assert type(caught.value) is expected


def test_a_login_page_is_called_one() -> None:
    with pytest.raises(NotAManifest, match="web page"):
        parse_manifest(b"\n <HTML>")


def test_control_characters_of_a_media_type_are_cleaned() -> None:
    with pytest.raises(UnsupportedMediaType) as caught:
        parse_manifest(body(mediaType="\x1b[2Jevil", manifests=[]))
    assert "\x1b" not in caught.value.detail


def child(**fields: Any) -> Child:
    return parse_manifest(body(manifests=[{"digest": SHA, **fields}])).children[0]


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ({"os": "linux", "architecture": "amd64"}, "linux/amd64"),
        ({"os": "linux", "architecture": "arm", "variant": "v7"}, "linux/arm/v7"),
        ({"os": "windows", "architecture": "amd64", "os.version": "10.0.1"}, "windows/amd64"),
        ({"os": "linux", "architecture": "arm64", "variant": ""}, "linux/arm64"),
        ({"os": "linux"}, None),
        ({"os": 1, "architecture": 2}, None),
        ("linux/amd64", None),
        (None, None),
    ],
)
def test_platforms(platform: object, expected: str | None) -> None:
    assert child(platform=platform).platform == expected


def test_children() -> None:
    assert child(size=7, mediaType=OCI_MANIFEST, annotations={"a": "b", "c": 1}) == Child(
        SHA, OCI_MANIFEST, 7, None, {"a": "b"}
    )
    assert child(size=-1).size == child(size="9").size == child(annotations=[]).size == 0


def test_attestations() -> None:
    assert child(platform={"os": "unknown", "architecture": "unknown"}).is_attestation
    assert child(annotations={"vnd.docker.reference.type": "attestation-manifest"}).is_attestation
    assert not child(platform={"os": "linux", "architecture": "amd64"}).is_attestation
    assert not child().is_attestation


def test_platforms_of_an_index() -> None:
    platforms = [("linux", "amd64"), ("unknown", "unknown"), ("linux", "arm64"), ("linux", "amd64")]
    entries = [{"digest": SHA, "platform": {"os": os, "architecture": arch}} for os, arch in platforms]
    index = parse_manifest(body(manifests=[*entries, {"digest": SHA}]))
    assert index.is_index
    assert index.platforms == ("linux/amd64", "linux/arm64")
    assert Manifest(OCI_MANIFEST).platforms == ()


@pytest.mark.parametrize("path", sorted(REAL.glob("*.json")), ids=lambda path: path.name)
def test_real_manifests(path: Path) -> None:
    manifest = parse_manifest(path.read_bytes())
    assert manifest.is_index == ("index" in path.name)
    assert bool(manifest.platforms) == manifest.is_index


def test_accept_names_all_four() -> None:
    assert ACCEPT.split(", ") == [OCI_INDEX, DOCKER_LIST, OCI_MANIFEST, DOCKER_MANIFEST]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from("schemaVersion mediaType manifests config layers digest platform annotations size".split())
versions = st.just(2) | st.just(1) | json_values
documents = st.dictionaries(fields, json_values | st.lists(st.dictionaries(fields, json_values))).map(json.dumps)


@given(st.binary() | documents.map(str.encode), st.text())
def test_any_body_is_read_or_refused_with_a_reason(data: bytes, content_type: str) -> None:
    with suppress(NotAManifest, UnsupportedMediaType):
        assert parse_manifest(data, content_type).media_type


@given(st.dictionaries(fields, json_values), json_values, json_values)
def test_any_index_is_read_or_refused_with_a_reason(entry: dict[str, Any], platform: object, notes: object) -> None:
    entry |= {"digest": SHA, "platform": platform, "annotations": notes}
    assert parse_manifest(body(manifests=[entry])).children[0].digest == SHA

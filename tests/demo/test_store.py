"""The manifests that come with pinner are what Docker Hub published, byte for byte."""

import json

import pytest

from pinner.demo.registry import Store, StoredManifest, demo_store

PUBLISHED = {
    ("library/node", "14.7.0"): "sha256:94a00394bc5a8ef503fb59db0a7d0ae9e1119866e8aee8ba40cd864cea69ea1a",
    ("library/ubuntu", "20.04"): "sha256:5d1d5407f353843ecf8b16524bc5565aa332e9e6a1297c73a92d3e754b8a636d",
    ("library/nginx", "1.29.3"): "sha256:bd1578eec775d0b28fd7f664b182b7e1fb75f1dd09f92d865dababe8525dfe8b",
    ("library/alpine", "3.12"): "sha256:74e5ad84a67e9b8ed7609b32dc2460b76175020923d7f494a73a851446222d18",
}
UBUNTU_AMD64 = "sha256:60f560e52264ed1cb7829a0d59b1ee7740d7580e0eb293aca2d722136edb1e24"


@pytest.mark.parametrize(("repository", "tag", "digest"), [(*name, digest) for name, digest in PUBLISHED.items()])
def test_a_tag_names_the_published_digest(repository: str, tag: str, digest: str) -> None:
    manifest = demo_store().get(repository, tag)
    assert manifest is not None
    assert manifest.digest == digest


def test_a_child_is_found_by_its_digest_alone() -> None:
    store = demo_store()
    child = store.get("library/ubuntu", UBUNTU_AMD64)
    assert child is not None
    assert child.digest == UBUNTU_AMD64
    assert UBUNTU_AMD64 not in store.tags.values()


def test_the_media_type_served_is_the_one_in_the_manifest() -> None:
    for manifest in demo_store().manifests.values():
        assert json.loads(manifest.body)["mediaType"] == manifest.media_type


@pytest.mark.parametrize(
    ("repository", "reference"),
    [("library/node", "15"), ("node", "14.7.0"), ("library/alpine", UBUNTU_AMD64), ("", "")],
)
def test_other_names_are_unknown(repository: str, reference: str) -> None:
    assert demo_store().get(repository, reference) is None


def test_a_tag_that_moves_leaves_the_old_manifest() -> None:
    store = Store()
    old = store.put("app", StoredManifest("a/b", b"old"), "1")
    new = store.put("app", StoredManifest("a/b", b"new"), "1")
    assert store.get("app", "1") == store.get("app", new) != store.get("app", old)

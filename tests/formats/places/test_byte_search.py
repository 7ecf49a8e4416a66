"""Which files are worth composing."""

import pytest

from pinner.formats.places import Places
from pinner.formats.places.byte_search import may_be_manifest, may_hold_images
from pinner.formats.places.reader import open_source
from pinner.formats.yaml import document
from pinner.model.source import Source


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("packages: {binary-extensions: 2, image-size: 1, esbuild: 3}", False),
        ("a: 'it is binary!'\nimage: x\n", False),
        ("!!binary aW1hZ2U=: x", True),
        ("!<tag:yaml.org,2002:binary> aW1hZ2U=: x", True),
        ("%TAG !e! tag:yaml.org,2002:\n---\n!e!binary aW1hZ2U=: x", True),
        ("!" * 50_000, False),
        ("paths: {/services: {description: image services}}", False),
        ("x: {description: 'services that build an image'}", False),
        ("\ufeffservices: {a: {image: x}}", True),
        ('{"a":{"image":"x"},"services":{}}', True),
        ("x-a: &a {services: {a: {image: x}}}\n<<: *a\n", True),
        ("? services\n: {a: {image: x}}", True),
        ("x: 1\u2028services: {a: {image: x}}", True),
    ],
)
def test_only_files_with_a_key_that_counts_are_composed(text: str, *, expected: bool) -> None:
    assert may_hold_images(text.encode(), ()) is expected


def test_a_file_of_no_kind_is_composed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    composed: list[str] = []
    compose = document._compose
    monkeypatch.setattr(document, "_compose", lambda *given: composed.append(given[1]) or compose(*given))
    assert open_source(Source("a.yaml", b"services: [{image: x}]\n"), Places()).read().passed_over
    assert len(composed) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('// OF ANY KIND\n{"about": "The bytes of binary data"}', False),
        ("kind: [\n", False),
        ("apiVersion: v1\nkind: [\n", True),
        ('"api\\x56ersion": v1\nkind: [\n', True),
        ("!!binary YXBpVmVyc2lvbg==: v1\n? !!binary a2luZA==\n: [\n", True),
    ],
)
def test_what_does_not_parse_may_be_a_manifest_by_its_keys(text: str, *, expected: bool) -> None:
    assert may_be_manifest(text.encode()) is expected

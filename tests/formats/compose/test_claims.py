"""Which files are Compose files by their content."""

import pytest

from pinner.formats import COMPOSE
from pinner.model.source import Source

CLAIMED = {
    "plain": "services: {a: {image: x}}",
    "build": "services:\n  a:\n    build: .\n",
    "extends": "services: {a: {extends: {file: x.yml, service: y}}}",
    "quotes": '"services" : {a: {image: x}}',
    "JSON": '{"version": "3", "services": {"a": {"image": "x"}}}',
    "tag": "services: !override\n  a: {image: x}\n",
    "anchor": "services: &s {a: {image: x}}",
    "service that is taken away": "services: {a: {image: x}, b: !reset null}",
    "service by an alias": "x-a: &a {image: x}\nservices: {a: *a}",
    "image by a merge key": "x-a: &a {image: x}\nservices:\n  a:\n    <<: *a\n    ports: ['80']\n",
    "image by two merge keys": "x-a: &a {image: x}\nx-b: &b {<<: *a}\nservices: {a: {<<: *b}}",
    "services by a merge key": "x-a: &a {a: {image: x}}\nservices: {<<: *a}",
    "services by a list of merge keys": "x-a: &a {a: {build: .}}\nx-b: &b {b: {}}\nservices: {<<: [*a, *b], c: {}}",
    "services by a merge key at the top": "x-a: &a\n  services: {a: {image: x}}\n<<: *a\n",
    "second document": "x-a: 1\n---\nservices: {a: {image: x}}",
    "empty first document": "---\n# x\n---\nservices: {a: {image: x}}",
    "services in two documents": "services: {a: {ports: []}}\n---\nservices: {a: {image: x}}",
    "services that say nothing in the first document": "services:\n---\nservices: {a: {image: x}}",
}
NOT_CLAIMED = {
    "nothing": "",
    "no services": "x: {a: {image: x}}",
    "services further down": "x: {services: {a: {image: x}}}",
    "services in a list": "- services: {a: {image: x}}",
    "list of services": "services: [{image: x}]",
    "names of services": "services: {a: x}",
    "name beside a service": "services: {a: {image: x}, b: y}",
    "list beside a service": "services: {a: {image: x}, b: [y]}",
    "no image": "services: {a: {class: X}}",
    "image further down": "services: {a: {x: {image: y}}}",
    "image behind an alias further down": "x-a: &a {image: x}\nservices: {a: {x: *a}}",
    "image that is not merged": "x-a: &a {image: x}\nservices: {a: {class: X}}",
    "name by a merge key": "x-a: &a {a: x}\nservices: {<<: *a, b: {image: x}}",
    "services that say nothing": "services:\n",
    "no service": "services: {}",
    "only a service that is taken away": "services: {a: !reset null}",
    "other kind": "jobs: {}\nservices: {a: {image: x}}",
    "other kind by a merge key": "x-a: &a {stages: []}\n<<: *a\nservices: {a: {image: x}}",
    "other kind in the second document": "services: {a: {image: x}}\n---\napiVersion: v1\n",
    "list in the second document": "services: {a: {image: x}}\n---\n[1]\n",
    "list of services in the second document": "services: {a: {image: x}}\n---\nservices: [x]\n",
    "merge keys in a circle": "services: &a {<<: *a}",
    "no YAML": "services: [",
    "no UTF-8": "services: {a: {image: \udcff}}",
}


@pytest.mark.parametrize("text", CLAIMED.values(), ids=CLAIMED)
def test_a_compose_file(text: str) -> None:
    assert COMPOSE.claims(Source("stack.yml", text.encode()))


@pytest.mark.parametrize(
    ("text", "expected"), [("services: {a: {image: x}}", True), ("x: {a: {image: x}}", False), ("", False)]
)
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_compose_file_that_pinner_does_not_read(text: str, encoding: str, *, expected: bool) -> None:
    assert COMPOSE.claims(Source("stack.yml", f"\ufeff{text}".encode(encoding))) is expected


@pytest.mark.parametrize("text", NOT_CLAIMED.values(), ids=NOT_CLAIMED)
def test_a_file_of_another_kind(text: str) -> None:
    assert not COMPOSE.claims(Source("stack.yml", text.encode("utf-8", "surrogateescape")))

"""What Bake files build: the names, and the tags where the file names them."""

import json

import pytest

from pinner.formats import Places
from pinner.formats.places.bake import decisions_of, read_bake
from pinner.model.source import Source

HCL: dict[str, list[tuple[str, str | None]]] = {
    'target "x" { tags = ["a/b:1"] }': [("a/b", "1")],
    'target "x" {\n  tags = [\n    "a/b:1", # one\n    "a/c:2",\n  ]\n}\n': [("a/b", "1"), ("a/c", "2")],
    'target "x" {\r\n  tags = ["a/b:1"]\r\n}\r\n': [("a/b", "1")],
    'target "x" { tags = ["a/b"] }': [("a/b", None)],
    'target "x" { tags = ["a/b:${TAG}"] }': [("a/b", None)],
    'variable "TAG" { default = "1" }\ntarget "x" { tags = ["a/b:${TAG}"] }': [("a/b", None)],
    'variable "TAG" { default = "1" }\ntarget "x" { tags = ["a/b:v${TAG}-x"] }': [("a/b", None)],
    'variable "R" {\n  default = "a"\n}\ntarget "x" { tags = ["${R}/b:1"] }': [("a/b", "1")],
    'target "x" { tags = ["${R}/b:1"] }\nvariable "R" { default = "q.example:5000/a" }': [("q.example:5000/a/b", "1")],
    'variable "I" { default = "a/b:1" }\ntarget "x" { tags = [I, "${I}-x"] }': [("a/b", None), ("a/b", None)],
    'target "x" { tags = [R != "" ? "a/b:1" : "a/c:${T}"] }': [("a/b", "1"), ("a/c", None)],
    'target "x" { tags = concat(["a/b:1"], compact(["a/c:1"])) }': [("a/b", "1"), ("a/c", "1")],
    'target "x" {\n  matrix = {\n    t = ["b", "c"]\n  }\n  name = "x-${t}"\n  tags = ["a/${t}:1"]\n}': [
        ("a/b", "1"),
        ("a/c", "1"),
    ],
    'target "x" {\n  matrix = { t = ["b"], v = ["1", "2"] }\n  tags = ["a/${t}:${v}"]\n}': [
        ("a/b", None),
        ("a/b", None),
    ],
    'target "x" { tags = ["a/b:1", "a/${substr(T, 0, 1)}:1", "${lookup(M, "x")}/c", "a/d:1"] }': [
        ("a/b", "1"),
        ("a/d", "1"),
    ],
    'target "x" {\n  tags = ["a/b:${T[0]}"]\n  labels = { "x" = "]" }\n}\ntarget "y" { tags = ["a/c:1"] }': [
        ("a/b", None),
        ("a/c", "1"),
    ],
    'target "ä" { tags = ["a/b:1"] }': [("a/b", "1")],
    'target "x" { tags = ["${{ t = "c" }["t"]}/b:1", "a/b:1"] }\ntarget "y" { tags = ["a/c:1"] }': [
        ("a/b", "1"),
        ("a/c", "1"),
    ],
    'target "x" { tags = ["a/b:${upper("${T}")}", "a/c:1"] }': [("a/b", None), ("a/c", "1")],
    'target "x" { tags = ["a/b:1"], labels = { x = "$${" } }\ntarget "y" { tags = ["a/c:1"] }': [
        ("a/b", "1"),
        ("a/c", "1"),
    ],
    'target "x" {\n  dockerfile-inline = <<A\nA\n  tags = ["a/b:1"]\n}': [("a/b", "1")],
    'target "x" {\r\n  dockerfile-inline = <<-A\r\n AB\r\n  A\r\n  tags = ["a/b:1"]\r\n}': [("a/b", "1")],
    'target "x" { description = "\\"" }\ntarget "y" { tags = ["a/c:1"] }': [("a/c", "1")],
    'target "x" { description = "a\n}\ntarget "y" { tags = ["a/c:1"] }': [("a/c", "1")],
}
NOTHING = [
    "",
    'target "x" { # tags = ["a/b:1"]\n}',
    'target "x" {\n  context = "." // tags = ["a/b:1"]\n}',
    'target "x" {\n/* tags = ["a/b:1"] */\n}',
    '/*\ntarget "x" { tags = ["a/b:1"] }\n*/',
    'target "x" {\n  dockerfile-inline = <<EOT\ntags = ["a/b:1"]\nEOT\n}',
    'target "x" { description = "tags = [\\"a/b:1\\"]" }',
    'target "x" { cache-from = ["a/b:1"] }',
    'target "x" { contexts = { tags = "a/b:1" } }',
    'target "x" { labels = { tags = ["a/b:1"] } }',
    'group "x" { tags = ["a/b:1"] }',
    'variable "tags" { default = ["a/b:1"] }',
    'tags = ["a/b:1"]',
    'target "x" { tags = ["${R}/b:1"] }',
    'variable "R" {}\ntarget "x" { tags = ["${R}/b:1"] }',
    'variable "R" { default = null }\ntarget "x" { tags = ["${R}/b:1"] }',
    'variable "R" { default = "${S}" }\ntarget "x" { tags = ["${R}/b:1"] }',
    'variable "R" { default = join("/", ["a"]) }\ntarget "x" { tags = ["${R}/b:1"] }',
    'target "x" { tags = [join("/", ["a", "b"])] }',
    'target "x" { tags = [for t in ["x"] : lower("a/b:1")] }',
    'target "x" { tags = tags_of("a/b:1") }',
    'target "x" { tags = [""] }',
    'target "x" { tags = [',
    'target "x" { tags = ["a/b:1',
    'target "x" { tags = ["a/b:${1"] }',
    'x = <<A\ntarget "x" { tags = ["a/b:1"] }\n',
    'x = <<A\nA B\ntarget "x" { tags = ["a/b:1"] }\nA\n',
    'x = <<A\nA-\ntarget "x" { tags = ["a/b:1"] }\nA\n',
    'target "x" {\n  matrix = { t = [{ n = "b" }] }\n  tags = ["a/${t.n}:1"]\n}',
    'target "x" {\n  matrix = { t = ["b", T] }\n  tags = ["a/${t}:1"]\n}',
]


def built(path: str, text: str) -> list[tuple[str, str | None]]:
    decisions = decisions_of(read_bake(Source(path, text.encode())), path)
    return [(each.name.removeprefix("docker.io/"), each.tag) for each in decisions]


@pytest.mark.parametrize(("text", "expected"), HCL.items())
def test_tags_of_targets(text: str, expected: list[tuple[str, str | None]]) -> None:
    assert built("docker-bake.hcl", text) == expected


@pytest.mark.parametrize("text", NOTHING)
def test_what_builds_nothing_that_is_known(text: str) -> None:
    assert built("docker-bake.hcl", text) == []


def test_the_line_of_a_tag() -> None:
    text = '# ä\ntarget "x" {\n  tags = [\n    "a/b:1",\n    "a/c:1"]\n}\n'
    assert [each.line for each in decisions_of(read_bake(Source("bake.hcl", text.encode())), "bake.hcl")] == [4, 5]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"target": {"x": {"tags": ["a/b:1", "a/c"]}}}, [("a/b", "1"), ("a/c", None)]),
        ({"variable": {"R": {"default": "a"}}, "target": {"x": {"tags": ["${R}/b:${T}"]}}}, [("a/b", None)]),
        ({"target": {"x": {"matrix": {"t": ["b", "c"]}, "tags": ["a/${t}:1"]}}}, [("a/b", "1"), ("a/c", "1")]),
        ({"target": {"x": {"tags": "a/b:1"}}}, []),
        ({"target": {"x": {"labels": {"tags": ["a/b:1"]}}}}, []),
        ({"target": [1], "variable": None}, []),
        ({"tags": ["a/b:1"]}, []),
        ([{"tags": ["a/b:1"]}], []),
    ],
)
def test_json(document: object, expected: list[tuple[str, str | None]]) -> None:
    assert built("docker-bake.json", json.dumps(document)) == expected
    assert built("docker-bake.json", json.dumps(document, indent=2)) == expected


def test_json_that_does_not_parse() -> None:
    assert built("docker-bake.json", '{"target": [') == []


@pytest.mark.parametrize(
    ("attest", "expected"),
    [
        (["type=provenance", "type=sbom,generator=a/b:1"], ["a/b:1"]),
        ([{"type": "sbom", "generator": "a/b:1"}, {"type": "generator"}, 1, None, ["generator=c:1"]], ["a/b:1"]),
        (["type=sbom,generator=", {"generator": None}], []),
        ("generator=a/b:1", []),
    ],
)
def test_generators_in_json(attest: object, expected: list[str]) -> None:
    text = json.dumps({"target": {"x": {"attest": attest}}})
    assert [each.text for each in Places().read(Source("bake.json", text.encode())).occurrences] == expected

"""Custom resource definitions are not composed, and nothing hides among them."""

import re

import pytest

from pinner.formats.places import Places
from pinner.formats.places.reader import open_source
from pinner.formats.yaml.definitions import without_definitions
from pinner.model.source import Source

DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: a
spec:
  names:
    kind: A
  containers:
  - image: a/b:1
"""
POD = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: a/b:1\n"

LEFT_OUT = {
    "one": DEFINITION,
    "two": f"---\n{DEFINITION}---\n{DEFINITION}",
    "comments and empty lines": f"# x\n\n---\n# x\n{DEFINITION}\n# apiVersion: v1\n  \n",
    "kind first": "kind: CustomResourceDefinition\napiVersion: apiextensions.k8s.io/v1beta1\nstatus:\n  a: b\n",
    "line ends of Windows": DEFINITION.replace("\n", "\r\n"),
    "space at the end": DEFINITION.replace("\n", " \n"),
    "letters beyond ASCII": DEFINITION.replace("name: a", "name: 'ä \u65e5'"),
    "breaks that not all readers know, inside": DEFINITION.replace("name: a", "name: a\u2028   b"),
    "directive": f"%YAML 1.1\n---\n{DEFINITION}",
}


@pytest.mark.parametrize("text", LEFT_OUT.values(), ids=LEFT_OUT)
def test_definitions_are_of_no_kind(text: str) -> None:
    left = without_definitions(text)
    assert "CustomResourceDefinition" not in left
    assert len(left) == len(text)
    assert re.findall("[\r\n]", left) == re.findall("[\r\n]", text)
    reading = open_source(Source("a.yaml", text.encode()), Places()).read()
    assert (reading.occurrences, reading.problems) == ((), ())
    assert reading.passed_over


LARGE = f"---\n{DEFINITION.replace('name: a', 'name: ä')}---\n"


@pytest.mark.parametrize("text", [f"{LARGE}{POD}", f"{POD}{LARGE}", f"{LARGE}{POD}{LARGE}"])
def test_what_stands_beside_them_is_read_where_it_stands(text: str) -> None:
    source = Source("a.yaml", text.encode())
    (occurrence,) = open_source(source, Places()).read().occurrences
    at = text.index("a/b:1", text.index("kind: Pod"))
    assert occurrence.span.start == len(text[:at].encode())
    assert occurrence.where.line == text.count("\n", 0, at) + 1


def test_an_error_beside_them_is_told_on_its_line() -> None:
    text = f"{POD}---\na: [\n{LARGE}"
    (problem,) = open_source(Source("a.yaml", text.encode()), Places()).read().problems
    assert problem.line in (text.count("\n", 0, text.index("a: [")) + 1, text.count("\n", 0, text.index("a: [")) + 2)


COMPOSED = {
    "other manifest": POD,
    "second kind": f"{DEFINITION}kind: Pod\n",
    "quoted keys": f'{DEFINITION}"kind": "Pod"\n',
    "definition in a text": f'  kind: Pod\n  spec: {{containers: [{{image: "a/b:1"}}]}}\n  x: "\n{DEFINITION}  "\n',
    "definition in a text of the second document": f'---\n{DEFINITION}---\n  kind: Pod\n  x: "\n{DEFINITION}  "\n',
    "break of a line that not all readers know": DEFINITION.replace("name: a", "name: a\u2028kind: Pod"),
    "another break": DEFINITION.replace("name: a", "name: a\x85kind: Pod"),
    "carriage return": DEFINITION.replace("name: a", "name: a\rkind: Pod"),
    "merge key": f"{DEFINITION}<<: &a {{kind: Pod}}\n",
    "key of another kind": f"{DEFINITION}services: {{a: {{image: 'a/b:1'}}}} # Pod\n",
    "document on the line of its mark": f"{DEFINITION}--- {{apiVersion: v1, kind: Pod}}\n",
    "document behind the mark of an end": f"{DEFINITION}...\napiVersion: v1\nkind: Pod\n",
    "list": f"- {DEFINITION}  # Pod\n",
    "template": f"{{{{ if .Pod }}}}\n{DEFINITION}",
    "ignore comment": f"# pinner: ignore-file Pod\n{DEFINITION}",
}


@pytest.mark.parametrize("text", COMPOSED.values(), ids=COMPOSED)
def test_a_document_with_anything_else_is_composed(text: str) -> None:
    assert "Pod" in without_definitions(text)

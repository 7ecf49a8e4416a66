"""Which files hold custom resource definitions alone, and that nothing hides among them."""

import pytest

from pinner.formats.places import Places
from pinner.formats.places.reader import open_source
from pinner.formats.yaml.definitions import are_all_definitions
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

ALL = {
    "one": DEFINITION,
    "two": f"---\n{DEFINITION}---\n{DEFINITION}",
    "comments and empty lines": f"# x\n\n---\n# x\n{DEFINITION}\n# apiVersion: v1\n  \n",
    "kind first": "kind: CustomResourceDefinition\napiVersion: apiextensions.k8s.io/v1beta1\nstatus:\n  a: b\n",
    "line ends of Windows": DEFINITION.replace("\n", "\r\n"),
    "space at the end": DEFINITION.replace("\n", " \n"),
}
NOT_ALL = {
    "nothing": "",
    "other manifest": POD,
    "pod behind": f"{DEFINITION}---\n{POD}",
    "pod before": f"{POD}---\n{DEFINITION}",
    "second kind": f"{DEFINITION}kind: Pod\n",
    "quoted keys": f'{DEFINITION}"kind": "Pod"\n',
    "definition in a text": f'  kind: Pod\n  spec: {{containers: [{{image: "a/b:1"}}]}}\n  x: "\n{DEFINITION}  "\n',
    "definition in a text of the second document": f'---\n{DEFINITION}---\n  kind: Pod\n  x: "\n{DEFINITION}  "\n',
    "break of a line that not all readers know": DEFINITION.replace("name: a", "name: a\u2028kind: Pod"),
    "another break": DEFINITION.replace("name: a", "name: a\x85kind: Pod"),
    "carriage return": DEFINITION.replace("name: a", "name: a\rkind: Pod"),
    "merge key": f"{DEFINITION}<<: &a {{kind: Pod}}\n",
    "key of another kind": f"{DEFINITION}services: {{a: {{image: 'a/b:1'}}}}\n",
    "document on the line of its mark": f"{DEFINITION}--- {{apiVersion: v1, kind: Pod}}\n",
    "directive": f"%YAML 1.1\n---\n{DEFINITION}",
    "list": f"- {DEFINITION}",
    "template": f"{{{{ if .x }}}}\n{DEFINITION}",
    "not UTF-8": DEFINITION.replace("name: a", "name: a\n\udcffkind: Pod"),
}


@pytest.mark.parametrize("text", ALL.values(), ids=ALL)
def test_definitions_alone_are_of_no_kind(text: str) -> None:
    assert are_all_definitions(text.encode())
    reading = open_source(Source("a.yaml", text.encode()), Places()).read()
    assert (reading.occurrences, reading.problems) == ((), ())
    assert reading.passed_over


@pytest.mark.parametrize("text", NOT_ALL.values(), ids=NOT_ALL)
def test_a_file_with_anything_else_is_composed(text: str) -> None:
    assert not are_all_definitions(text.encode("utf-8", "surrogateescape"))

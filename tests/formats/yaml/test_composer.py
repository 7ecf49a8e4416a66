"""Nodes are those that ruamel.yaml's own composer makes, and each is there once."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from pinner.formats.yaml.composer import ComposeError, TooDeepError, compose_documents
from pinner.formats.yaml.nodes import MAX_DEPTH, Node

FILES = {
    "plain scalars": "- yes\n- 010\n- !a b\n- a\n- 1:20\n",
    "scalars": "- a\n- 'b'\n- \"c\"\n- 1\n- 1.5\n- true\n- null\n-\n- 2020-01-01\n- |\n  d\n- >-\n  e\n  f\n",
    "tags": "- !!str 1\n- ! 1\n- !own [a]\n- ! {b: c}\n- !!binary YQ==\n- !<tag:x> d\n",
    "a directive": "%TAG !e! tag:e:\n---\n- !e!x a\n...\n%YAML 1.1\n---\n- yes\n- 010\n",
    "collections": "a: {b: [c, d: e]}\nf:\n- g\n-\n  - h\n? [i]\n: j\n",
    "aliases": "a: &x {b: &y [c]}\nd: *x\ne: *y\n*y : f\n<<: *x\n",
    "an anchor that stands twice": "- &x a\n- *x\n- &x [b]\n- *x\n",
    "an alias in what it means": "&x {a: *x, b: &y [*x, *y]}",
    "documents": "a: &x 1\n---\n- &x b\n- *x\n---\n--- c\n...\n",
    "nothing": "",
    "comments": "# a\n",
    "as deep as may be": "[" * MAX_DEPTH + "]" * MAX_DEPTH,
}


def of_ruamel(text: str) -> list[Any]:
    yaml = YAML(typ="safe", pure=True)
    yaml.max_depth = MAX_DEPTH
    yaml.composer.warn_double_anchors = False
    return list(yaml.compose_all(text))


def index_of(error: Exception) -> int | None:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return mark.index if mark else None


def shape(documents: list[Any]) -> list[object]:
    """All that is asked of nodes in the order of the file, and which of them stands where."""
    numbers: dict[int, int] = {}
    shapes: list[object] = []

    def number(node: Any) -> int:
        if id(node) in numbers:
            return numbers[id(node)]
        own = numbers[id(node)] = len(shapes)
        start, end = (node.start, node.end) if isinstance(node, Node) else (node.start_mark.index, node.end_mark.index)
        shapes.append(None)
        value: object = node.value
        if node.id == "mapping":
            value = [(number(key), number(child)) for key, child in node.value]
        elif node.id == "sequence":
            value = [number(child) for child in node.value]
        style = node.style if node.id == "scalar" else None
        shapes[own] = (node.id, node.tag, node.anchor, style, value, start, end)
        return own

    return [shapes, [number(document) for document in documents]]


def outcome(text: str) -> object:
    """The shape of what pinner composes, or where it fails."""
    try:
        documents = compose_documents(text)
    except Exception as error:  # noqa: BLE001 - that of ruamel.yaml
        return index_of(error)
    roots = [nodes[0] for nodes in documents]
    nodes = [node for document in documents for node in document]
    assert len({id(node) for node in nodes}) == len(nodes)
    found = shape(roots)
    assert [node.start for node in nodes] == [each[-2] for each in found[0]], "the order of the file"  # type: ignore[attr-defined]
    return found


def expected(text: str) -> object:
    try:
        return shape(of_ruamel(text))
    except Exception as error:  # noqa: BLE001
        return index_of(error)


@pytest.mark.parametrize("name", FILES)
def test_nodes(name: str) -> None:
    assert outcome(FILES[name]) == expected(FILES[name])


FRAGMENTS = [
    *"ab:-?,[]{}&*!|>'\"#%@ \n",
    "- ",
    "? ",
    ": ",
    "&a ",
    "*a ",
    "\n  ",
    "\n- ",
    "---\n",
    "...\n",
    "!!int ",
    "1",
    "~",
    "<<: ",
    "%YAML 1.1\n---\n",
    "yes",
    "\0",
]


BROKEN = {
    "a directive": "%YAML 1.1\n---\n",
    "a tag's handle": "%TAG ! tag:x:\n---\n- !a b\n- [",
    "an open flow": "a: &x [b, {c: 'd",
    "no character of YAML": "a: b\0",
    "an undefined alias": "- &y a\n- *x\n- b",
    "too deep": "{a: " * (MAX_DEPTH + 1),
}


@pytest.mark.parametrize("before", BROKEN)
@pytest.mark.parametrize("name", FILES)
def test_one_file_leaves_nothing_for_the_next(before: str, name: str) -> None:
    outcome(BROKEN[before])
    assert outcome(FILES[name]) == expected(FILES[name])


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=25).map("".join))
def test_whatever_stands_in_a_file(text: str) -> None:
    assert outcome(text) == expected(text)


def test_an_alias_of_nothing() -> None:
    with pytest.raises(ComposeError, match="found undefined alias 'x'") as caught:
        compose_documents("a: &x 1\n---\nb: *x\n")
    assert caught.value.problem_mark.index == len("a: &x 1\n---\nb: ")


def test_too_deep() -> None:
    with pytest.raises(TooDeepError) as caught:
        compose_documents("[" * (MAX_DEPTH + 1))
    assert caught.value.problem_mark.index == MAX_DEPTH

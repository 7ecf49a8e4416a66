"""The short cuts through ruamel.yaml lead where ruamel.yaml goes."""

import gc
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from pinner.formats import COMPOSE, _ruamel
from pinner.source import Source

MAX_DEPTH = 10
CASES = Path(__file__).parents[1] / "cases" / "compose"

PLAIN = ["a: b", "c:", "  d: e", "    f: g", "- h", "- - i", "  - j", "k: l # m", "# n", "", "o: p: q", "r:s", "t:\tu"]
FLOW = ["a: {b: c, d: [e, f]}", "g: [h, [i]]", "j: {k: 1, ? l : m}", "n: [o,\n  p, # q\n  r]", "[open", "}", "s: {t}"]
QUOTED = ['a: "\\u0041 \\\n  b"', "c: 'it''s'", 'd: "e\n\n  f"', "g: 'h", '"i": j', "'k' : l"]
BLOCKS = ["a: |\n  text\n  more", "b: >-\n  folded\n  text", "c: |2+\n    d\n", "e: >\n\n  f\n\n\n  g", "h: |x"]
OTHERS = ["a: &x b", "c: *x", "<<: *x", "d: !!str 1", "e: !t f", "? g\n: h", "? [i, j]\n: k", "@", "`", "---", "..."]
DIRECTIVES = ["%YAML 1.1\n---", "%YAML 1.2\n---", "%TAG ! tag:x,2000:\n---", "%FOO\n---"]
LINES = st.sampled_from(PLAIN) | st.sampled_from(PLAIN + FLOW + QUOTED + BLOCKS + OTHERS + DIRECTIVES)
SPECIAL = ["\x85", "\u2028", "\u2029", "\ufeff", "é", "😀", "\r\n", "\0", ": ", "- ", " #", "---", "..."]
PIECES = st.sampled_from([*" \t\n\r:-?[]{},#&*!|>'\"%@`ab1~", *SPECIAL])


def plain(text: str) -> list[Any]:
    yaml = YAML(typ="safe", pure=True)
    yaml.max_depth = MAX_DEPTH
    yaml.composer.warn_double_anchors = False
    return list(yaml.compose_all(text))


def short(text: str) -> list[Any]:
    return _ruamel.compose(text, MAX_DEPTH)


def place(mark: Any) -> tuple[int, int, int] | None:
    return (mark.index, mark.line, mark.column) if mark else None


def shown(node: Any, seen: frozenset[int] = frozenset()) -> Any:
    """All that a node says, with what is below it."""
    if isinstance(node, (list, tuple)):
        return [shown(each, seen) for each in node]
    if not hasattr(node, "tag") or id(node) in seen:
        return repr(node) if isinstance(node, str) else type(node).__name__
    rest = shown(node.value, seen | {id(node)})
    style = getattr(node, "style", None), getattr(node, "flow_style", None)
    return node.id, node.tag, node.anchor, style, place(node.start_mark), place(node.end_mark), rest


def outcome(compose: Callable[[str], list[Any]], text: str) -> Any:
    try:
        documents = compose(text)
    except Exception as error:  # noqa: BLE001 - whatever it is, it has to be the same
        marks = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
        return type(error).__name__, str(error), *map(place, marks)
    return shown(documents)


COMPOSE_FILES = [path.read_bytes().decode() for path in sorted(CASES.rglob("*.yaml"))]
BREAKS = st.sampled_from(["\n", "\n", "\r\n", "\r", "\x85", "\u2028"])
INDENTS = st.sampled_from(["", "", " ", "  ", "    "])
INDICATORS = st.sampled_from(["", "", "- ", "- - ", "? ", ": ", "-\t", "--- ", "&x ", "!t ", "!!str &y ", "# "])
KEYS = ["", "a: ", "b:", "c d: ", "1: ", "'e': ", "&z f: ", "[g]: ", "h :", "i:\t", "*x : ", "<<: ", "#j: "]
WORDS = ["", "k", "k l", "1.5", "yes", "~", "m:n", "o#p", "q: r", "-i", "?j", ":k", "m ?n", "o, p"]
NODES = ["'s'", '"t u"', "'v''w'", '"x\\ty"', "*x", "&x z", "!t l", "|", ">-", "[a, b c]", "{d: e}", "[f", "g]", "- h"]
VALUES = [*WORDS, *NODES, "\ufeffk", "k\ufeff", "k\x85", "k\u2029l"]
LASTS = st.sampled_from(["", "", "", " ", " # t", "# u", "\t", "\t# v", ":", " :", "  ", " #\ufeff", " #\x85w"])
LINE = st.tuples(INDENTS, INDICATORS, st.sampled_from(KEYS), st.sampled_from(VALUES), LASTS).map("".join)
FRAGMENTS = [*"a1: #[],'\n\t\r\x85\ufeff", "  ", "- ", "? ", "&x ", "---"]


@st.composite
def yaml_texts(draw: st.DrawFn) -> str:
    """Compose files and other lines of YAML, with a few characters changed."""
    lines = draw(st.sampled_from([text.split("\n") for text in COMPOSE_FILES]) | st.lists(LINES, max_size=8))
    text = draw(BREAKS).join(lines)
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(PIECES) + text[at + draw(st.sampled_from([0, 1, 3])) :]
    return text


@st.composite
def structures(draw: st.DrawFn) -> str:
    """Lines with all kinds of indentation, keys, values and ends."""
    line_break = draw(BREAKS)
    return line_break.join(draw(st.lists(LINE, max_size=6))) + draw(st.sampled_from(["", line_break]))


@settings(max_examples=400)
@given(yaml_texts() | structures() | st.text(max_size=20))
@example("a: b\r\nc: 'd\r\n  e'\r\n")
@example("\ufeffa: b\n")
@example("%YAML 1.1\n---\na: yes\n---\nb: 012\n")
@example("[" * (MAX_DEPTH + 1))
@example("[" * MAX_DEPTH + "a")
@example("- " * MAX_DEPTH + "a: b")
@example("a: b\n\x85  c")
@example("a: b\n'c'\x85d: e")
@example("a: b\n--- c\n... d")
@example("a: &x b\nc: *x")
@example("a:\n-\nb:\n-\n: c")
@example("'a'\n: b")
@example("%YAML 1.1\n---\n[a?b, c:]")
@example("a" * 1024 + ": b\n")
@example("a" * 1025 + ": b\n")
@example("")
def test_composes_the_same(text: str) -> None:
    assert outcome(short, text) == outcome(plain, text)


@pytest.mark.parametrize("first", FRAGMENTS)
def test_composes_the_same_of_all_small_texts(first: str) -> None:
    for rest in product(["", *FRAGMENTS], repeat=2):
        text = first + "".join(rest)
        assert outcome(short, text) == outcome(plain, text), text


def test_composes_the_same_of_all_vectors() -> None:
    for text in COMPOSE_FILES:
        for line_break in ("\n", "\r\n", "\r"):
            other = text.replace("\n", line_break)
            assert outcome(short, other) == outcome(plain, other)


@pytest.mark.parametrize("text", ["a: 1\n", "a: [b\n"])
def test_one_file_leaves_nothing_for_the_next(text: str) -> None:
    first = outcome(short, text)
    outcome(short, "%YAML 1.1\n---\n" + "[" * 20)
    assert outcome(short, text) == first


@pytest.mark.parametrize("text", ["services: {a: {image: b}}", "services: [image"])
def test_the_garbage_collector_is_on_afterwards(text: str) -> None:
    assert gc.isenabled()
    COMPOSE.read(Source("compose.yaml", text.encode()))
    assert gc.isenabled()

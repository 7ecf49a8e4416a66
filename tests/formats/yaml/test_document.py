"""Where the characters of a scalar's value stand in the file."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pinner.formats.variables.text import Text
from pinner.formats.yaml.comments import find_comments
from pinner.formats.yaml.document import YamlFile, compose, decode
from pinner.formats.yaml.scalars import pieces
from pinner.model.occurrence import Problem
from pinner.model.source import Source


def composed(data: bytes) -> YamlFile | Problem:
    source = Source("file.yaml", data)
    text = decode(source)
    return text if isinstance(text, Problem) else compose(source, text)


def text_of(data: bytes) -> Text:
    """The text of the value of `k`, which is the second node of the file or the one behind an alias."""
    yaml = composed(data)
    assert isinstance(yaml, YamlFile)
    ((_, value),) = yaml.documents[0].value
    return yaml.text_of(value)


def verbatim(data: bytes, text: Text) -> str:
    """The value, with a dot for every byte that does not stand in the file at the offset that it has."""
    chars = bytes(
        ord(char) if data[offset : offset + 1] == char.encode("latin-1") else ord(".")
        for char, offset in zip(text.chars, text.offsets, strict=True)
    )
    return chars.decode("utf-8", "replace")


SCALARS = {
    "plain": ("k: a b", "a b", "a b"),
    "plain with a comment": ("k: a b # c", "a b", "a b"),
    "plain with a number sign": ("k: a#b", "a#b", "a#b"),
    "plain on two lines": ("k: a\n  b", "a b", "a b"),
    "plain on two lines, blanks between": ("k: a  \n \n\n   b", "a\n\nb", "a..b"),
    "plain after a line break": ("k:\n  a", "a", "a"),
    "plain, not ASCII": ("k: é😀 b", "é😀 b", "é😀 b"),
    "plain in a flow": ("{k: a b }", "a b", "a b"),
    "anchor": ("k: &a b", "b", "b"),
    "tag": ("k: !!str b", "b", "b"),
    "tag and anchor": ("k: !t &a b", "b", "b"),
    "anchor and tag": ("k: &a !t b", "b", "b"),
    "verbatim tag": ("k: !<tag:x> b", "b", "b"),
    "anchor, comment, line break": ("k: &a # c\n  b", "b", "b"),
    "anchor before a block scalar": ("k: &a |\n  b\n", "b\n", "b\n"),
    "single quotes": ("k: 'a b'", "a b", "a b"),
    "single quotes with a quote": ("k: 'it''s'", "it's", "it's"),
    "single quotes with a backslash": (r"k: 'a\b'", "a\\b", "a\\b"),
    "single quotes on two lines": ("k: 'a\n\n  b'", "a\nb", "a.b"),
    "single quotes, nothing in them": ("k: ''", "", ""),
    "double quotes": ('k: "a b"', "a b", "a b"),
    "double quotes with escapes": (r'k: "a\x62c\n\"d\u00e9"', 'abc\n"dé', 'a.c."d..'),
    "double quotes with a large escape": (r'k: "\U0001F600a"', "😀a", "....a"),
    "double quotes on two lines": ('k: "a\n  b"', "a b", "a b"),
    "double quotes with an escaped line break": ('k: "a \\\n  b"', "a b", "a b"),
    "double quotes with an escaped line break and a blank line": ('k: "a\\\n\n  b"', "a\nb", "a.b"),
    "double quotes with a tab": ('k: "a\tb"', "a\tb", "a\tb"),
    "literal": ("k: |\n  a\n  b\n", "a\nb\n", "a\nb\n"),
    "literal, stripped": ("k: |-\n  a\n\n\n", "a", "a"),
    "literal, kept": ("k: |+\n  a\n\n\n", "a\n\n\n", "a\n\n\n"),
    "literal, no last line break": ("k: |\n  a", "a", "a"),
    "literal with indentation": ("k: |2-\n    a\n  b\n", "  a\nb", "  a\nb"),
    "literal with blank lines": ("k: |\n\n  a\n\n   b\n", "\na\n\n b\n", "\na\n\n b\n"),
    "literal with a comment": ("k: | # c\n  a\n# d\n", "a\n", "a\n"),
    "literal with CRLF": ("k: |\r\n  a\r\n  b\r\n", "a\nb\n", "a\nb\n"),
    "literal with CR": ("k: |\r  a\r  b\r", "a\nb\n", "a.b."),
    "literal, not ASCII": ("k: |\n  é\n  😀\n", "é\n😀\n", "é\n😀\n"),
    "folded": ("k: >\n  a\n  b\n\n  c\n", "a b\nc\n", "a.b\nc\n"),
    "folded, stripped": ("k: >-\n  a\n", "a", "a"),
    "folded with more indentation": ("k: >\n  a\n   b\n  c\n", "a\n b\nc\n", "a\n b\nc\n"),
    "folded with more indentation and blank lines": ("k: >\n  a\n\n   b\n\n  c\n", "a\n\n b\n\nc\n", "a\n\n b\n\nc\n"),
    "alias": ("? &a b\n: *a", "b", "b"),
    "byte-order mark": ("\ufeffk: a", "a", "a"),
    "tabs that separate": ("k:\ta\t# b", "a", "a"),
    "tabs that separate, and one in the value": ("k:\t'a\tb'", "a\tb", "a\tb"),
    "NEL in quotes, to ruamel.yaml a line break": ("k: 'a\x85b'", "a b", "..."),
}


@pytest.mark.parametrize("name", SCALARS)
def test_scalars(name: str) -> None:
    source, value, expected = SCALARS[name]
    data = source.encode()
    text = text_of(data)
    assert str(text) == value
    assert verbatim(data, text) == expected


STYLES = ("", "'", '"', "|", ">")
FRAGMENTS = [*" \n\tab:x\"\\'#é😀-$", "\n\n", "\\n", "\\x41", "\\u00e9", "''", " #", "\r\n", "\r", "\\\n", '\\"']
HEADERS = ["", "-", "+", "2", "1-", "+2", " # c"]


@st.composite
def scalars(draw: st.DrawFn) -> str:
    """Something that may be a scalar in one of the five styles."""
    body = "".join(draw(st.lists(st.sampled_from(FRAGMENTS), max_size=14)))
    style = draw(st.sampled_from(STYLES))
    properties = draw(st.sampled_from(["", "&a ", "&a !x ", "!!str "]))
    if style in ("|", ">"):
        indent = draw(st.sampled_from(["  ", "   ", "    "]))
        return properties + style + draw(st.sampled_from(HEADERS)) + "\n" + indent + body.replace("\n", f"\n{indent}")
    return f"{properties}{style}{body}{style}"


@given(scalars(), st.sampled_from(["", "\n", "\n\nz: 1\n", " # c\nz: 2"]))
def test_a_text_is_the_value_with_offsets_in_order(scalar: str, rest: str) -> None:
    data = f"k:\n v: {scalar}{rest}".encode()
    yaml = composed(data)
    assume(isinstance(yaml, YamlFile))
    assert isinstance(yaml, YamlFile)
    for node in yaml.nodes:
        if node.id == "scalar":
            text = yaml.text_of(node)
            assert str(text).replace("\t", " ") == node.value.replace("\t", " ")
            assert list(text.offsets) == sorted(text.offsets)
            assert all(0 <= offset < len(data) for offset in text.offsets)


@given(scalars())
def test_the_characters_of_a_value_are_found(scalar: str) -> None:
    yaml = composed(f"k:\n v: {scalar}".encode())
    assume(isinstance(yaml, YamlFile))
    assert isinstance(yaml, YamlFile)
    for node in yaml.nodes:
        if node.id == "scalar" and node.value.strip():
            span = yaml.span_of(node)
            raw = yaml.source.data[span.start : span.end].decode()
            raw = raw if "\t" in node.value else raw.replace("\t", " ")
            assert pieces(raw, node.style, node.value) is not None


@given(st.binary(max_size=40) | st.text(alphabet="{}[]&*!|>'\"%@`#:-?, \n\tab\\<", max_size=30).map(str.encode))
def test_nothing_raises(data: bytes) -> None:
    yaml = composed(data)
    if isinstance(yaml, YamlFile):
        yaml.problems()
        list(find_comments(yaml, "a"))


def test_non_ascii_offsets_across_many_stretches() -> None:
    data = "".join(f"é{number}: ü{number}\n" for number in range(2000)).encode()
    yaml = composed(data)
    assert isinstance(yaml, YamlFile)
    for node in yaml.nodes[1:]:
        start, end = yaml.span_of(node)
        assert data[start:end].decode() == node.value


@pytest.mark.parametrize("text", ["a: 1\n", "a: [b\n", "a: *x\n"])
def test_one_file_leaves_nothing_for_the_next(text: str) -> None:
    def outcome() -> object:
        yaml = composed(text.encode())
        return yaml if isinstance(yaml, Problem) else [(node.tag, node.value) for node in yaml.nodes[1:]]

    first = outcome()
    composed(b"%YAML 1.1\n---\nx: &x [y]\nz: " + b"[" * 20)
    assert outcome() == first


@pytest.mark.parametrize("nested", ["[" * 2000, "- " * 2000, "{a: " * 2000, "? " * 2000])
def test_deep_nesting_is_a_problem(nested: str) -> None:
    yaml = composed(nested.encode())
    assert yaml == Problem(1, "the YAML is nested more than 100 levels deep")

"""Nothing that a file or a registry says may act on a terminal, in a build log or in a document."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.output._escape import clean, clean_path
from pinner.output._json import dumps

ANYTHING = st.text(alphabet=st.characters(codec=None), max_size=30)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("node:20", "node:20"),
        ("名前 büro ✓ 🐳", "名前 büro ✓ 🐳"),
        ("a\x1b[31mred", "a\\x1b[31mred"),
        ("a\x9b31mred", "a\\x9b31mred"),
        ("a\x07\x00\x7f", "a\\x07\\x00\\x7f"),
        ("a\r\n::warning::b", "a\\r\\n::warning::b"),
        ("a\x0b\x0c\x85\u2028\u2029b", "a\\x0b\\x0c\\x85\\u2028\\u2029b"),
        ("a\tb", "a\\tb"),
        ("\u202a\u202b\u202c\u202d\u202e", "\\u202a\\u202b\\u202c\\u202d\\u202e"),
        ("\u2066\u2067\u2068\u2069", "\\u2066\\u2067\\u2068\\u2069"),
        ("no\u200bde\ufeff", "no\\u200bde\\ufeff"),
        ("\U000e0041", "\\U000e0041"),
        ("not-utf-8-\udcff", "not-utf-8-\\udcff"),
        ("##[error]x", "#\\x23[error]x"),
        ("##vso[task.setvariable]x", "#\\x23vso[task.setvariable]x"),
        ("####", "#\\x23#\\x23"),
        ("# one", "# one"),
    ],
)
def test_clean(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@given(ANYTHING)
def test_clean_text_prints_and_starts_no_command(text: str) -> None:
    cleaned = clean(text)
    assert cleaned.isprintable()
    assert "##" not in cleaned
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("path", "cleaned"),
    [
        ("a/Dockerfile", "a/Dockerfile"),
        ("::error::x", "./::error::x"),
        ("  ::error::x", "./  ::error::x"),
        ("a::b", "a::b"),
        ("a\n::error::x", "a\\n::error::x"),
    ],
)
def test_a_path_starts_no_workflow_command(path: str, cleaned: str) -> None:
    assert clean_path(path) == cleaned


@given(st.dictionaries(ANYTHING, ANYTHING | st.lists(ANYTHING)))
def test_json_is_harmless_and_loses_nothing(document: dict[str, object]) -> None:
    text = dumps(document)
    assert json.loads(text) == document
    assert all(line.isprintable() for line in text.split("\n"))


@pytest.mark.parametrize("command", ["##[error]", "##vso[task.setvariable]", "##teamcity[message]", "###[x]"])
def test_json_starts_no_command_of_a_build_log(command: str) -> None:
    text = dumps(command)
    assert json.loads(text) == command
    assert not re.search(r"##\w*\[", text)


def test_json_keeps_what_prints() -> None:
    assert dumps("## Remedy") == '"## Remedy"\n'
    assert dumps({"größe": "名前"}) == '{\n  "größe": "名前"\n}\n'

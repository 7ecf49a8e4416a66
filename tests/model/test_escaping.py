"""Nothing that a file or a registry says may act on a terminal, in a build log or in a document."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.model.escaping import clean, clean_path, harmless, is_harmless, without_user_info
from pinner.output._json import dumps
from tests.support.harm import HOSTILE, harms

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
        (":", "./:"),
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\tb\nc", "a\tb\nc"),
        ("## What it does\n# a::b\n", "## What it does\n# a::b\n"),
        ("名前 büro ✓ 🐳 no\u200bbreak\u3000space", "名前 büro ✓ 🐳 no\u200bbreak\u3000space"),
        ("a\x1b[31mred\r\n", "a\\x1b[31mred\\r\n"),
        ("a\x85b\u2028c\u2029d", "a\\x85b\\u2028c\\u2029d"),
        ("\u061c\u200e\u200f\u202a\u202e\u2066\u2069", "\\u061c\\u200e\\u200f\\u202a\\u202e\\u2066\\u2069"),
        ("\ud800 \udcff", "\\ud800 \\udcff"),
        ("::error::a\n \t::b\n\u3000::c\nd ::e", "\\x3a:error::a\n \t\\x3a:b\n\u3000\\x3a:c\nd ::e"),
        ("##[a]##vso[b]###[c]", "#\\x23[a]#\\x23vso[b]##\\x23[c]"),
        ("see https://user:pw@host.example/a.", "see https://***@host.example/a."),
        ("https://a.example,b@c https://pw@d", "https://***@c https://***@d"),
        ("https://user:p@w@host.example", "https://***@host.example"),
        ("https://host.example/a@b docker-image://node:20@sha256:0", "https://host.example/a@b docker-image://node:20@sha256:0"),
        ("docker-image://user:pw@host/a@sha256:0", "docker-image://***@host/a@sha256:0"),
    ],
)  # fmt: skip
def test_harmless(text: str, expected: str) -> None:
    assert harmless(text) == expected
    assert harmless(expected) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[1;31mred\x1b[0m", "\x1b[1;31mred\x1b[0m"),
        ("\x1b]8;;https://a.example\x1b\\link\x1b]8;;\x1b\\", "\x1b]8;;https://a.example\x1b\\link\x1b]8;;\x1b\\"),
        ("\x1b[2J\x1b[1;31", "\\x1b[2J\\x1b[1;31"),
        ("\x1b]0;title\x07\x1b]8;;a\nb\x1b\\", "\\x1b]0;title\\x07\\x1b]8;;a\nb\\x1b\\"),
        ("\x1b[1m ::error::a\x1b[0m", "\x1b[1m \\x3a:error::a\x1b[0m"),
    ],
)
def test_styled_text_keeps_what_outputs_add(text: str, expected: str) -> None:
    assert harmless(text, styled=True) == expected
    assert "\x1b" not in harmless(text)


def test_workflow_commands_are_kept_where_they_are_the_format() -> None:
    assert harmless("::error::a##[b]\x1b\n", commands=True) == "::error::a#\\x23[b]\\x1b\n"


@given(ANYTHING | st.lists(st.sampled_from(HOSTILE)).map("".join))
def test_what_is_harmless_does_no_harm(text: str) -> None:
    assert harms(harmless(text)) == []
    assert is_harmless(harmless(text))
    assert harms(clean(text)) == [] or clean(text).startswith("::")


@given(ANYTHING)
def test_what_does_no_harm_stays(text: str) -> None:
    assert not is_harmless(text) or harmless(text) == without_user_info(text)

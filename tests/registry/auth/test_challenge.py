from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.registry.auth.challenge import Challenge, parse_challenges

BEARER = {"realm": "https://auth.example/token", "service": "reg"}

CASES: list[tuple[str, list[str], list[tuple[str, dict[str, str]]]]] = [
    ("nothing", [], []),
    ("empty", [""], []),
    ("as Docker Hub", ['Bearer realm="https://auth.example/token",service="reg"'], [("bearer", BEARER)]),
    ("space after commas", ['Bearer realm="https://auth.example/token", service="reg"'], [("bearer", BEARER)]),
    ("unquoted realm", ["Bearer realm=https://auth.example/token,service=reg"], [("bearer", BEARER)]),
    ("space around =", ['Bearer realm = "https://auth.example/token" , service= reg'], [("bearer", BEARER)]),
    ("no comma between", ['Bearer realm="https://auth.example/token" service="reg"'], [("bearer", BEARER)]),
    ("trailing comma", ['Bearer realm="https://auth.example/token",service="reg",'], [("bearer", BEARER)]),
    ("leading comma", [', Bearer realm="https://auth.example/token",service="reg"'], [("bearer", BEARER)]),
    ("any case", ['bEARER REALM="https://auth.example/token",Service="reg"'], [("bearer", BEARER)]),
    ("capital basic", ['BASIC realm="r"'], [("basic", {"realm": "r"})]),
    ("bare scheme", ["Basic"], [("basic", {})]),
    ("empty scope", ['Bearer realm="r",scope=""'], [("bearer", {"realm": "r", "scope": ""})]),
    ("empty unquoted scope", ['Bearer scope=,realm="r"'], [("bearer", {"scope": "", "realm": "r"})]),
    (
        "comma in scope",
        ['Bearer realm="r",scope="repository:a/b:pull,push"'],
        [("bearer", {"realm": "r", "scope": "repository:a/b:pull,push"})],
    ),
    ("escaped quotes", [r'Basic realm="the \"best\" \\ one"'], [("basic", {"realm": r'the "best" \ one'})]),
    ("unfinished quotes", ['Bearer realm="https://x'], [("bearer", {"realm": "https://x"})]),
    ("unfinished escape", ['Bearer realm="x\\'], [("bearer", {"realm": "x"})]),
    ("query in realm", ["Bearer realm=https://x/t?a=b&c=d"], [("bearer", {"realm": "https://x/t?a=b&c=d"})]),
    ("two fields", ['Basic realm="r"', 'Bearer realm="s"'], [("basic", {"realm": "r"}), ("bearer", {"realm": "s"})]),
    ("two in one", ['Basic realm="r", Bearer realm="s"'], [("basic", {"realm": "r"}), ("bearer", {"realm": "s"})]),
    ("token68 first", ["Negotiate YIIabc+/==, Bearer realm=r"], [("negotiate", {}), ("bearer", {"realm": "r"})]),
    ("token68 last", ["Bearer realm=r, Negotiate YII="], [("bearer", {"realm": "r"}), ("negotiate", {})]),
    ("scheme without anything", ["Negotiate, Bearer realm=r"], [("negotiate", {}), ("bearer", {"realm": "r"})]),
    ("scheme after scheme", ["Negotiate Bearer realm=r"], [("negotiate", {}), ("bearer", {"realm": "r"})]),
    ("first value wins", ['Bearer realm="a",realm="b"'], [("bearer", {"realm": "a"})]),
    ("parameter without scheme", ['realm="x"'], []),
    ("quotes without name", ['"oops" Bearer realm=r'], [("oops", {}), ("bearer", {"realm": "r"})]),
    ("tabs", ['Bearer\trealm="r",\tservice="s"'], [("bearer", {"realm": "r", "service": "s"})]),
]


@pytest.mark.parametrize(("fields", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_challenges_as_registries_write_them(fields: list[str], expected: list[tuple[str, dict[str, str]]]) -> None:
    assert parse_challenges(fields) == [Challenge(*each) for each in expected]


def test_a_field_is_read_to_a_bound() -> None:
    assert parse_challenges(["x" * 100_000]) == [Challenge("x" * 8192, {})]


@given(st.lists(st.text(), max_size=3))
def test_any_text_is_survived(fields: list[str]) -> None:
    for challenge in parse_challenges(fields):
        assert challenge.scheme == challenge.scheme.lower()


words = st.text(st.sampled_from("abcxyz019-_."), min_size=1, max_size=8).filter(lambda word: not word.isspace())
values = st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=20)


@given(st.lists(st.tuples(words, st.dictionaries(words, values, max_size=3)), min_size=1, max_size=3))
def test_what_is_quoted_well_is_read_back(challenges: list[tuple[str, dict[str, Any]]]) -> None:
    def quoted(value: str) -> str:
        return '"' + value.replace("\\", r"\\").replace('"', r"\"") + '"'

    field = ", ".join(
        f"{scheme} " + ", ".join(f"{name}={quoted(value)}" for name, value in parameters.items())
        for scheme, parameters in challenges
    )
    assert parse_challenges([field]) == [Challenge(*each) for each in challenges]

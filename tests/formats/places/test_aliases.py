"""Aliases without end: nothing stands behind them unread, and what other tools refuse is a problem."""

import pytest

from pinner.formats import Places
from pinner.formats.places import paths
from pinner.model.occurrence import Reading
from pinner.model.source import Source

POD = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: a:1}]}\n"
CONFIG = "apiVersion: v1\nkind: ConfigMap\n"
CHAIN = "".join(f"x{at}: &x{at} {{a: *x{at - 1}}}\n" for at in range(1, 200))
BUSHES = "".join(f"x{at}: &x{at} {{a: *x{at - 1}, b: *x{at - 1}}}\n" for at in range(1, 60))


def read(text: str) -> Reading:
    return Places().read(Source("m.yaml", text.encode()))


BEHIND = {
    "mappings": f"{CONFIG}x: &a {{b: c}}\nl: [{','.join(['*a'] * 300)}]\n---\n{POD}",
    "lists": f"{CONFIG}x: &a [b]\nl: [{','.join(['*a'] * 300)}]\n---\n{POD}",
    "one that is large": f"{CONFIG}x: &a [{'b,' * 20}]\nl: [{'*a,' * 20}]\n---\n{POD}",
    "of one document": f"{CONFIG}x: &a {{b: c}}\nl: [{','.join(['*a'] * 300)}]\ns: {{containers: [{{image: a:1}}]}}\n",
    "merged": f"{CONFIG}x: &a {{b: c}}\nl: [{'{<<: *a},' * 300}{'*a,' * 300}]\n---\n{POD}",
    "doubled": f"{CONFIG}x0: &x0 {{a: b}}\n{BUSHES}---\n{POD}",
    "an item of another kind": "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: tekton.dev/v1, kind: Task, spec: &s "
    "{containers: [{image: a:1}]}}\n- {apiVersion: v1, kind: Pod, spec: *s}\n",
}


@pytest.mark.parametrize("text", BEHIND.values(), ids=list(BEHIND))
def test_what_stands_behind_many_aliases_is_read(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "_MAX_REPEATED", 100)
    reading = read(text)
    assert [each.text for each in reading.occurrences] == ["a:1"]
    assert not reading.problems


ENDLESS = {
    "a list": f"{CONFIG}x: &i [{{y: *i}}]\n---\n{POD}",
    "a mapping": f"{CONFIG}x: &i {{y: *i}}\n---\n{POD}",
    "items": f"apiVersion: v1\nkind: &l List\nitems\\u0041: &i [{{kind: *l, items: *i}}]\n---\n{POD}",
    "each other": f"{CONFIG}x: &i {{y: &j [*i, *j]}}\n---\n{POD}",
    "a chain": f"{CONFIG}x0: &x0 {{a: b}}\n{CHAIN}---\n{POD}",
}


@pytest.mark.parametrize("text", ENDLESS.values(), ids=list(ENDLESS))
def test_what_aliases_nest_without_end_is_a_problem(text: str) -> None:
    reading = read(text)
    assert [each.text for each in reading.occurrences] == ["a:1"]
    (problem,) = reading.problems
    assert problem.message == "by its aliases the YAML is nested more than 100 levels deep"


HARMLESS = {
    "no alias": f"{CONFIG}x: &i {{y: z}}\n",
    "aliases": f"{CONFIG}x: &i {{y: z}}\na: *i\nb: [*i, *i]\n",
    "merge keys": f"{CONFIG}x: &i {{y: z}}\na: {{<<: *i, b: {{<<: *i}}}}\n",
    "ninety aliases": f"{CONFIG}x0: &x0 {{a: b}}\n{''.join(CHAIN.splitlines(keepends=True)[:90])}",
    "a list of itself": "apiVersion: v1\nkind: &l List\nitems: &i [{kind: *l, items: *i}]\n",
    "a document of its own": f"{CONFIG}x: &i {{y: z}}\n---\n{CONFIG}x: &i {{y: z}}\na: *i\n",
    "scalars": f"{CONFIG}x: &i z\na: [{'*i,' * 200}]\n",
}


@pytest.mark.parametrize("text", HARMLESS.values(), ids=list(HARMLESS))
def test_aliases_that_change_nothing(text: str) -> None:
    reading = read(text)
    assert not reading.occurrences
    assert not reading.problems

"""What a mapping holds after its merge keys."""

import pytest

from pinner.formats.yaml.document import YamlFile, compose, decode
from pinner.formats.yaml.mappings import Mappings
from pinner.model.occurrence import Problem
from pinner.model.source import Source


def composed(text: str) -> YamlFile:
    source = Source("file.yaml", text.encode())
    decoded = decode(source)
    assert isinstance(decoded, str)
    file = compose(source, decoded)
    assert isinstance(file, YamlFile)
    return file


def fields(text: str, key: str) -> dict[str, str]:
    """The values below a key of the top level."""
    file = composed(text)
    mappings = Mappings(file)
    below = mappings.fields(mappings.fields(file.documents[0])[key].value)
    assert file.problems().keys() == set()
    return {name: entry.value.value for name, entry in below.items()}


MERGES = {
    "none": ("k: {a: b, c: d}", {"a": "b", "c": "d"}),
    "one": ("x: &x {a: b}\nk: {<<: *x, c: d}", {"c": "d", "a": "b"}),
    "its own entries hold, wherever the merge key stands": ("x: &x {a: b}\nk: {a: c, <<: *x}", {"a": "c"}),
    "the first one of a list holds": ("x: &x {a: b}\ny: &y {a: c, d: e}\nk: {<<: [*x, *y]}", {"a": "b", "d": "e"}),
    "of a merge": ("x: &x {a: b}\ny: &y {<<: *x, c: d}\nk: {<<: *y}", {"c": "d", "a": "b"}),
    "quoted, a key like any other": ("x: &x b\nk: {'<<': *x}", {"<<": "b"}),
    "keys that are no scalars": ("k: {? [a] : b, c: d}", {"c": "d"}),
}


@pytest.mark.parametrize("name", MERGES)
def test_merge_keys(name: str) -> None:
    text, expected = MERGES[name]
    assert fields(text, "k") == expected


PROBLEMS = {
    "of itself": ("k: &k\n  <<: *k\n", Problem(1, "merge keys lead back to themselves, or are more than 100 deep")),
    "of a scalar": ("k:\n  a: b\n  <<: c\n", Problem(3, "a merge key takes a mapping or a list of mappings")),
    "of a list of scalars": ("k:\n  <<: [c]\n", Problem(2, "a merge key takes a mapping or a list of mappings")),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_problems(name: str) -> None:
    text, expected = PROBLEMS[name]
    file = composed(text)
    mappings = Mappings(file)
    mappings.fields(mappings.fields(file.documents[0])["k"].value)
    assert file.problems().keys() == {expected}

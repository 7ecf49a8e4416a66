"""Lines on which each start of an expression would look at all that follows. By the square none of these tests ends."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from pinner.formats import Places
from pinner.formats._builders import builder_decisions
from pinner.formats.places.comments import as_yaml
from pinner.formats.places.hcl import read_tokens
from pinner.model.occurrence import Reading
from pinner.model.source import Source
from pinner.scanning.followed import is_remote
from tests.support.work import calls_of

MANY = 500_000

HCL: dict[str, Callable[[int], str]] = {
    "escaped quotes": lambda n: 'x = "' + '\\"' * n,
    "expressions in a string": lambda n: 'x = "' + "${" * n,
    "strings in expressions": lambda n: 'x = "' + '${"' * n,
    "escaped quotes in expressions": lambda n: "x = " + '"${\\' * n,
    "quotes": lambda n: '"' * (n | 1),
    "strings that end with the line": lambda n: 'x = "a\n' * n,
    "heredocs that do not end": lambda n: "".join(f"x = <<A{i}\n" for i in range(n)),
    "one heredoc that does not end": lambda n: "x = <<A\n" + " A B\n" * n,
    "heredocs": lambda n: "x = <<A\nb\nA\n" * n,
    "comments that do not end": lambda n: "/* " * n,
    "brackets": lambda n: 'target "x" { tags = ' + "[" * n + '"a/b:1",' * n,
    "brackets that are closed": lambda n: 'target "x" { tags = ' + "]" * n,
    "targets beside variables": lambda n: "".join(
        f'variable "v{i}" {{ default = "a" }}\ntarget "x{i}" {{ tags = ["a/b:1"] }}\n' for i in range(n)
    ),
    "variables that are not closed": lambda n: 'target "x" { tags = ["a/b:' + "$${" * n + '"] }',
}
OTHERS: dict[str, tuple[str, Callable[[int], str]]] = {
    "variables of a Bake file in JSON": (
        "docker-bake.json",
        lambda n: '{"target": {"x": {"tags": ["a/b:' + "${" * n + '"]}}}',
    ),
    "quotes in JSON with comments": (".devcontainer.json", lambda n: '{"image": "' + '\\"' * n),
    "comments in JSON": (".devcontainer.json", lambda n: '{"image": "a/b:1"} ' + "/*" * n),
    "expressions of a workflow": (
        ".github/workflows/x.yml",
        lambda n: "jobs: {a: {steps: [{uses: docker/build-push-action@v6, with: {tags: '" + "${{" * n + "'}}]}}",
    ),
    "steps by an alias": (
        ".github/workflows/x.yml",
        lambda n: (
            "jobs: {a: {steps: [&s {uses: docker/build-push-action@v6, with: {tags: '"
            + "a/b:1," * (n // 100)
            + "'}}"
            + ", *s" * 5_000
            + "]}}"
        ),
    ),
    "markers of image policies": (
        "p.yaml",
        lambda n: 'apiVersion: v1\nkind: Pod\nspec: {containers: [{image: "a/b:1"}]} # "$imagepolicy" ' + "#{" * n,
    ),
}


@pytest.mark.parametrize("name", HCL)
def test_tokens_of_hcl(name: str) -> None:
    """No character is in two tokens, so that none is looked at again."""
    text, longer = (HCL[name](count).encode() for count in (200, 800))
    assert all(one.at + len(one.text) <= other.at for one, other in pairwise(read_tokens(text)))
    assert calls_of(lambda: read_tokens(longer)) < 6 * calls_of(lambda: read_tokens(text))


@pytest.mark.slow
@pytest.mark.parametrize("name", HCL)
def test_long_lines_of_hcl(name: str) -> None:
    read("docker-bake.hcl", HCL[name](MANY // 10))


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_long_lines(name: str) -> None:
    path, make = OTHERS[name]
    read(path, make(MANY))


@pytest.mark.slow
def test_many_images_on_a_line_of_an_image_policy() -> None:
    images = ", ".join(f"{{image: 'a/b:{number}'}}" for number in range(5_000))
    text = f'apiVersion: v1\nkind: Pod\nspec: {{containers: [{images}]}} # {{"$imagepolicy": "x"}}\n'
    assert all(each.decision for each in read("p.yaml", text).occurrences)


@pytest.mark.slow
def test_names_and_paths() -> None:
    assert list(builder_decisions(["a/b:" + "${" * MANY], "x", 1)) == []
    assert not is_remote("@" * MANY)
    assert as_yaml(b'"' + b'\\"' * MANY) == b'"' + b'\\"' * MANY


def read(path: str, text: str) -> Reading:
    return Places().read(Source(path, text.encode()))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("git@x:y", True),
        ("a@b:c", True),
        ("a@b@c:d", True),
        ("@a@b:c", True),
        ("https://x/y", True),
        ("github.com/x/y", True),
        ("a@b", False),
        ("@b:c", False),
        ("a@:c", False),
        ("a:b@c", False),
        ("x/a@b:c", False),
        ("a@b/c:d", False),
        ("./a@b:c", False),
        ("C:\\x", False),
        ("://", False),
        ("", False),
    ],
)
def test_remote_paths(path: str, expected: bool) -> None:
    assert is_remote(path) is expected

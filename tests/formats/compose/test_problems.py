"""Files that Compose refuses or pinner cannot read: a problem with its line, never silence or an exception."""

import json

import pytest

from pinner.formats.compose import read
from pinner.model.occurrence import Problem, Reading
from pinner.model.source import Source

IMAGE = "services: {web: {image: a}}"


def reading(data: str | bytes) -> Reading:
    return read(Source("compose.yaml", data.encode() if isinstance(data, str) else data))


PROBLEMS: dict[str, tuple[str | bytes, int, str]] = {
    "not UTF-8": ("services:\n  web: {image: \xe9}".encode("latin-1"), 2, "not UTF-8"),
    "not UTF-8 after a byte-order mark": (b"\xef\xbb\xbf# image\n\xff", 2, "not UTF-8"),
    "UTF-16": (IMAGE.encode("utf-16"), 1, "UTF-16"),
    "UTF-16 without a byte-order mark": (IMAGE.encode("utf-16-le"), 1, "not valid YAML"),
    "UTF-16 that names no image": ("a: b".encode("utf-16-be"), 1, "not valid YAML"),
    "control character": ("services:\n  web: {image: a\x07}", 2, "not valid YAML"),
    "NUL": (b"a: b\0", 1, "not valid YAML"),
    "syntax": ("services:\n  web:\n    image: a: b", 3, "mapping values are not allowed"),
    "syntax after a non-ASCII line": (
        "# é😀\r\nservices:\n  web:\n    image: a: b",
        4,
        "mapping values are not allowed",
    ),
    "syntax in a later document": (f"{IMAGE}\n---\nimage: a: b", 3, "mapping values are not allowed"),
    "unclosed": ("services: {web: {image: [a", 1, "not valid YAML"),
    "at sign": ("services:\n  web:\n    image: @foo", 3, "cannot start any token"),
    "alias without an anchor": ("services:\n  web: {image: *a}", 2, "undefined alias"),
    "escape that is none": (r'services: {web: {image: "\q"}}', 1, "unknown escape"),
    "escape out of range": (r'services: {web: {image: "\UFFFFFFFF"}}', 1, "not valid YAML"),
    "half of a surrogate pair": ('services:\n  "\\ud83d": {image: a}', 2, "half a character"),
    "version of YAML": ("%YAML 3.0\n---\nimage: a", 1, "incompatible"),
    "key twice": ("services:\n  web:\n    image: a\n    image: b", 4, 'the key "image" is already on line 3'),
    "key twice in different quotes": (
        "services: {web: {image: a}, \n'web': {image: b}}",
        2,
        'the key "web" is already on',
    ),
    "key twice far from services": (f"{IMAGE}\nx-a:\n  - b: 1\n    b: 2", 4, 'the key "b" is already on line 3'),
    "merge key twice": (f"x-a: &a {{}}\n{IMAGE}\nx-b:\n  <<: *a\n  <<: *a", 5, 'the key "<<" is already on line 4'),
    "merge key of a scalar": ("services:\n  web:\n    <<: a\n    image: b", 3, "merge key"),
    "merge key of itself": ("services:\n  web: &a\n    image: b\n    <<: *a", 2, "lead back to themselves"),
    "merge keys in a ring": ("services: &s {a: {image: a}, b: {<<: *s}, <<: {c: &c {<<: *c}}}", 1, "lead back"),
    "deep flow": (f"services: {{image: {'[' * 1000}", 1, "nested more than 100 levels"),
    "deep block": ("image:\n" + "".join(" " * depth + "a:\n" for depth in range(200)), 101, "nested more than 100"),
    "image in base64": ("services:\n  web: {? !!binary aW1hZ2U= : a}", 2, "!!binary hides what stands here"),
    "base64 by another name": (
        "%TAG !a! tag:yaml.org,2002:bin\n---\nservices: {web: {? !a!ary aW1hZ2U= : a}}",
        3,
        "!!binary hides what stands here",
    ),
    "line separator in a comment": ("# \u2028\nservices: {b: {image: b}}", 1, "U+2028 is a line break"),
    "next line before a key": ("services:\n  \x85a: {image: a}", 2, "U+0085 is a line break"),
    "byte-order mark inside": ('x: "\u2029"\nservices:\n\ufeff  a: {image: a}', 3, "U+FEFF is a line break"),
    "list at the top": ("- image: a", 1, "not a mapping"),
    "text at the top": ("image", 1, "not a mapping"),
    "list of services": ("services:\n  - image: a", 2, "services is not a mapping"),
    "text for a service": ("x-image:\nservices:\n  web: a", 3, "services.web is not a mapping"),
    "list for an image": ("services:\n  web:\n    image: [a]", 3, "services.web.image is not a string"),
    "list for a build": ("# image\nservices:\n  web:\n    build: [a]", 4, "services.web.build is not a mapping"),
    "text for volumes": ("# image\nservices:\n  web:\n    volumes: a", 4, "services.web.volumes is not a list"),
    "text for hooks": (
        "# image\nservices:\n  web:\n    pre_start: [a]",
        4,
        "services.web.pre_start[0] is not a mapping",
    ),
    "text for contexts": (
        "services:\n  web:\n    build:\n      additional_contexts: a",
        4,
        "services.web.build.additional_contexts is not a list",
    ),
    "list for a Dockerfile": (
        "services:\n  web:\n    build:\n      dockerfile_inline: [FROM a]",
        4,
        "services.web.build.dockerfile_inline is not a string",
    ),
    "Dockerfile that is none": (
        "services:\n  web:\n    build:\n      dockerfile_inline: |\n        FROM a\n        FRM b\n",
        6,
        "unknown instruction: FRM",
    ),
    "dollar sign in a Dockerfile": (
        "services:\n  web:\n    build:\n      dockerfile_inline: |\n        FROM a\n        RUN echo $(b)",
        5,
        "write $$ for a $",
    ),
    "version 1": ("db:\n  image: a\nweb:\n  image: b\n", 1, "only what stands below services"),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_problems(name: str) -> None:
    data, line, message = PROBLEMS[name]
    problems = reading(data).problems
    assert problems
    assert problems[0].line == line
    assert message in problems[0].message
    assert "\n" not in problems[0].message


def test_occurrences_of_a_file_with_problems_are_still_there() -> None:
    result = reading("services:\n  web:\n    image: a\n    image: b\n  db: {image: c}")
    assert [each.text for each in result.occurrences] == ["a", "c"]
    assert len(result.problems) == 1


def test_every_service_of_version_1_is_named() -> None:
    result = reading("db:\n  image: a\nweb:\n  image: b\nvolumes: {image: }\nx-a: {image: c}")
    assert [problem.line for problem in result.problems] == [1, 3]


def test_a_problem_is_reported_once() -> None:
    result = reading("services: {a: &a {image: [x]}, b: *a, c: *a}")
    assert result.problems == (Problem(1, "services.a.image is not a string"),)


BOMBS = {
    "lists of aliases": "x-0: &a0 [image]\n"
    + "".join(f"x-{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 60))
    + "services: {web: {image: a, volumes: *a59, pre_start: []}}",
    "merges of merges": "services:\n  s0: &s0 {image: a}\n"
    + "".join(f"  s{n}: &s{n} {{<<: [{', '.join([f'*s{n - 1}'] * 9)}]}}\n" for n in range(1, 90)),
    "a chain of merges": "services:\n  s0: &s0 {image: a}\n"
    + "".join(f"  s{n}: &s{n} {{<<: *s{n - 1}}}\n" for n in range(1, 300)),
    "a chain of extends": "services:\n  s0: {image: a}\n"
    + "".join(f"  s{n}: {{extends: s{n - 1}}}\n" for n in range(1, 300)),
    "one service for all": "services:\n  s0: &s {image: a}\n" + "".join(f"  s{n}: *s\n" for n in range(1, 300)),
    "a mapping in itself": "services: &s {web: {image: a, x-s: *s}}",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_bombs_do_not_go_off(name: str) -> None:
    """A reader that followed every alias would not come back from these."""
    assert [each.text for each in reading(BOMBS[name]).occurrences] == ["a"]


def test_merges_are_bounded() -> None:
    fragment = ", ".join(f"k{number}: 1" for number in range(1000))
    services = "".join(f"  s{number}: {{<<: *x, image: a{number}}}\n" for number in range(400))
    result = reading(f"x: &x {{{fragment}}}\nservices:\n{services}")
    assert result.problems == (Problem(1, "merge keys make the file larger than pinner reads"),)
    assert len(result.occurrences) == 400


def test_a_file_without_a_reference_is_not_even_parsed() -> None:
    assert reading("services: {web: {build: ., command: [unclosed}") == Reading(())


@pytest.mark.slow
def test_a_large_file() -> None:
    services = {f"s{number}": {"image": f"node:{number}", "command": "x" * 2000} for number in range(1000)}
    assert len(reading(json.dumps({"services": services})).occurrences) == 1000


def test_builds_that_share_an_inline_dockerfile_are_bounded() -> None:
    services = "".join(
        f"  s{number}: {{build: {{dockerfile_inline: *i, args: {{A: a{number}}}}}}}\n" for number in range(21)
    )
    result = reading(f'x: &i "ARG A\\nFROM $$A"\nservices:\n{services}')
    assert result.problems == (Problem(1, "more than 20 different builds share this dockerfile_inline"),)
    assert len(result.occurrences) == 20


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (f"{{% if x %}}\n{IMAGE}\n{{% endif %}}", 1),
        ("services:\n  web:\n    image: {{ image }}", 3),
    ],
)
def test_templates(data: str, line: int) -> None:
    result = reading(data)
    assert result.template is not None
    assert result.template.where.line == line
    assert (result.occurrences, result.problems) == ((), ())

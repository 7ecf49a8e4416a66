"""The reader of YAML files of any kind, with a small kind of its own: `jobs.*.docker[].image`, without variables."""

import pytest

from pinner.formats._base import Reader
from pinner.formats.variables.scope import Word
from pinner.formats.variables.text import Text, join
from pinner.formats.yaml.document import YamlFile
from pinner.formats.yaml.mappings import Mappings
from pinner.formats.yaml.nodes import Entry, is_null, is_string
from pinner.formats.yaml.reader import YamlReader, byte_search, open_yaml
from pinner.model.occurrence import Invalid, Problem, Reading, edit_of
from pinner.model.reference import Reference
from pinner.model.source import Source, apply_edits
from tests.support.occurrences import insertion
from tests.support.pinning import DIGEST

SEARCH = byte_search("docker")
OTHER_DIGEST = "sha256:" + "f" * 64


def collect(file: YamlFile) -> YamlReader:
    reader = YamlReader(file)
    mappings = Mappings(file)
    for document in (each for each in file.documents if each.id == "mapping"):
        jobs = mappings.fields(document)["jobs"].value
        for name, job in mappings.fields(jobs).items():
            for index, item in enumerate(mappings.fields(job.value)["docker"].value.value):
                image = mappings.fields(item)["image"]
                if not is_null(image.value) and is_string(image.value):
                    reader.add_reference(image, f"{name}[{index}]")
                else:
                    file.complain(image.value, "no image")
    return reader


def open_file(text: str) -> Reader:
    return open_yaml(Source("jobs.yaml", text.encode()), SEARCH, collect)


def shown(reading: Reading) -> list[str]:
    return [f"{each.context}: {each.text}" for each in reading.occurrences]


REFERENCES = {
    "block": ("jobs:\n  a:\n    docker:\n      - image: b\n      - image: c\n", ["a[0]: b", "a[1]: c"]),
    "flow": ("jobs: {a: {docker: [{image: 'b'}]}}", ["a[0]: b"]),
    "two jobs, in the order of the file": (
        "x: &x {docker: [{image: c}]}\njobs: {b: {docker: [{image: d}]}, a: *x}",
        ["a[0]: c", "b[0]: d"],
    ),
    "merge key": ("x: &x {docker: [{image: b}]}\njobs: {a: {<<: *x, steps: []}}", ["a[0]: b"]),
    "one node for two jobs": ("jobs: {a: &a {docker: [{image: b}]}, c: *a}", ["a[0]: b"]),
    "two documents": (
        "jobs: {a: {docker: [{image: b}]}}\n---\njobs: {a: {docker: [{image: c}]}}",
        ["a[0]: b", "a[0]: c"],
    ),
    "white space round it": ("jobs: {a: {docker: [{image: ' b '}]}}", ["a[0]: b"]),
    "nothing but white space": ("jobs: {a: {docker: [{image: ' '}]}}", []),
    "no variable": ("jobs: {a: {docker: [{image: '$$b'}]}}", ["a[0]: $$b"]),
}


@pytest.mark.parametrize("name", REFERENCES)
def test_references(name: str) -> None:
    text, expected = REFERENCES[name]
    reading = open_file(text).read()
    assert reading.problems == ()
    assert shown(reading) == expected


def test_a_dollar_sign_means_nothing_without_a_dialect() -> None:
    (occurrence,) = open_file("jobs: {a: {docker: [{image: '${V:-b}'}]}}").read().occurrences
    assert isinstance(occurrence.target, Invalid)


def test_the_place_of_a_digest() -> None:
    text = "jobs: {a: {docker: [{image: \"b\"}, {image: 'c:1' }, {image: d}]}} # é\n"
    reading = open_file(text).read()
    places = [insertion(occurrence) for occurrence in reading.occurrences]
    assert [text[at - 1 : at + 1] for at in places if at is not None] == ['b"', "1'", "d}"]


# A caret stands where the digest goes.
ESCAPED = [
    r'"\x62^"',
    r'"b\x3a1^"',
    r'"b:\x31^"',
    r'"b:\u0031^"',
    r'"b:\U00000031^"',
    r'"\x62\x3a\x31^"',
    r'"a.test\/b:1^"',
    r'" b\x3a1^ "',
    r'"b\x3a1^\t"',
    r'&a !!str "b\x3a1^"',
    '"b:\\\n  1^"',
    '"b:1^\\\n  "',
    '"b:\\x31^\\\n  "',
    "'b:1^'",
]
NO_REFERENCE = ["'b\n  c'", '"b\n  c"', r'"b\nc"', r'"b\\x3a1"', r"'b\x3a1'", r"b\x3a1", r'"b\u00a0:1"', r'"b\x5c:1"']


@pytest.mark.parametrize("joint", ["@", "\\x40"])
@pytest.mark.parametrize("scalar", ESCAPED)
def test_escapes_keep_nothing_from_being_written(scalar: str, joint: str) -> None:
    line = f"jobs: {{a: {{docker: [{{image: {scalar}}}]}}}}"
    joint = joint if '"' in scalar else "@"
    before, pinned = line.replace("^", ""), line.replace("^", f"{joint}{DIGEST}")
    tag = "" if ":" in str(target_of(before)) else ":latest"
    assert with_digest(before) == line.replace("^", f"{tag}@{OTHER_DIGEST}")
    assert with_digest(pinned) == line.replace("^", f"{joint}{OTHER_DIGEST}")
    assert target_of(with_digest(pinned)) == target_of(before)._replace(digest=OTHER_DIGEST)
    assert open_file(with_digest(pinned)).outline() == open_file(pinned).outline()
    assert open_file(with_digest(before)).outline() == open_file(before).outline()


def target_of(text: str) -> Reference:
    (occurrence,) = open_file(text).read().occurrences
    assert isinstance(occurrence.target, Reference)
    return occurrence.target


def with_digest(text: str) -> str:
    """The file with another digest at the place that its one reference has."""
    (occurrence,) = open_file(text).read().occurrences
    assert occurrence.place is not None
    return apply_edits(text.encode(), [edit_of(occurrence, OTHER_DIGEST)]).decode()


@pytest.mark.parametrize(
    "scalar",
    [rf'"b:1@sha256\x3a{"a" * 64}"', rf'"b:1@sha256:{"a" * 63}\x61"', f'"b:1@sha256:{"a" * 32}\\\n {"a" * 32}"'],
)
def test_a_digest_with_escapes_in_it_is_not_replaced(scalar: str) -> None:
    (occurrence,) = open_file(f"jobs: {{a: {{docker: [{{image: {scalar}}}]}}}}").read().occurrences
    assert isinstance(occurrence.target, Reference)
    assert occurrence.target.digest
    assert (occurrence.place, bool(occurrence.unwritable)) == (None, True)


@pytest.mark.parametrize("scalar", NO_REFERENCE)
def test_escapes_that_stand_for_what_no_reference_has(scalar: str) -> None:
    (occurrence,) = open_file(f"jobs: {{a: {{docker: [{{image: {scalar}}}]}}}}").read().occurrences
    assert (type(occurrence.target), occurrence.place) == (Invalid, None)


def test_a_comment_speaks_of_what_is_below_or_beside_it() -> None:
    reading = open_file("jobs:\n  a:\n    docker:\n      # pinner: ignore\n      - image: b\n      - image: c\n").read()
    assert [len(each.suppressions) for each in reading.occurrences] == [1, 0]
    assert [each.where.line for each in reading.suppressions] == [4]


NOT_READ = {
    "not one of the words": ("a: {image: b}", ""),
    "not one of the words, and no YAML": ("a: [", ""),
    "no YAML": ("docker:\n  [", "not valid YAML"),
    "no YAML, and the word is hidden": ('"d\\x6fcker": [', "not valid YAML"),
    "not UTF-8": ("\udcff", "not UTF-8"),
}


@pytest.mark.parametrize("name", NOT_READ)
def test_what_is_not_read(name: str) -> None:
    text, message = NOT_READ[name]
    reader = open_yaml(Source("jobs.yaml", text.encode("utf-8", "surrogateescape")), SEARCH, collect)
    problems = [each.message for each in reader.read().problems]
    assert len(problems) == bool(message)
    assert all(message in problem for problem in problems)
    assert reader.read().occurrences == reader.outline() == ()


def test_complaints_are_problems_with_a_line() -> None:
    reading = open_file(
        "jobs:\n  a:\n    docker:\n      - image: 1.0\n      - image:\n  b: &b\n    docker: []\n"
    ).read()
    assert reading.problems == (Problem(4, "no image"), Problem(6, "no image"))
    assert reading.occurrences == ()


def test_an_embedded_file_is_part_of_the_reading_and_of_the_outline() -> None:
    inner = open_file("jobs: {a: {docker: [{image: b}]}}  # pinner: ignore\n# é")
    outer = open_file("jobs: {a: {docker: [{image: c}]}}")
    assert isinstance(outer, YamlReader)
    key, value = outer.file.documents[0].value[0]
    before = outer.outline()
    for _ in range(2):
        outer.add_embedded(Entry(key, value), inner)
    assert sorted(each.text for each in outer.read().occurrences) == ["b", "c"]
    assert outer.read().suppressions == inner.read().suppressions
    assert set(outer.outline()) == {*before, *inner.outline()}


OUTLINE = "x: é\njobs:\n  a:\n    docker:\n      - image: node:20 # c\n      - {image: 'alpine'}\n"
SAME = {
    "a digest": ("node:20", f"node:20@{DIGEST}"),
    "a digest and latest": ("alpine", f"alpine:latest@{DIGEST}"),
    "a comment": ("# c", "# d"),
}
DIFFERENT = {
    "another image": ("node", "nope"),
    "another tag": ("node:20", "node:21"),
    "another value": ("é", "e"),
    "another key": ("x:", "y:"),
    "a value that looks like a digest": ("é", f"é@{DIGEST}"),
    "a tag": ("x: ", "x: !t "),
    "an anchor": ("x: ", "x: &a "),
    "another item": ("{image", "{image: b}, {image"),
    "an item less": ("      - {image: 'alpine'}\n", ""),
}


@pytest.mark.parametrize("name", [*SAME, *DIFFERENT])
def test_the_outline_sees_all_but_digests(name: str) -> None:
    old, new = (SAME | DIFFERENT)[name]
    assert OUTLINE.count(old) == 1
    edited = open_file(OUTLINE.replace(old, new)).outline()
    assert (edited == open_file(OUTLINE).outline()) == (name in SAME)


def collect_split(file: YamlFile) -> YamlReader:
    """A reference whose name and tag stand in two nodes."""
    reader = YamlReader(file)
    fields = Mappings(file).fields(file.documents[0])
    name, tag = (file.text_of(fields[key].value) for key in ("docker", "tag"))
    word = reader.read_word(join([name, Text.made_up(":"), tag]))
    assert isinstance(word, Word)
    reader.add(reader.read_expanded(word), fields["docker"], "docker")
    return reader


@pytest.mark.parametrize("tag", ["'20'", '"20"', "20-slim"])
def test_a_digest_may_go_into_another_node_than_the_name(tag: str) -> None:
    text = f"tag: {tag} # é\ndocker: node\n"
    reader = open_yaml(Source("split.yaml", text.encode()), SEARCH, collect_split)
    (occurrence,) = reader.read().occurrences
    assert isinstance(occurrence.target, Reference)
    data = apply_edits(text.encode(), [edit_of(occurrence, DIGEST)])
    edited = open_yaml(Source("split.yaml", data), SEARCH, collect_split)
    assert [each.target for each in edited.read().occurrences] == [occurrence.target._replace(digest=DIGEST)]
    assert data.splitlines()[1] == b"docker: node"
    assert edited.outline() == reader.outline()

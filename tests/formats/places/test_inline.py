"""Values of charts in the text of manifests: each reference stands where it does in the file, or nothing is written."""

import pytest

from pinner.fixing.fixer import Plan, fix
from pinner.formats import Places
from pinner.formats._templates import TEMPLATE
from pinner.model.occurrence import Opaque, Reading
from pinner.model.source import Source
from pinner.scanning.scan import scan_stdin
from tests.formats.places.tables import APPLICATION
from tests.support.pinning import DIGEST, pinned

PLAIN = APPLICATION.format(f"values: |\n        image: {{repository: a/b, tag: v1, digest: {DIGEST}}}")


def read(text: str) -> Reading:
    return Places().read(Source("a.yaml", text.encode()))


def test_where_they_stand() -> None:
    text = APPLICATION.format("values: |\n        # ä\n        x: [1]\n        webImage: a/b:1")
    (found,) = read(text).occurrences
    assert found.context == "spec.source.helm.values.webImage"
    assert (found.where.line, found.where.column) == (9, 19)
    assert text.encode()[found.span.start : found.span.end] == b"a/b:1"


def test_a_plain_digest_is_replaced_and_not_taken_away() -> None:
    scan = scan_stdin(Source("a.yaml", PLAIN.encode()), Places())
    other = DIGEST.replace("0", "f")
    (found,) = scan.occurrences
    assert fix(scan, [Plan(found, other)], write=False).contents["a.yaml"].decode() == PLAIN.replace(DIGEST, other)
    assert fix(scan, [Plan(found, None)], write=False).failures, "nothing would be null"


@pytest.mark.parametrize(
    ("value", "line"),
    [("|\n        image: [", 6), ("'image: a:1: b'", 6), ("|\n        image: a:1\n        image: a:2", 6)],
)
def test_values_that_are_no_yaml(value: str, line: int) -> None:
    reading = read(APPLICATION.format(f"values: {value}"))
    assert [each.line for each in reading.problems] == [line]
    assert reading.problems[0].message.startswith("the values")


def test_values_that_are_a_template() -> None:
    reading = read(APPLICATION.format("values: |\n        {{ if x }}\n        image: a:1\n        {{ end }}"))
    assert [(each.text, each.target) for each in reading.occurrences] == [("{{ if x }}", Opaque(TEMPLATE))]
    assert not reading.problems


def test_what_an_alias_repeats_is_one_place() -> None:
    text = PLAIN.replace("values: |", "values: &v |").replace(f"digest: {DIGEST}", "digest: ''")
    text = f"{text}  sources: [{', '.join(['{helm: {values: *v}}'] * 3)}]\n"
    assert len(read(text).occurrences) == 1
    assert pinned(Source("a.yaml", text.encode()), Places()).decode() == text.replace("''", f"'{DIGEST}'")


def test_ignore_comments_stand_before_the_text() -> None:
    text = APPLICATION.format("# pinner: ignore[unpinned] why\n      values: |\n        image: a:1")
    assert [len(each.suppressions) for each in read(text).occurrences] == [1]

"""What compose-go makes of a file, and which characters of it name an image: `tests/data/compose.json`."""

import json
from pathlib import Path
from typing import Any

import pytest

from pinner.formats.compose import read
from pinner.model.occurrence import Reading
from pinner.model.source import Source
from tests.support.occurrences import digest_span, insertion

DATA = Path(__file__).parents[2] / "data" / "compose.json"
CASES = {case["name"]: case for case in json.loads(DATA.read_bytes())["cases"]}
CONTEXT = "docker-image://"

# The vectors' spans are ruamel.yaml's. Where it reads less than compose-go, compose-go is right.
SPANS_THAT_ARE_MISSING = {
    "span: tab after": (26, 37),  # ruamel.yaml refuses the tab after the colon
    "sem: tab_after": (26, 37),
    "sem: image_upper": (26, 29),  # compose-go's decoder takes `Image` for `image`
}
# What compose-go refuses although there is nothing in it that pinner could read wrongly.
HARMLESS_ERRORS = {
    "sem: empty",
    "sem: comment_only",
    "sem: null",  # a service that says nothing: legal where another file completes it
    "sem: float",  # the image is reported, and not as a problem of the file
    "span: docstart",  # `%YAML 1.2`: compose-go 2.14 knows 1.1 alone, ruamel.yaml both
}


def reading(case: dict[str, Any]) -> Reading:
    return read(Source("compose.yaml", case["input"].encode()))


def is_pulled(case: dict[str, Any], kind: str, service: str, text: str) -> bool:
    """Whether what the vectors found in a place is an image to pull, going by compose-go's result."""
    if kind == "ctx":
        return CONTEXT in text
    if kind == "volume" or case["compose_go"] is None:
        return True
    effective = case["compose_go"][service]
    return bool(effective["image"]) and not effective["build"]


def expected_spans(case: dict[str, Any]) -> list[tuple[int, int]]:
    """The spans as byte offsets; of a build context the reference alone."""
    if case["name"] in SPANS_THAT_ARE_MISSING:
        return [SPANS_THAT_ARE_MISSING[case["name"]]]
    spans = []
    for kind, service, text, span in case.get("spans", []):
        if span is not None and is_pulled(case, kind, service, text):
            start, end = (len(case["input"][:at].encode()) for at in span)
            prefix = text.find(CONTEXT) + len(CONTEXT) if kind == "ctx" else 0
            spans.append((start + prefix, end))
    return spans


@pytest.mark.parametrize("name", CASES)
def test_spans(name: str) -> None:
    case = CASES[name]
    refused = [text for *_, text, span in case.get("spans", []) if span is None]
    found = [each for each in reading(case).occurrences if each.built is None]
    assert [tuple(each.span) for each in found if each.text not in refused] == expected_spans(case)


@pytest.mark.parametrize(
    "name", [name for name, case in CASES.items() if [1 for *_, span in case.get("spans", []) if span is None]]
)
def test_refusals(name: str) -> None:
    (occurrence,) = reading(CASES[name]).occurrences
    (expected,) = [text for *_, text, _ in CASES[name]["spans"]]
    assert occurrence.text == expected
    assert insertion(occurrence) is None
    assert digest_span(occurrence) is None
    assert occurrence.unwritable or getattr(occurrence.target, "reason", "")


@pytest.mark.parametrize("name", CASES)
def test_what_compose_go_refuses_is_a_problem(name: str) -> None:
    case = CASES[name]
    found = reading(case)
    problems = found.problems or found.template
    if name == "sem: v1":
        assert problems  # compose-go passes silently over everything in the file
        return
    assert bool(problems) == (case["compose_go_error"] is not None and name not in HARMLESS_ERRORS)


@pytest.mark.parametrize("name", CASES)
def test_the_bytes_of_a_span_are_the_text(name: str) -> None:
    data = CASES[name]["input"].encode()
    for occurrence in reading(CASES[name]).occurrences:
        if insertion(occurrence) is not None:
            assert data[slice(*occurrence.span)].decode() == occurrence.text

"""What BuildKit makes of a Dockerfile: `tests/data/dockerfile.json`."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from pinner.formats import DOCKERFILE
from pinner.formats.dockerfile.instructions import Division, divide
from pinner.formats.variables.text import Text
from pinner.model.occurrence import Opaque, Reading
from pinner.model.reference import Reference
from pinner.model.source import Source
from tests.support.dockerfiles import statements
from tests.support.pinning import pinned

DATA = Path(__file__).parents[2] / "data" / "dockerfile.json"
CASES = {case["name"]: case for case in json.loads(DATA.read_bytes())["cases"]}

OTHER_REFERENCES = {
    "arg_platform": "the architecture is the builder's: the reference is opaque and said to be",
    "onbuild_used": "a trigger is reported once, where it stands, although a later stage of the file pulls its image",
}
NOT_SAID = {
    "syntax_slashes": "the line asks for another frontend, which may know instructions that Docker's does not",
}


def data_of(case: dict[str, Any]) -> bytes:
    if case["name"] == "long_line":
        return b"FROM a:1\nRUN echo " + b"x" * 70_000 + b"\nFROM b:1\n"
    return base64.b64decode(case["input_b64"]) if "input_b64" in case else case["input"].encode()


def reading(case: dict[str, Any]) -> Reading:
    return DOCKERFILE.read(Source("Dockerfile", data_of(case)))


def division(case: dict[str, Any]) -> Division:
    return divide(Text.of_bytes(data_of(case)))


def error_of(case: dict[str, Any]) -> str | None:
    errors = (case["parse_error"], case["instruction_error"], case["resolve_error"])
    return next((str(error) for error in errors if error), None)


ACCEPTED = [name for name, case in CASES.items() if error_of(case) is None]
REFUSED = [name for name, case in CASES.items() if error_of(case) is not None]
PARSED = [name for name, case in CASES.items() if case.get("instructions")]


def test_the_exceptions_are_vectors() -> None:
    assert set(OTHER_REFERENCES) <= set(ACCEPTED)
    assert set(NOT_SAID) <= set(REFUSED)


@pytest.mark.parametrize("name", [name for name in ACCEPTED if name not in OTHER_REFERENCES])
def test_the_references_are_those_that_a_build_resolves(name: str) -> None:
    found = reading(CASES[name])
    targets = [
        each.target if isinstance(each.target, Reference) else each
        for each in found.occurrences
        if not each.context.startswith(("ONBUILD", "# syntax"))
    ]
    resolved = {str(target.by_tag() if not target.digest else target) for target in targets}  # type: ignore[union-attr]
    assert sorted(resolved) == CASES[name]["resolved_refs"]
    assert found.problems == ()


def test_an_image_for_each_platform_is_opaque() -> None:
    (occurrence,) = reading(CASES["arg_platform"]).occurrences
    assert isinstance(occurrence.target, Opaque)
    assert "TARGETARCH" in occurrence.target.reason


def test_a_trigger_is_reported_where_it_stands() -> None:
    found = [(each.context, each.text) for each in reading(CASES["onbuild_used"]).occurrences]
    assert found == [("FROM", "a:1"), ("ONBUILD COPY --from", "nginx:1.25")]


@pytest.mark.parametrize("name", [name for name in REFUSED if name not in NOT_SAID])
def test_what_buildkit_refuses_is_said(name: str) -> None:
    found = reading(CASES[name])
    suspicious = [each for each in found.occurrences if not isinstance(each.target, Reference) or each.stage]
    assert found.problems or suspicious or found.template


@pytest.mark.parametrize("name", REFUSED)
def test_nothing_is_written_where_something_is_wrong(name: str) -> None:
    source = Source("Dockerfile", data_of(CASES[name]))
    if DOCKERFILE.read(source).problems:
        assert pinned(source, DOCKERFILE) == source.data


@pytest.mark.parametrize("name", CASES)
def test_the_bytes_of_a_span_are_the_text(name: str) -> None:
    data = data_of(CASES[name])
    for each in reading(CASES[name]).occurrences:
        written = data[slice(*each.span)].decode()
        assert written.replace("\\\n", "") == each.text.replace("\\\n", "")


@pytest.mark.parametrize("name", PARSED)
def test_instructions(name: str) -> None:
    found = [[each.name, each.lines.first, each.lines.end] for each in statements(division(CASES[name]))]
    expected = [[keyword.upper().encode().decode("latin-1"), *lines] for keyword, *lines in CASES[name]["instructions"]]
    assert found == expected


@pytest.mark.parametrize("name", PARSED)
def test_directives(name: str) -> None:
    found = division(CASES[name])
    assert (found.escape, str(found.syntax) if found.syntax else None) == (CASES[name]["escape"], CASES[name]["syntax"])


@pytest.mark.parametrize("name", [name for name in PARSED if CASES[name].get("froms")])
def test_from_lines(name: str) -> None:
    found = [[first, end, str(words[0]) if words else None] for first, end, words in _from_lines(name)]
    assert found == CASES[name]["froms"]


@pytest.mark.parametrize(
    "name", [name for name in ACCEPTED if CASES[name]["copy_from"] or CASES[name]["run_mount_from"]]
)
def test_sources(name: str) -> None:
    """The sources that BuildKit finds are occurrences, but for stages, their numbers, and scratch."""
    copies = [each["from"] for each in CASES[name]["copy_from"] or () if not each["from"].isdecimal()]
    mounts = [each["from"] for each in CASES[name]["run_mount_from"] or ()]
    stages = {str(words[2]).lower() for *_, words in _from_lines(name) if len(words) == 3}
    expected = [text for text in [*copies, *mounts] if text.lower() not in {*stages, "scratch"}]
    assert [each.text for each in reading(CASES[name]).occurrences if each.context != "FROM"] == expected


def _from_lines(name: str) -> list[tuple[int, int, list[Text]]]:
    """First line, last line and words of every FROM."""
    found = statements(division(CASES[name]))
    return [(each.lines.first, each.lines.end, each.words) for each in found if each.name == "FROM"]

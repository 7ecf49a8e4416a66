"""Every offline rule on the places that it is about, and on those that it leaves to the others."""

from collections.abc import Sequence
from typing import Any

import pytest

from pinner.model.occurrence import Occurrence, Opaque, Place, Severity, Suppression
from pinner.model.reference import Reference
from pinner.model.resolution import PinState, PinStatus
from pinner.model.source import Location, Span
from pinner.rules import RULES, Facts, unpinned
from tests.support.occurrences import DIGEST, OTHER_DIGEST, occurrence

OFFLINE = (
    "conflicting-digests",
    "digest-after-variable",
    "digest-without-tag",
    "floating-tag",
    "invalid-reference",
    "not-an-image",
    "opaque-reference",
    "unpinned",
    "unused-ignore",
)
SECTIONS = ["## What it does", "## Why is this bad", "## Example", "## Remedy", "## Ignoring it"]


def findings(*occurrences: Occurrence) -> list[tuple[str, str]]:
    facts = Facts(occurrences)
    return [(found.rule, found.message) for rule in RULES if rule.ID in OFFLINE for found in rule.check(facts)]


def rules_at(text: str, **fields: Any) -> list[str]:
    return sorted({rule for rule, _ in findings(occurrence(text, **fields))})


@pytest.mark.parametrize(
    ("text", "fields", "expected"),
    [
        ("node:20", {}, ["unpinned"]),
        (f"node:20@{DIGEST}", {}, []),
        ("node", {}, ["floating-tag", "unpinned"]),
        ("node:latest", {}, ["floating-tag", "unpinned"]),
        ("quay.io/a/b:LATEST", {}, ["unpinned"]),
        ("quay.io:443/a/b", {}, ["floating-tag", "unpinned"]),
        (f"node:latest@{DIGEST}", {}, []),
        (f"node@{DIGEST}", {}, ["digest-without-tag"]),
        (f"node:20@sha512:{'c' * 128}", {}, []),
        ("Node:20", {}, ["invalid-reference"]),
        ("", {}, ["invalid-reference"]),
        ("node:20@sha256:abc", {}, ["invalid-reference"]),
        ("${BASE}", {"target": Opaque("give BASE a default")}, ["opaque-reference"]),
        ("node:${V}-slim", {"target": occurrence("node:20-slim").target, "unwritable": "why"}, ["unpinned"]),
        ("node:${V}@x", {"target": occurrence(f"node:20@{DIGEST}").target, "dead_variable": "V"},
         ["digest-after-variable"]),
        ("node@${V}", {"target": Opaque("why"), "dead_variable": "V"}, ["opaque-reference"]),
        ("tools", {"stage": "tools"}, ["not-an-image"]),
        ("0", {"stage": "0"}, ["not-an-image"]),
        ("Tools", {"stage": "tools"}, ["not-an-image"]),
        ("${T}", {"stage": "tools", "target": Opaque("why")}, ["not-an-image"]),
    ],
)  # fmt: skip
def test_which_rules_speak(text: str, fields: dict[str, Any], expected: list[str]) -> None:
    assert rules_at(text, **fields) == expected


@pytest.mark.parametrize(
    ("text", "fields", "message"),
    [
        ("node:20", {}, "node:20 is not pinned to a digest"),
        ("node:${V}-slim", {"target": occurrence("node:20-slim").target, "unwritable": "write ARG V=20-slim"},
         "node:${V}-slim is not pinned to a digest, and pinner cannot write one here: write ARG V=20-slim"),
        ("node@" + DIGEST, {},
         f"node@{DIGEST} names no tag: write the tag that the digest was taken from before it"),
        ("a b", {}, '"a b" is no image reference: invalid reference format'),
        ("${BASE}", {"target": Opaque("give BASE a default")},
         "${BASE} cannot be known: give BASE a default"),
        ("node:${V}@x", {"target": occurrence(f"node:20@{DIGEST}").target, "dead_variable": "V"},
         "the digest switches V off: move it into the default of V"),
        ("tools", {"stage": "tools"},
         "tools names no earlier build stage, so BuildKit pulls an image of that name"),
    ],
)  # fmt: skip
def test_messages(text: str, fields: dict[str, Any], message: str) -> None:
    assert [said for _, said in findings(occurrence(text, **fields))] == [message]


@pytest.mark.parametrize(
    ("text", "how"),
    [("node", "has no tag, which means latest"), ("node:latest", "has the tag latest")],
)
def test_floating_tag_says_how_it_floats(text: str, how: str) -> None:
    assert ("floating-tag", f"{text} {how}: name the version that is meant") in findings(occurrence(text))


def conflicts(*occurrences: Occurrence) -> list[tuple[str, int, str]]:
    (rule,) = (rule for rule in RULES if rule.ID == "conflicting-digests")
    return [(found.path, found.where.line, found.message) for found in rule.check(Facts(occurrences))]


def test_conflict_is_reported_at_every_place_with_one_other_place() -> None:
    here, there = (
        f"is pinned to {DIGEST} here and to {OTHER_DIGEST}",
        f"is pinned to {OTHER_DIGEST} here and to {DIGEST}",
    )
    assert conflicts(
        occurrence(f"node:20@{DIGEST}", "a", 3),
        occurrence(f"node:20@{DIGEST}", "b", 4),
        occurrence(f"docker.io/library/node:20@{OTHER_DIGEST}", "c", 5),
    ) == [
        ("a", 3, f"node:20 {here} at c:5"),
        ("b", 4, f"node:20 {here} at c:5"),
        ("c", 5, f"node:20 {there} at a:3"),
    ]


def test_three_digests_of_one_tag() -> None:
    third = "sha256:" + "c" * 64
    messages = [message for *_, message in conflicts(
        occurrence(f"node:20@{DIGEST}", line=1),
        occurrence(f"node:20@{OTHER_DIGEST}", line=2),
        occurrence(f"node:20@{third}", line=3),
    )]  # fmt: skip
    assert [message.rpartition(" ")[2] for message in messages] == ["Dockerfile:2", "Dockerfile:1", "Dockerfile:1"]


@pytest.mark.parametrize(
    "texts",
    [
        (f"node:20@{DIGEST}", f"node:20@{DIGEST}"),
        (f"node:20@{DIGEST}", f"node:22@{OTHER_DIGEST}"),
        (f"node:20@{DIGEST}", f"quay.io/library/node:20@{OTHER_DIGEST}"),
        (f"node@{DIGEST}", f"node@{OTHER_DIGEST}"),
        (f"node:20@{DIGEST}", "node:20"),
    ],
)
def test_no_conflict(texts: Sequence[str]) -> None:
    assert conflicts(*(occurrence(text, line=line) for line, text in enumerate(texts, 1))) == []


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        (("unpinned",), "ignore[unpinned] hides no finding: remove the comment"),
        (("unpinned", "floating-tag"), "ignore[unpinned, floating-tag] hides no finding: remove the comment"),
        ((), "ignore hides no finding: remove the comment"),
        (("unpinned", "float"), "ignore[unpinned, float] hides no finding: there is no rule float"),
    ],
)
def test_unused_ignore(rules: tuple[str, ...], message: str) -> None:
    where = Location(2, 1, 2, 30)
    suppression = Suppression(where, rules, "a reason", "# pinner: ignore")
    (rule,) = (rule for rule in RULES if rule.ID == "unused-ignore")
    (found,) = rule.check(Facts((), (("Dockerfile", suppression),)))
    assert (found.path, found.where, found.text, found.message) == ("Dockerfile", where, suppression.text, message)


def test_findings_carry_the_place() -> None:
    place = occurrence("node:20", "compose.yaml", 7, "services.web.image")
    (rule,) = (rule for rule in RULES if rule.ID == "unpinned")
    (found,) = rule.check(Facts((place,)))
    assert (found.path, found.where, found.text, found.context) == (place.path, place.where, place.text, place.context)
    assert found.severity is Severity.ERROR
    assert found.fix is None


def test_severities_are_as_documented() -> None:
    severities = {rule.ID: rule.SEVERITY.label for rule in RULES if rule.ID in OFFLINE}
    assert severities == {
        "conflicting-digests": "warning",
        "digest-after-variable": "error",
        "digest-without-tag": "warning",
        "floating-tag": "note",
        "invalid-reference": "error",
        "not-an-image": "error",
        "opaque-reference": "error",
        "unpinned": "error",
        "unused-ignore": "warning",
    }


def test_rules_are_sorted_and_named_after_their_modules() -> None:
    identifiers = [rule.ID for rule in RULES]
    assert identifiers == sorted(set(identifiers))
    for rule in RULES:
        assert rule.__name__ == "pinner.rules." + rule.ID.replace("-", "_")  # type: ignore[attr-defined]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.ID)
def test_the_docstring_is_the_documentation(rule: Any) -> None:
    headings = [line for line in rule.__doc__.splitlines() if line.startswith("## ")]
    assert headings == SECTIONS
    assert rule.__doc__.startswith(SECTIONS[0])
    assert "\n" not in rule.SUMMARY
    assert rule.ID in rule.__doc__.partition(SECTIONS[-1])[2]


@pytest.mark.parametrize(
    ("status", "command"),
    [
        (None, "pin"),
        (PinStatus(PinState.UNPINNED, DIGEST), "pin"),
        (PinStatus(PinState.NO_TAG, None), None),
    ],
)
def test_a_tag_that_the_registry_lacks_cannot_be_pinned(status: PinStatus | None, command: str | None) -> None:
    image = occurrence("node:20", place=Place("Dockerfile", Span(12, 12)))
    assert isinstance(image.target, Reference)
    statuses = None if status is None else {image.target: status}
    (finding,) = unpinned.check(Facts((image,), statuses=statuses))
    assert finding.command == command

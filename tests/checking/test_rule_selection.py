"""Which rules run where, and how bad their findings are."""

from typing import Any

import pytest

from pinner.checking.linter import lint
from pinner.checking.rule_selection import ALL_RULES, Override, RuleSelection, select_rules
from pinner.formats import DOCKERFILE
from pinner.model.occurrence import Severity
from pinner.model.reference import parse
from pinner.model.resolution import PinState, PinStatus
from pinner.model.source import Source
from pinner.pipeline import pin
from pinner.scanning.gitignore import Patterns
from pinner.scanning.scan import Scan, scan_source
from pinner.scanning.suppressions import NO_SUPPRESSION_SETTINGS
from tests.support.occurrences import DIGEST, OTHER_DIGEST

ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE
TESTS = Patterns(("tests/",))


def scan(**files: str) -> Scan:
    """Files by their paths, with `__` for `/`."""
    sources = [Source(name.replace("__", "/"), text.encode()) for name, text in files.items()]
    return Scan({each.path: scan_source(each, DOCKERFILE, NO_SUPPRESSION_SETTINGS) for each in sources}, ())


@pytest.mark.parametrize(
    ("selection", "path", "running"),
    [
        (select_rules(), "Dockerfile", ALL_RULES),
        (select_rules(select=("unpinned",)), "Dockerfile", {"unpinned"}),
        (select_rules(select=("unpinned", "floating-tag"), ignore=("unpinned",)), "Dockerfile", {"floating-tag"}),
        (select_rules(ignore=("unpinned",)), "Dockerfile", ALL_RULES - {"unpinned"}),
        (select_rules(overrides=(Override(TESTS, ignore=("unpinned",)),)), "Dockerfile", ALL_RULES),
        (select_rules(overrides=(Override(TESTS, ignore=("unpinned",)),)), "tests/Dockerfile",
         ALL_RULES - {"unpinned"}),
        (select_rules(select=("unpinned",), overrides=(Override(TESTS, select=("floating-tag",)),)),
         "tests/Dockerfile",
         {"unpinned", "floating-tag"}),
        (select_rules(overrides=(Override(TESTS, ignore=("unpinned",)), Override(TESTS, select=("unpinned",)))),
         "tests/Dockerfile", ALL_RULES),
        (select_rules(overrides=(Override(TESTS, select=("unpinned",), ignore=("unpinned",)),)), "tests/Dockerfile",
         ALL_RULES - {"unpinned"}),
    ],
)  # fmt: skip
def test_which_rules_run(selection: RuleSelection, path: str, running: set[str]) -> None:
    assert selection(path).keys() == running


@pytest.mark.parametrize(
    ("selection", "path", "severity"),
    [
        (select_rules(), "Dockerfile", {}),
        (select_rules(severity={"unpinned": NOTE}), "Dockerfile", {"unpinned": NOTE}),
        (select_rules(severity={"unpinned": NOTE}, overrides=(Override(TESTS, severity={"unpinned": WARNING}),)),
         "tests/Dockerfile", {"unpinned": WARNING}),
        (select_rules(severity={"unpinned": NOTE}, overrides=(Override(TESTS, severity={"floating-tag": ERROR}),)),
         "tests/Dockerfile", {"unpinned": NOTE, "floating-tag": ERROR}),
    ],
)  # fmt: skip
def test_severities(selection: RuleSelection, path: str, severity: dict[str, Severity]) -> None:
    active = selection(path)
    assert {rule: changed for rule, changed in active.items() if changed is not None} == severity


def findings(selection: RuleSelection, **files: str) -> list[tuple[str, str, Severity]]:
    report = lint(scan(**files), selection=selection)
    return [(finding.path, finding.rule, finding.severity) for finding in report.findings]


def test_findings_obey_the_policy() -> None:
    selection = select_rules(
        ignore=("floating-tag",),
        severity={"unpinned": WARNING},
        overrides=(Override(TESTS, select=("floating-tag",), severity={"unpinned": NOTE, "floating-tag": WARNING}),),
    )
    assert findings(selection, Dockerfile="FROM node\n", tests__Dockerfile="FROM node\n") == [
        ("Dockerfile", "unpinned", WARNING),
        ("tests/Dockerfile", "floating-tag", WARNING),
        ("tests/Dockerfile", "unpinned", NOTE),
    ]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (select_rules(), ["unpinned"]),
        (select_rules(ignore=("unpinned",)), ["floating-tag"]),
        (select_rules(severity={"floating-tag": ERROR}), ["unpinned"]),
        (select_rules(severity={"unpinned": NOTE}), ["unpinned"]),
        (select_rules(severity={"unpinned": NOTE, "floating-tag": ERROR}), ["floating-tag", "unpinned"]),
    ],
)
def test_an_untagged_image_is_one_finding_unless_that_would_hide_the_worse_one(
    selection: RuleSelection, expected: list[str]
) -> None:
    assert [rule for _, rule, _ in findings(selection, Dockerfile="FROM node\n")] == expected


@pytest.mark.parametrize(("platform", "severity"), [("", WARNING), ("--platform=linux/amd64 ", NOTE)])
def test_a_severity_that_a_rule_lowered_stays(platform: str, severity: Severity) -> None:
    pinned = parse(f"node:20@{DIGEST}")
    statuses = {pinned: PinStatus(PinState.PLATFORM, OTHER_DIGEST, child="linux/amd64")}
    selection = select_rules(severity={"platform-digest": WARNING})
    report = lint(scan(Dockerfile=f"FROM {platform}node:20@{DIGEST}\n"), selection=selection, statuses=statuses)
    assert [(finding.rule, finding.severity) for finding in report.findings] == [("platform-digest", severity)]


@pytest.mark.parametrize(
    ("comment", "selection", "is_unused"),
    [
        ("ignore[unpinned]", select_rules(), True),
        ("ignore[unpinned]", select_rules(ignore=("unpinned",)), False),
        ("ignore[unpinned]", select_rules(select=("floating-tag", "unused-ignore")), False),
        (
            "ignore[unpinned]",
            select_rules(overrides=(Override(Patterns(("Dockerfile",)), ignore=("unpinned",)),)),
            False,
        ),
        ("ignore[unpinned]", select_rules(overrides=(Override(TESTS, ignore=("unpinned",)),)), True),
        ("ignore[unpinned, floating-tag]", select_rules(ignore=("unpinned",)), False),
        ("ignore[stale-digest]", select_rules(), False),
        ("ignore[unpined]", select_rules(ignore=("unpinned",)), True),
        ("ignore", select_rules(ignore=("unpinned",)), True),
        ("ignore[unpinned]", select_rules(ignore=("unused-ignore",)), False),
        ("ignore-file[unpinned]", select_rules(ignore=("unpinned",)), False),
        ("ignore-file[unpinned]", select_rules(), True),
    ],
)
def test_a_comment_for_a_rule_that_does_not_run_is_not_unused(
    comment: str, selection: RuleSelection, is_unused: bool
) -> None:
    found = findings(selection, Dockerfile=f"# pinner: {comment} why\nFROM node:20@{DIGEST}\n")
    assert found == ([("Dockerfile", "unused-ignore", WARNING)] if is_unused else [])


def test_what_need_not_be_pinned_is_not_pinned() -> None:
    asked: list[Any] = []
    selection = select_rules(overrides=(Override(TESTS, ignore=("unpinned",)),))
    pin(
        scan(tests__Dockerfile="FROM node:20\n"),
        lambda each, _: asked.extend(each) or {},
        write=False,
        selection=selection,
    )  # type: ignore[func-returns-value]
    assert asked == []

"""SARIF: what the golden file cannot show. Validation by other people's tools is in tests/integration."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest

from pinner.model.occurrence import Finding, Severity
from pinner.model.report import Report, Suppressed
from pinner.model.source import Edit, Source, Span, apply_edits
from pinner.output import Style, load_format
from pinner.rules import RULES
from tests.output import case
from tests.support.occurrences import occurrence_in


def run_of(report: Report) -> dict[str, Any]:
    (run,) = json.loads(load_format("sarif").render(report, Style()))["runs"]
    assert isinstance(run, dict)
    return run


def finding(source: Source, text: str = "a", rule: str = "unpinned", at: int = 0) -> Finding:
    where = occurrence_in(source, text, at=at).where
    return Finding(rule, Severity.ERROR, source.path, where, text, "FROM", "message")


def report_of(*findings: Finding) -> Report:
    return case.REPORT._replace(findings=findings, suppressed=())


def fingerprints(report: Report) -> list[str]:
    return [result["partialFingerprints"]["reference/v1"] for result in run_of(report)["results"]]


def replaced(data: bytes, replacement: dict[str, Any]) -> Iterator[Edit]:
    """A replacement as an edit, by the standard alone: lines and columns, columns in code points."""
    text = data.decode().removeprefix("\ufeff")
    mark = len(data) - len(text.encode())
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    region = replacement["deletedRegion"]
    start = starts[region["startLine"] - 1] + region["startColumn"] - 1
    end = starts[region["endLine"] - 1] + region["endColumn"] - 1
    span = Span(mark + len(text[:start].encode()), mark + len(text[:end].encode()))
    yield Edit(span, replacement["insertedContent"]["text"])


@pytest.mark.parametrize("source", [case.DOCKERFILE, case.COMPOSE], ids=["dockerfile", "compose"])
def test_applying_the_fixes_gives_what_pinner_writes(source: Source) -> None:
    edits: list[Edit] = []
    for result in run_of(case.REPORT)["results"]:
        for change in (change for fix in result.get("fixes", ()) for change in fix["artifactChanges"]):
            if unquote(change["artifactLocation"]["uri"]) == source.path:
                for replacement in change["replacements"]:
                    edits += replaced(source.data, replacement)
    own = [edit for found in case.FINDINGS if found.fix and found.path == source.path for edit in found.fix.edits]
    assert len(own) == 2
    assert sorted(edits) == sorted(own)
    assert apply_edits(source.data, edits) == apply_edits(source.data, own) != source.data


def test_regions_hold_the_text() -> None:
    for result in run_of(case.REPORT)["results"]:
        location = result["locations"][0]["physicalLocation"]
        source = case.REPORT.sources[unquote(location["artifactLocation"]["uri"])]
        region = location["region"]
        text = source.line_text(region["startLine"])[region["startColumn"] - 1 : region["endColumn"] - 1]
        texts = {found.text for found in case.FINDINGS} | {item.finding.text for item in case.REPORT.suppressed}
        assert text in texts


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a/b", "a/b"),
        ("./a/../b", "b"),
        ("with space", "with%20space"),
        ("100%", "100%25"),
        ("a:b", "a%3Ab"),
        ("a,b?c#d", "a%2Cb%3Fc%23d"),
        ("a\nb", "a%0Ab"),
        ("büro/名前", "b%C3%BCro/%E5%90%8D%E5%89%8D"),
        ("not-utf-8-\udcff", "not-utf-8-%FF"),
    ],
)
def test_uris_are_relative_and_encoded(path: str, uri: str) -> None:
    (result,) = run_of(report_of(finding(Source(path, b"FROM a"))))["results"]
    location = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": uri, "uriBaseId": "%SRCROOT%"}


def test_absolute_paths(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    inside, outside = (finding(Source(path, b"FROM a")) for path in (f"{tmp_path}/a/Dockerfile", "/elsewhere/a b"))
    locations = [
        result["locations"][0]["physicalLocation"]["artifactLocation"]
        for result in run_of(report_of(inside, outside))["results"]
    ]
    assert {"uri": "a/Dockerfile", "uriBaseId": "%SRCROOT%"} in locations
    assert {"uri": "file:///elsewhere/a%20b"} in locations


def test_fingerprints_survive_moved_lines_and_are_unique() -> None:
    before = Source("f", b"FROM a\nFROM a\n")
    after = Source("f", b"# new\n\nFROM a\n  FROM a\n")
    names = [
        fingerprints(report_of(finding(source), finding(source, at=source.data.rindex(b"a"))))
        for source in (before, after)
    ]
    assert names[0] == names[1]
    assert len(set(names[0])) == 2


@pytest.mark.parametrize(
    "other",
    [
        finding(Source("g", b"FROM a")),
        finding(Source("f", b"FROM b"), "b"),
        finding(Source("f", b"FROM a"), rule="floating-tag"),
        finding(Source("f", b"FROM a"))._replace(context="COPY --from"),
    ],
)
def test_fingerprints_tell_apart(other: Finding) -> None:
    assert fingerprints(report_of(other)) != fingerprints(report_of(finding(Source("f", b"FROM a"))))


def test_ignoring_one_place_leaves_the_other_fingerprints() -> None:
    source = Source("f", b"FROM a\nFROM a\n")
    first, second = finding(source), finding(source, at=7)
    both = report_of(first, second)
    one = report_of(second)._replace(suppressed=(Suppressed(first, case.REPORT.suppressed[0].suppression),))
    assert fingerprints(both) == fingerprints(one)
    assert ["suppressions" in result for result in run_of(one)["results"]] == [True, False]


def test_suppression_without_a_reason_has_no_justification() -> None:
    (item,) = case.REPORT.suppressed
    report = case.REPORT._replace(
        findings=(), suppressed=(item._replace(suppression=item.suppression._replace(reason="")),)
    )
    ((suppression,),) = (result["suppressions"] for result in run_of(report)["results"])
    assert "justification" not in suppression


def test_clean_report_has_results_and_no_notifications() -> None:
    run = run_of(case.CLEAN)
    assert run["results"] == []
    assert run["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]


def test_incomplete_results_are_told() -> None:
    (invocation,) = run_of(case.REPORT)["invocations"]
    told = [(item["level"], item["descriptor"]["id"]) for item in invocation["toolExecutionNotifications"]]
    assert told == [("error", each) for each in ("unchecked", "file-error", "file-error", "refused-update")]
    assert invocation["executionSuccessful"] is True


def test_every_rule_is_described() -> None:
    rules = run_of(case.CLEAN)["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.ID for rule in RULES]
    for described, rule in zip(rules, RULES, strict=True):
        assert described["shortDescription"]["text"][:-1].lower() == rule.SUMMARY.lower()
        assert described["fullDescription"]["text"] in " ".join(described["help"]["markdown"].split())
        assert described["help"]["text"]
        assert described["defaultConfiguration"]["level"] == rule.SEVERITY.label
        assert 0 < float(described["properties"]["security-severity"]) < 10
        assert described["properties"]["tags"]


def test_rule_index_points_at_the_rule() -> None:
    run = run_of(case.REPORT)
    for result in run["results"]:
        if "ruleIndex" in result:
            assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_messages_form_no_links() -> None:
    found = finding(Source("f", b"FROM a"))._replace(message="see [here](https://evil.example)")
    (result,) = run_of(report_of(found))["results"]
    assert result["message"]["text"] == "see [here] (https://evil.example)."

"""SARIF 2.1.0, for GitHub code scanning and other collectors.

Section numbers are those of the OASIS standard. A reference that could not be checked and a file that
failed are notifications of level `error` (3.58.6: results may be incomplete). `executionSuccessful`
stays true, for the run did end: where it is false GitHub throws all results of the run away.
"""

from typing import Any

from pinner.model.occurrence import Finding, Fix, Severity, Suppression
from pinner.model.report import Report
from pinner.model.source import Location, Source
from pinner.output import Style
from pinner.output._addresses import FILE_ERROR, HOMEPAGE, REFUSED, UNCHECKED, address_of
from pinner.output._entries import TOOL_NAME, fingerprints, refused_message, tool_version, unchecked_message
from pinner.output._json import dumps
from pinner.output._paths import uri
from pinner.rules import RULES, Rule

NAME = "sarif"

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"
_FINGERPRINT = "reference/v1"
_SECURITY_SEVERITIES = {Severity.ERROR: "7.5", Severity.WARNING: "5.0", Severity.NOTE: "2.0"}
"""GitHub shows 7.0 and above as high, 4.0 and above as medium, the rest as low."""


def render(report: Report, _style: Style) -> str:
    """Return one run. Ignored findings are results with a suppression."""
    version = tool_version()
    driver = {
        "name": TOOL_NAME,
        "informationUri": HOMEPAGE,
        "version": version,
        "semanticVersion": version,
        "rules": [_rule(rule) for rule in RULES],
    }
    run = {
        "tool": {"driver": driver},
        # Code scanning keeps one analysis for each category, which it takes from here.
        "automationDetails": {"id": f"{TOOL_NAME}/"},
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": _notifications(report)}],
        # By this name GitHub's documentation of code scanning means the root of the repository.
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The folder that pinner ran in."}}},
        "columnKind": "unicodeCodePoints",
        "results": _results(report),
    }
    return dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(rule: Rule) -> dict[str, Any]:
    documentation = (rule.__doc__ or "").strip()
    first = next((block for block in documentation.split("\n\n") if not block.startswith("#")), "")
    return {
        "id": rule.ID,
        "shortDescription": _message(rule.SUMMARY[:1].upper() + rule.SUMMARY[1:]),
        "fullDescription": {"text": " ".join(first.split())},
        "helpUri": address_of(rule.ID),
        "help": {"text": documentation, "markdown": documentation},
        "defaultConfiguration": {"level": rule.SEVERITY.label},
        "properties": {
            "precision": "very-high",
            "security-severity": _SECURITY_SEVERITIES[rule.SEVERITY],
            "tags": ["security", "supply-chain"],
        },
    }


def _results(report: Report) -> list[dict[str, Any]]:
    """Return the results in the order of places, so that fingerprints do not depend on what is ignored."""
    found: list[tuple[Finding, Suppression | None]] = [(finding, None) for finding in report.findings]
    found += [(suppressed.finding, suppressed.suppression) for suppressed in report.suppressed]
    found.sort(key=lambda item: (item[0].path, item[0].where, item[0].rule))
    names = fingerprints(finding for finding, _ in found)
    indexes = {rule.ID: index for index, rule in enumerate(RULES)}
    return [
        _result(finding, suppression, indexes, name, report.sources.get(finding.path))
        for (finding, suppression), name in zip(found, names, strict=True)
    ]


def _result(
    finding: Finding,
    suppression: Suppression | None,
    indexes: dict[str, int],
    fingerprint: str,
    source: Source | None,
) -> dict[str, Any]:
    result: dict[str, Any] = {"ruleId": finding.rule}
    if finding.rule in indexes:
        result["ruleIndex"] = indexes[finding.rule]
    result |= {
        "level": finding.severity.label,
        "message": _message(finding.message),
        "locations": [_location(finding.path, finding.where)],
        "partialFingerprints": {_FINGERPRINT: fingerprint},
    }
    if finding.fix and source:
        result["fixes"] = [_fix(finding.fix, source)]
    if suppression:
        entry = {"kind": "inSource", "status": "accepted", "location": _location(finding.path, suppression.where)}
        result["suppressions"] = [entry | ({"justification": suppression.reason} if suppression.reason else {})]
    return result


def _fix(fix: Fix, source: Source) -> dict[str, Any]:
    replacements = [
        {"deletedRegion": _region(source.locate(edit.span)), "insertedContent": {"text": edit.text}}
        for edit in fix.edits
    ]
    change = {"artifactLocation": _artifact(source.path), "replacements": replacements}
    return {"description": _message(fix.title), "artifactChanges": [change]}


def _notifications(report: Report) -> list[dict[str, Any]]:
    """Return what could not be checked, read, written or updated."""
    told = [(UNCHECKED, unchecked_message(each), _location(each.path, each.where)) for each in report.unchecked]
    for failure in report.errors:
        location: dict[str, Any] = {"physicalLocation": {"artifactLocation": _artifact(failure.path)}}
        if failure.line is not None:
            location["physicalLocation"]["region"] = {"startLine": failure.line}
        told.append((FILE_ERROR, failure.message, location))
    told += [(REFUSED, refused_message(kept), _location(kept.path, kept.where)) for kept in report.refused]
    return [
        {"level": "error", "descriptor": {"id": kind}, "message": _message(message), "locations": [location]}
        for kind, message, location in told
    ]


def _location(path: str, where: Location) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": _artifact(path), "region": _region(where)}}


def _artifact(path: str) -> dict[str, str]:
    """Return the URI of a file; one that is absolute must not name a base (3.4.3)."""
    reference = uri(path)
    return {"uri": reference} if reference.startswith("file:") else {"uri": reference, "uriBaseId": _ROOT}


def _region(where: Location) -> dict[str, int]:
    return dict(zip(("startLine", "startColumn", "endLine", "endColumn"), where, strict=True))


def _message(text: str) -> dict[str, str]:
    """Return a sentence; `[…](…)` would be a link (3.11.6), so brackets and parentheses are kept apart."""
    text = text.replace("](", "] (")
    return {"text": text if text.endswith((".", "!", "?")) else f"{text}."}

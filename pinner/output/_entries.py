"""Findings, failures and refusals of a report as one list, for formats that have one kind of entry."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pinner.model.changes import Kept
from pinner.model.occurrence import Finding, Fix, Severity
from pinner.model.report import FileFailure, Report, Unchecked
from pinner.model.source import Location
from pinner.output._addresses import FILE_ERROR, REFUSED, UNCHECKED, address_of, page_of_unchecked
from pinner.output._paths import relative

TOOL_NAME = "pinner"


class ReportEntry(NamedTuple):
    """A finding, an unchecked reference, a file that failed or an update that was refused.

    `rule` is the rule, UNCHECKED, FILE_ERROR or REFUSED, and `url` the address of the page on it.
    `line` is None where no line is to blame, and `where` where no columns are. None of the
    texts is cleaned.
    """

    rule: str
    severity: Severity
    path: str
    line: int | None
    where: Location | None
    text: str
    context: str
    message: str
    url: str
    fix: Fix | None = None


def entries(report: Report) -> Iterator[ReportEntry]:
    """Yield findings, then what could not be checked, the files that failed, and the updates that were refused."""
    yield from map(_of_finding, report.findings)
    yield from map(_of_unchecked, report.unchecked)
    yield from map(_of_failure, report.errors)
    yield from map(_of_refused, report.refused)


def unchecked_message(unchecked: Unchecked) -> str:
    """Return one sentence, not cleaned, that says what was not checked, and why."""
    return f"{unchecked.text} could not be checked ({unchecked.reason}): {unchecked.detail}"


def refused_message(kept: Kept) -> str:
    """Return one sentence, not cleaned, that says what was not updated, and why."""
    return f"{kept.image} is not updated ({kept.reason}): {kept.detail}"


def fingerprints(found: Iterable[ReportEntry | Finding]) -> list[str]:
    """Return for each item a name of 64 hexadecimal digits that is unique among them and survives moved lines.

    It is made of path, rule, context and text; items that are equal in these are told apart by their order.
    """
    seen: dict[str, int] = {}
    names = []
    for item in found:
        # Without the line, so that a collector knows a finding again that has moved.
        key = "\0".join((relative(item.path), item.rule, item.context, item.text))
        number = seen[key] = seen.get(key, -1) + 1
        # File names that are no UTF-8 have lone surrogates in Python (PEP 383).
        names.append(hashlib.sha256(f"{key}\0{number}".encode("utf-8", "surrogatepass")).hexdigest())
    return names


def _of_finding(finding: Finding) -> ReportEntry:
    return ReportEntry(
        rule=finding.rule,
        severity=finding.severity,
        path=finding.path,
        line=finding.where.line,
        where=finding.where,
        text=finding.text,
        context=finding.context,
        message=finding.message,
        url=address_of(finding.rule),
        fix=finding.fix,
    )


def _of_unchecked(unchecked: Unchecked) -> ReportEntry:
    return ReportEntry(
        rule=UNCHECKED,
        severity=Severity.WARNING,
        path=unchecked.path,
        line=unchecked.where.line,
        where=unchecked.where,
        text=unchecked.text,
        context=unchecked.context,
        message=unchecked_message(unchecked),
        url=address_of(page_of_unchecked(unchecked.reason)),
    )


def _of_failure(failure: FileFailure) -> ReportEntry:
    return ReportEntry(
        rule=FILE_ERROR,
        severity=Severity.ERROR,
        path=failure.path,
        line=failure.line,
        where=None,
        text=failure.message,
        context="",
        message=failure.message,
        url=address_of(FILE_ERROR),
    )


def _of_refused(kept: Kept) -> ReportEntry:
    return ReportEntry(
        rule=REFUSED,
        severity=Severity.ERROR,
        path=kept.path,
        line=kept.where.line,
        where=kept.where,
        text=kept.image,
        context="",
        message=refused_message(kept),
        url=address_of(REFUSED),
    )


def tool_version() -> str:
    """Return the version of the installed distribution; a source tree that is not installed has none."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("digest-pinner")
    except PackageNotFoundError:
        return "0.0.0"

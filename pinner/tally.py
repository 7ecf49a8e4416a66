"""All that a run has to say, in order and counted."""

from collections.abc import Iterable

from pinner.finding import Finding, Occurrence
from pinner.reference import Reference
from pinner.report import Change, Kept, Report, Summary, Suppressed, Unchecked
from pinner.scan import Scan


def report(
    scan: Scan,
    findings: Iterable[Finding] = (),
    suppressed: Iterable[Suppressed] = (),
    *,
    unchecked: Iterable[Unchecked] = (),
    changes: Iterable[Change] = (),
    kept: Iterable[Kept] = (),
) -> Report:
    """Everything in order, and counted."""
    result = Report(
        summary=Summary(0, 0, 0, 0, 0),
        findings=tuple(sorted(findings, key=lambda finding: (finding.path, finding.where, finding.rule))),
        unchecked=tuple(sorted(unchecked)),
        errors=tuple(sorted(scan.failures, key=lambda failure: (failure.path, failure.line or 0))),
        changes=tuple(sorted(changes, key=lambda change: (change.path, change.where))),
        suppressed=tuple(suppressed),
        kept=tuple(sorted(kept)),
        sources={path: file.source for path, file in scan.files.items()},
    )
    return result._replace(summary=_count(result, scan))


def _count(result: Report, scan: Scan) -> Summary:
    unread = {failure.path for failure in scan.failures} - scan.files.keys()
    return Summary(
        files=len(scan.files) + len(unread),
        references=len(scan.occurrences) + scan.behind_links,
        pinned=sum(_is_pinned(each) for each in scan.occurrences) + scan.behind_links,
        findings=len(result.findings),
        unchecked=len(result.unchecked),
        ignored=len(result.suppressed) + sum(each.exempt for each in scan.occurrences),
        changed=len(result.changes),
        kept=len(result.kept),
        excluded=scan.excluded,
    )


def _is_pinned(occurrence: Occurrence) -> bool:
    target = occurrence.target
    return isinstance(target, Reference) and target.digest is not None and not occurrence.exempt

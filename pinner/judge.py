"""What all rules say of a scan, without what comments hide, as a report."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from pinner.finding import Finding, Ignore, Occurrence
from pinner.reference import Reference
from pinner.report import Change, Kept, Report, Summary, Suppressed, Unchecked
from pinner.rules import RULES, Facts, unpinned, unused_ignore
from pinner.scan import Scan
from pinner.source import Location
from pinner.state import State

Place = tuple[str, Location]

_ONLINE = frozenset(rule.ID for rule in RULES if rule.ONLINE)


def judge(
    scan: Scan,
    *,
    states: Mapping[Reference, State] | None = None,
    excused: Collection[Place] = (),
    unchecked: Sequence[Unchecked] = (),
    changes: Sequence[Change] = (),
    kept: Sequence[Kept] = (),
) -> Report:
    """The findings of all rules, and beside them what else the run has to say.

    `states` is what registries say, None where none was asked. The places in `excused` are not
    `unpinned`: the report says of them already why they have no digest.
    """
    facts = Facts(scan.occurrences, states=states)
    raised = [
        finding
        for rule in RULES
        for finding in rule.check(facts)
        if rule.ID != unpinned.ID or (finding.path, finding.where) not in excused
    ]
    findings, suppressed = _suppress(raised, facts.occurrences)
    findings += unused_ignore.check(facts._replace(unused_ignores=_unused(scan, facts, suppressed)))
    return report(scan, findings, suppressed, unchecked=unchecked, changes=changes, kept=kept)


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


def ignore_for(rule: str, ignores: Iterable[Ignore]) -> Ignore | None:
    """The first comment that lets a rule's finding go."""
    return next((ignore for ignore in ignores if not ignore.rules or rule in ignore.rules), None)


def _count(result: Report, scan: Scan) -> Summary:
    return Summary(
        files=len(scan.files) + len({failure.path for failure in scan.failures} - scan.files.keys()),
        references=len(scan.occurrences),
        pinned=sum(isinstance(each.target, Reference) and each.target.digest is not None for each in scan.occurrences),
        findings=len(result.findings),
        unchecked=len(result.unchecked),
        ignored=len(result.suppressed),
        changed=len(result.changes),
        kept=len(result.kept),
    )


def _suppress(raised: Iterable[Finding], occurrences: Iterable[Occurrence]) -> tuple[list[Finding], list[Suppressed]]:
    """The findings that stand, and those that a comment hides."""
    ignores = {(each.path, each.where): each.ignores for each in occurrences if each.ignores}
    findings: list[Finding] = []
    suppressed: list[Suppressed] = []
    for finding in raised:
        ignore = ignore_for(finding.rule, ignores.get((finding.path, finding.where), ()))
        if ignore is None:
            findings.append(finding)
        else:
            suppressed.append(Suppressed(finding, ignore))
    return findings, suppressed


def _unused(scan: Scan, facts: Facts, suppressed: Iterable[Suppressed]) -> list[tuple[str, Ignore]]:
    """The ignore comments that hid nothing. One of an online rule is known to be such only by a registry's answer."""
    used = {(item.finding.path, item.ignore) for item in suppressed}
    used |= {
        (each.path, ignore)
        for each in facts.occurrences
        for ignore in each.ignores
        if not (facts.states and each.target in facts.states) and not _ONLINE.isdisjoint(ignore.rules)
    }
    return [each for each in scan.ignores if each not in used]

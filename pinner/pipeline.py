"""scan -> resolve -> check -> fix: the only place where the parts are put together."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from pinner.finding import Finding, Ignore, Occurrence
from pinner.fixer import NOTHING_FIXED, Fixed, Plan, apply_plans, rescan, write_all
from pinner.reference import Reference
from pinner.report import Report, Summary, Suppressed, Unchecked
from pinner.rules import RULES, Facts, unpinned, unused_ignore
from pinner.scan import Scan

if TYPE_CHECKING:
    from pinner.resolver import Resolution

Resolve = Callable[[Iterable[Reference]], "Mapping[Reference, Resolution]"]


class Outcome(NamedTuple):
    """A report, and the files' new bytes: written, or only thought of with `--diff`."""

    report: Report
    fixed: Fixed


def check(scan: Scan, fixed: Fixed = NOTHING_FIXED, unchecked: Sequence[Unchecked] = ()) -> Report:
    """Judge everything that was read. What could not be asked is unchecked, and not `unpinned` as well."""
    waiting = {(item.path, item.where) for item in unchecked}
    facts = Facts(scan.occurrences)
    raised = [
        finding
        for rule in RULES
        for finding in rule.check(facts)
        if rule.ID != unpinned.ID or (finding.path, finding.where) not in waiting
    ]
    findings, suppressed = _suppress(raised, facts.occurrences)
    used = {(item.finding.path, item.ignore) for item in suppressed}
    unused = [each for each in scan.ignores if each not in used]
    findings += unused_ignore.check(facts._replace(unused_ignores=unused))
    return _report(scan, findings, suppressed, fixed, unchecked)


def pin(scan: Scan, resolve: Resolve, *, write: bool) -> Outcome:
    """Add the missing digests, and judge what is left."""
    wanted = [occurrence for occurrence in scan.occurrences if _may_be_pinned(occurrence)]
    answers = resolve({occurrence.target.by_tag() for occurrence in wanted if isinstance(occurrence.target, Reference)})
    plans, unchecked = _plan(wanted, answers)
    fixed = apply_plans(scan, plans)
    fixed = write_all(scan, fixed) if write else fixed
    return Outcome(check(rescan(scan, fixed), fixed, unchecked), fixed)


def unpin(scan: Scan, *, write: bool) -> Outcome:
    """Take all digests away. Nothing is judged: that nothing is pinned is what was asked for."""
    fixed = apply_plans(scan, [Plan(each, None) for each in scan.occurrences if each.digest is not None])
    fixed = write_all(scan, fixed) if write else fixed
    return Outcome(_report(rescan(scan, fixed), [], [], fixed), fixed)


def _may_be_pinned(occurrence: Occurrence) -> bool:
    target = occurrence.target
    known = isinstance(target, Reference) and target.digest is None and occurrence.insert_at is not None
    return known and _ignore_for(unpinned.ID, occurrence.ignores) is None


def _plan(
    wanted: Iterable[Occurrence], answers: "Mapping[Reference, Resolution]"
) -> tuple[list[Plan], list[Unchecked]]:
    from pinner.resolver import Resolved

    plans: list[Plan] = []
    unchecked: list[Unchecked] = []
    for occurrence in wanted:
        assert isinstance(occurrence.target, Reference)
        answer = answers[occurrence.target.by_tag()]
        if isinstance(answer, Resolved):
            plans.append(Plan(occurrence, answer.digest))
        else:
            place = occurrence.path, occurrence.where, occurrence.text, occurrence.context
            unchecked.append(Unchecked(*place, answer.reason, answer.detail))
    return plans, unchecked


def _suppress(raised: Iterable[Finding], occurrences: Iterable[Occurrence]) -> tuple[list[Finding], list[Suppressed]]:
    """The findings that stand, and those that a comment hides."""
    ignores = {(each.path, each.where): each.ignores for each in occurrences if each.ignores}
    findings: list[Finding] = []
    suppressed: list[Suppressed] = []
    for finding in raised:
        ignore = _ignore_for(finding.rule, ignores.get((finding.path, finding.where), ()))
        if ignore is None:
            findings.append(finding)
        else:
            suppressed.append(Suppressed(finding, ignore))
    return findings, suppressed


def _ignore_for(rule: str, ignores: Iterable[Ignore]) -> Ignore | None:
    return next((ignore for ignore in ignores if not ignore.rules or rule in ignore.rules), None)


def _report(
    scan: Scan,
    findings: Iterable[Finding],
    suppressed: Iterable[Suppressed],
    fixed: Fixed,
    unchecked: Iterable[Unchecked] = (),
) -> Report:
    findings = tuple(sorted(findings, key=lambda finding: (finding.path, finding.where, finding.rule)))
    unchecked = tuple(sorted(unchecked))
    occurrences = scan.occurrences
    summary = Summary(
        files=len(scan.files) + len({failure.path for failure in scan.failures} - scan.files.keys()),
        references=len(occurrences),
        pinned=sum(isinstance(each.target, Reference) and each.target.digest is not None for each in occurrences),
        findings=len(findings),
        unchecked=len(unchecked),
        ignored=len(list(suppressed)),
        changed=len(fixed.changes),
    )
    return Report(
        summary=summary,
        findings=findings,
        unchecked=unchecked,
        errors=tuple(sorted(scan.failures, key=lambda failure: (failure.path, failure.line or 0))),
        changes=tuple(sorted(fixed.changes, key=lambda change: (change.path, change.where))),
        suppressed=tuple(suppressed),
        sources={path: file.source for path, file in scan.files.items()},
    )

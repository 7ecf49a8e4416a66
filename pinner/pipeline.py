"""scan -> resolve -> check -> fix: the only place where the parts are put together."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from pinner.finding import Finding, Ignore, Occurrence
from pinner.fixer import NOTHING_FIXED, Fixed, Plan, apply_plans, rescan, write_all
from pinner.reference import Reference
from pinner.report import Report, Summary, Suppressed, Unchecked
from pinner.rules import RULES, Facts, unpinned, unused_ignore
from pinner.scan import Scan
from pinner.state import State

if TYPE_CHECKING:
    from pinner.examiner import Examination
    from pinner.resolver import Resolution, Unresolved

Examine = Callable[[Iterable[Reference]], "Mapping[Reference, Examination]"]
Resolve = Callable[[Iterable[Reference]], "Mapping[Reference, Resolution]"]

_ONLINE = frozenset(rule.ID for rule in RULES if rule.ONLINE)


class Outcome(NamedTuple):
    """A report, and the files' new bytes: written, or only thought of with `--diff`."""

    report: Report
    fixed: Fixed


def check(scan: Scan) -> Report:
    """Judge everything that was read, by what the files alone say."""
    return _judge(scan, Facts(scan.occurrences))


def check_online(scan: Scan, examine: Examine) -> Report:
    """Judge everything that was read, by the files and by what registries say. What gives no answer is unchecked."""
    states, unchecked = _examined([each for each in scan.occurrences if _may_be_asked(each)], examine)
    return _judge(scan, Facts(scan.occurrences, states=states), unchecked=unchecked)


def pin(scan: Scan, resolve: Resolve, *, write: bool) -> Outcome:
    """Add the missing digests, and judge what is left."""
    wanted = [occurrence for occurrence in scan.occurrences if _may_be_pinned(occurrence)]
    answers = resolve({occurrence.target.by_tag() for occurrence in wanted if isinstance(occurrence.target, Reference)})
    plans, unchecked = _plan(wanted, answers)
    fixed = apply_plans(scan, plans)
    fixed = write_all(scan, fixed) if write else fixed
    scan = rescan(scan, fixed)
    return Outcome(_judge(scan, Facts(scan.occurrences), fixed, unchecked, wanted=True), fixed)


def unpin(scan: Scan, *, write: bool) -> Outcome:
    """Take all digests away. Nothing is judged: that nothing is pinned is what was asked for."""
    fixed = apply_plans(scan, [Plan(each, None) for each in scan.occurrences if each.digest is not None])
    fixed = write_all(scan, fixed) if write else fixed
    return Outcome(_report(rescan(scan, fixed), [], [], fixed), fixed)


def _judge(
    scan: Scan, facts: Facts, fixed: Fixed = NOTHING_FIXED, unchecked: Sequence[Unchecked] = (), *, wanted: bool = False
) -> Report:
    """The findings of all rules. Where a digest was `wanted`, what gave no answer is not `unpinned` as well."""
    waiting = {(item.path, item.where) for item in unchecked if wanted}
    raised = [
        finding
        for rule in RULES
        for finding in rule.check(facts)
        if rule.ID != unpinned.ID or (finding.path, finding.where) not in waiting
    ]
    findings, suppressed = _suppress(raised, facts.occurrences)
    findings += unused_ignore.check(facts._replace(unused_ignores=_unused(scan, facts, suppressed)))
    return _report(scan, findings, suppressed, fixed, unchecked)


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


def _examined(occurrences: Sequence[Occurrence], examine: Examine) -> tuple[dict[Reference, State], list[Unchecked]]:
    answers = examine([each.target for each in occurrences if isinstance(each.target, Reference)])
    unchecked: list[Unchecked] = []
    for each in occurrences:
        assert isinstance(each.target, Reference)
        answer = answers[each.target]
        if not isinstance(answer, State):
            unchecked.append(_unchecked(each, answer))
    return {reference: answer for reference, answer in answers.items() if isinstance(answer, State)}, unchecked


def _unchecked(occurrence: Occurrence, answer: "Unresolved") -> Unchecked:
    place = occurrence.path, occurrence.where, occurrence.text, occurrence.context
    return Unchecked(*place, answer.reason, answer.detail)


def _may_be_asked(occurrence: Occurrence) -> bool:
    """Whether it is an image, and not one that a comment lets go unpinned: that may be on no registry at all."""
    target = occurrence.target
    if occurrence.stage is not None or not isinstance(target, Reference):
        return False
    return target.digest is not None or _ignore_for(unpinned.ID, occurrence.ignores) is None


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
            unchecked.append(_unchecked(occurrence, answer))
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

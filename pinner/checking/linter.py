"""What all rules say of a scan, without what comments hide, as a report."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from pinner.checking.rule_selection import ALL_RULES, DEFAULT_POLICY, Policy, Ruling
from pinner.model.occurrence import Finding, Ignore, Occurrence
from pinner.model.reference import Reference
from pinner.model.report import Change, Kept, Report, Summary, Suppressed, Unchecked
from pinner.model.resolution import State
from pinner.model.source import Location
from pinner.rules import RULES, Facts, Rule, unpinned, unused_ignore
from pinner.scanning.scan import Scan

Place = tuple[str, Location]

NOT_READ = "not-read"
"""Why a file that another one names was not checked."""
UNKNOWN_KIND = "unknown-kind"
"""Why a file that the user named was not checked."""
_UNKNOWN = "neither its name nor its content says that pinner can read it; --skip-unknown passes over such files"
_START = Location(1, 1, 1, 1)

_ONLINE = frozenset(rule.ID for rule in RULES if rule.ONLINE)
_PlacedIgnore = tuple[str, Ignore]


def judge(
    scan: Scan,
    *,
    policy: Policy = DEFAULT_POLICY,
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
    templates = [(path, file.reading.template) for path, file in scan.files.items() if file.reading.template]
    facts = Facts([each for each in scan.occurrences if not each.exempt], states=states, templates=templates)
    ruling_of = policy.rulings()
    raised = [
        finding
        for finding in _ruled(RULES, facts, ruling_of)
        if finding.rule != unpinned.ID or (finding.path, finding.where) not in excused
    ]
    ignores = {(each.path, each.where): each.ignores for each in facts.occurrences if each.ignores}
    for path, template in templates:
        ignores[path, template.where] = tuple(each for each in scan.files[path].reading.ignores if each.whole_file)
    findings, suppressed, used = _suppress(raised, ignores)
    not_read, acknowledged = _not_read(scan)
    used |= acknowledged
    used |= _undecided(scan, facts, ruling_of)
    unused = [each for each in scan.ignores if each not in used]
    raised = list(_ruled([unused_ignore], facts._replace(unused_ignores=unused), ruling_of))
    left, more, used = _suppress(raised, _on_comments(scan.ignores))
    in_use = {(path, ignore.where) for path, ignore in used}
    findings += [each for each in left if (each.path, each.where) not in in_use]
    unchecked = [*unchecked, *not_read]
    return assemble_report(scan, findings, suppressed + more, unchecked=unchecked, changes=changes, kept=kept)


def _not_read(scan: Scan) -> tuple[list[Unchecked], set[_PlacedIgnore]]:
    """Return the files that are named and were not read, and the comments that acknowledge that."""
    unchecked = [Unchecked(path, _START, path, "", UNKNOWN_KIND, _UNKNOWN) for path in scan.unknown]
    used: set[_PlacedIgnore] = set()
    for path, (where, text, context, detail, ignores) in scan.unread:
        judged = scan.exemptions.judged(ignores)
        ignore = ignore_for(NOT_READ, judged)
        used |= {(path, each) for each in judged if each.covers(NOT_READ)}
        if ignore is None:
            unchecked.append(Unchecked(path, where, text, context, NOT_READ, detail))
    return unchecked, used


def ignore_for(rule: str, ignores: Iterable[Ignore]) -> Ignore | None:
    """The first comment that lets a rule's finding go."""
    return next((ignore for ignore in ignores if ignore.covers(rule) and not ignore.void), None)


def _ruled(rules: Iterable[Rule], facts: Facts, ruling_of: Callable[[str], Ruling]) -> Iterator[Finding]:
    """What the rules say, each where it runs. A severity that a rule lowers for one place stays as it is."""
    for rule in rules:
        for finding in rule.check(facts):
            running, severity = ruling_of(finding.path)
            if rule.ID in running:
                is_usual = finding.severity == rule.SEVERITY
                yield finding._replace(severity=severity[rule.ID]) if is_usual and rule.ID in severity else finding


def _suppress(
    raised: Iterable[Finding], ignores: Mapping[Place, Sequence[Ignore]]
) -> tuple[list[Finding], list[Suppressed], set[_PlacedIgnore]]:
    """The findings that stand, those that a comment hides, and the comments that are about any of them."""
    findings: list[Finding] = []
    suppressed: list[Suppressed] = []
    used: set[_PlacedIgnore] = set()
    for finding in raised:
        covering = [each for each in ignores.get((finding.path, finding.where), ()) if each.covers(finding.rule)]
        ignore = ignore_for(finding.rule, covering)
        used |= {_placed(each, finding.path) for each in ([ignore] if ignore else covering)}
        if ignore:
            suppressed.append(Suppressed(finding, ignore))
        else:
            findings.append(_explained(finding, covering))
    return findings, suppressed, used


def _placed(ignore: Ignore, path: str) -> _PlacedIgnore:
    """Return a comment with the path of its file, which may be that of a use of what it speaks of."""
    return ignore.path or path, ignore._replace(path="")


def _on_comments(ignores: Sequence[_PlacedIgnore]) -> dict[Place, list[Ignore]]:
    """For the place of each comment those that let it be unused: they name that rule, and speak for its whole file."""
    letting = [each for each in ignores if each[1].whole_file and unused_ignore.ID in each[1].rules]
    return {
        (path, ignore.where): [other for its_path, other in letting if its_path == path and other != ignore]
        for path, ignore in ignores
        if letting
    }


def _explained(finding: Finding, void: Sequence[Ignore]) -> Finding:
    """A finding that says why the comment on it does not count, if there is one."""
    if not void:
        return finding
    return finding._replace(
        message=f"{finding.message}; the ignore comment on line {void[0].where.line} {void[0].void}"
    )


def _undecided(scan: Scan, facts: Facts, ruling_of: Callable[[str], Ruling]) -> set[_PlacedIgnore]:
    """The comments of which this run cannot know whether they hide something.

    They name a rule that does not run on their file, or an online rule where no registry told the
    state, or they are about images that the configuration leaves alone.
    """
    undecided = {(path, ignore) for path, ignore in scan.ignores if _names(ignore, ALL_RULES - ruling_of(path).running)}
    for each in scan.occurrences:
        is_told = facts.states is not None and each.target in facts.states
        for ignore in each.ignores:
            if each.exempt or (not is_told and _names(ignore, _ONLINE)):
                undecided.add(_placed(ignore, each.path))
    return undecided


def _names(ignore: Ignore, rules: Collection[str]) -> bool:
    return any(rule in rules for rule in ignore.rules)


def assemble_report(
    scan: Scan,
    findings: Iterable[Finding] = (),
    suppressed: Iterable[Suppressed] = (),
    *,
    unchecked: Iterable[Unchecked] = (),
    changes: Iterable[Change] = (),
    kept: Iterable[Kept] = (),
) -> Report:
    """Return everything that a run has to say, sorted by path and position, and counted."""
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
    unread = {*(failure.path for failure in scan.failures), *scan.unknown} - scan.files.keys()
    return Summary(
        files=len(scan.files) + len(unread),
        references=sum(each.built is None for each in scan.occurrences),
        pinned=sum(_is_pinned(each) for each in scan.occurrences if each.built is None),
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

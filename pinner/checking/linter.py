"""Run the rules over a scan and apply the suppressions: the result is a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinner.checking.rule_selection import ALL_RULES, DEFAULT_SELECTION, RuleSelection
from pinner.model.occurrence import Finding, Severity, Suppression
from pinner.model.reference import Reference
from pinner.model.report import Report, Summary, Suppressed, Unchecked
from pinner.model.source import Location
from pinner.rules import RULES, Facts, Rule, floating_tag, unpinned, unused_ignore

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from pinner.model.changes import Change, Kept
    from pinner.model.resolution import PinStatus
    from pinner.scanning.scan import Scan

_Position = tuple[str, Location]

NOT_READ = "not-read"
"""Why a file that another one names was not checked."""
UNKNOWN_KIND = "unknown-kind"
"""Why a file that the user named was not checked."""
_UNKNOWN = "neither its name nor its content says that pinner can read it; --skip-unknown passes over such files"
_START = Location(line=1, column=1, end_line=1, end_column=1)

_ONLINE = frozenset(rule.ID for rule in RULES if rule.ONLINE)
_PlacedSuppression = tuple[str, Suppression]


def lint(
    scan: Scan,
    *,
    selection: RuleSelection = DEFAULT_SELECTION,
    statuses: Mapping[Reference, PinStatus] | None = None,
    excused: Collection[_Position] = (),
    unchecked: Sequence[Unchecked] = (),
    changes: Sequence[Change] = (),
    kept: Sequence[Kept] = (),
) -> Report:
    """Return the report of a run: the findings of all selected rules, and what else was given.

    `statuses` is what registries say, None where none was asked. The places in `excused` are not
    `unpinned`: the report says of them already why they have no digest.
    """
    facts = _facts(scan, statuses)
    # The order matters. A comment is used by what a rule raises, so comments come before what is told once for a place,
    # and `unused-ignore` after all other rules.
    raised, switched_off = _run_rules(RULES, facts, selection, excused)
    unanswered = {(each.path, each.where) for each in unchecked}
    raised = [each._replace(command=None) if (each.path, each.where) in unanswered else each for each in raised]
    findings, suppressed, used = _suppress(raised, _suppressions_by_place(scan, facts))
    findings = _one_for_untagged(findings, excused)
    # Hidden or not, an `unpinned` speaks for the `floating-tag` of its place, which is not ignored as well.
    told = {(each.path, each.where) for each in raised if each.rule == unpinned.ID}
    switched_off = _one_for_untagged(switched_off, {*excused, *told})
    not_read, acknowledged = _not_read(scan)
    used |= acknowledged | _undecided(scan, facts, selection)
    unused, hidden = _unused_comments(scan, facts, used, selection)
    return assemble_report(
        scan,
        findings + unused,
        suppressed + hidden,
        unchecked=[*unchecked, *not_read],
        changes=changes,
        kept=kept,
        switched_off=len(switched_off),
    )


def _facts(scan: Scan, statuses: Mapping[Reference, PinStatus] | None) -> Facts:
    return Facts(
        occurrences=[each for each in scan.occurrences if not each.image_ignored],
        statuses=statuses,
        templates=[(path, file.reading.template) for path, file in scan.files.items() if file.reading.template],
        platform_stages=[(path, each) for path, file in scan.files.items() for each in file.reading.platform_stages],
        platforms=scan.platforms,
    )


def _suppressions_by_place(scan: Scan, facts: Facts) -> dict[_Position, Sequence[Suppression]]:
    """Return the comments that speak of each place at which a rule may find something."""
    found: dict[_Position, Sequence[Suppression]] = {}
    for each in facts.occurrences:
        if each.suppressions:
            place = each.path, each.where
            found[place] = _for_both(found[place], each.suppressions) if place in found else each.suppressions
    for path, template in facts.templates:
        found[path, template.where] = [each for each in scan.files[path].reading.suppressions if each.whole_file]
    for path, stages in facts.platform_stages:
        found[path, stages.where] = stages.suppressions
    return found


def _for_both(one: Sequence[Suppression], other: Sequence[Suppression]) -> Sequence[Suppression]:
    """Return the comments on a place to which two builds give references: one that is void for either is void."""
    void = {_placed(each, ""): each for each in (*one, *other) if each.void}
    return tuple(dict.fromkeys(void.get(_placed(each, ""), each) for each in (*one, *other)))


def _unused_comments(
    scan: Scan, facts: Facts, used: Collection[_PlacedSuppression], selection: RuleSelection
) -> tuple[list[Finding], list[Suppressed]]:
    """Return the findings of `unused-ignore`, and those of them that comments hide, after all other rules have run.

    A comment that hides such a finding is in use by that alone.
    """
    known = {_placed(suppression, path) for path, suppression in used}
    unused = [each for each in scan.suppressions if _placed(each[1], each[0]) not in known]
    raised, _ = _run_rules([unused_ignore], facts._replace(unused_suppressions=unused), selection)
    standing, hidden, hiding = _suppress(raised, _on_comments(scan.suppressions))
    in_use = {(path, suppression.where) for path, suppression in hiding}
    return [each for each in standing if (each.path, each.where) not in in_use], hidden


def _not_read(scan: Scan) -> tuple[list[Unchecked], set[_PlacedSuppression]]:
    """Return the files that are named and were not read, and the comments that acknowledge that."""
    unchecked = [
        Unchecked(path=path, where=_START, text=path, context="", reason=UNKNOWN_KIND, detail=_UNKNOWN)
        for path in scan.unknown
    ]
    used: set[_PlacedSuppression] = set()
    for path, unread in scan.unread:
        found = scan.suppression_settings.with_validity(unread.suppressions)
        covering = [each for each in found if each.covers(NOT_READ)]
        used |= {(path, each) for each in covering}
        if suppression_for(NOT_READ, covering) is None:
            unchecked.append(
                Unchecked(
                    path=path,
                    where=unread.where,
                    text=unread.text,
                    context=unread.context,
                    reason=NOT_READ,
                    detail=unread.detail + _why_void(covering),
                )
            )
    return unchecked, used


def _one_for_untagged(findings: list[Finding], excused: Collection[_Position]) -> list[Finding]:
    """Return the findings without those of `floating-tag` on images that lack a digest: one line for one cause.

    Such an image is `unpinned`, or `excused` from that. A finding that is set to a higher severity stays: it may be
    what fails the run.
    """
    bare = dict.fromkeys(excused, unpinned.SEVERITY)
    bare |= {(each.path, each.where): each.severity for each in findings if each.rule == unpinned.ID}
    return [
        each
        for each in findings
        if each.rule != floating_tag.ID or each.severity > bare.get((each.path, each.where), 0)
    ]


def one_for_a_variable(report: Report) -> Report:
    """Return a report in which the values that a file lacks are told once: one message for one cause.

    It comes after all that takes findings away, by a comment, the baseline or `--diff-base`: what is left speaks for
    nothing but what is left.
    """
    kept: list[Finding] = []
    told: dict[tuple[str, str, Severity], dict[str, int]] = {}
    more: dict[int, list[int]] = {}
    for finding in report.findings:
        known = told.setdefault((finding.rule, finding.path, finding.severity), {})
        if finding.variables and known.keys() >= set(finding.variables):
            more.setdefault(known[finding.variables[0]], []).append(finding.where.line)
            continue
        for name in finding.variables:
            known.setdefault(name, len(kept))
        kept.append(finding)
    for index, lines in more.items():
        numbers = ", ".join(map(str, dict.fromkeys(lines)))
        others = f"line{'s' if ',' in numbers else ''} {numbers}"
        kept[index] = kept[index]._replace(message=f"{kept[index].message}; also on {others}")
    return report._replace(findings=tuple(kept), summary=report.summary._replace(findings=len(kept)))


def suppression_for(rule: str, suppressions: Iterable[Suppression]) -> Suppression | None:
    """Return the first comment that suppresses the findings of a rule."""
    return next(
        (suppression for suppression in suppressions if suppression.covers(rule) and not suppression.void), None
    )


def _run_rules(
    rules: Iterable[Rule],
    facts: Facts,
    selection: RuleSelection,
    excused: Collection[_Position] = (),
) -> tuple[list[Finding], list[Finding]]:
    """Return the findings of rules where they run, and those where they are switched off."""
    findings: list[Finding] = []
    switched_off: list[Finding] = []
    for rule in rules:
        for finding in rule.check(facts):
            active = selection(finding.path)
            if rule.ID == unpinned.ID and (finding.path, finding.where) in excused:
                continue
            if rule.ID not in active:
                switched_off.append(finding)
                continue
            # A rule may lower the severity at one place, as platform-digest does where that platform is asked for.
            severity = active[rule.ID] if finding.severity == rule.SEVERITY else None
            findings.append(finding if severity is None else finding._replace(severity=severity))
    return findings, switched_off


def _suppress(
    raised: Iterable[Finding], suppressions: Mapping[_Position, Sequence[Suppression]]
) -> tuple[list[Finding], list[Suppressed], set[_PlacedSuppression]]:
    """Return the findings that stand, those that a comment hides, and the comments that are about any of them."""
    findings: list[Finding] = []
    suppressed: list[Suppressed] = []
    used: set[_PlacedSuppression] = set()
    for finding in raised:
        covering = [each for each in suppressions.get((finding.path, finding.where), ()) if each.covers(finding.rule)]
        suppression = suppression_for(finding.rule, covering)
        used |= {_placed(each, finding.path) for each in ([suppression] if suppression else covering)}
        if suppression:
            suppressed.append(Suppressed(finding, suppression))
            continue
        findings.append(finding._replace(message=finding.message + _why_void(covering)))
    return findings, suppressed, used


def _why_void(covering: Sequence[Suppression]) -> str:
    """Return the end of a message that says why the first comment on a finding does not count, empty without one."""
    return f"; the ignore comment on line {covering[0].where.line} {covering[0].void}" if covering else ""


def _placed(suppression: Suppression, path: str) -> _PlacedSuppression:
    """Return a comment with the path of its file, which may be that of a use of what it speaks of.

    One comment may count for some of the places of which it speaks, and not for others.
    """
    return suppression.path or path, suppression._replace(path="", void="")


def _on_comments(suppressions: Sequence[_PlacedSuppression]) -> dict[_Position, list[Suppression]]:
    """Return, by the position of each comment, the comments for the whole file that suppress `unused-ignore` there."""
    whole_file = [(path, each) for path, each in suppressions if each.whole_file and unused_ignore.ID in each.rules]
    return {
        # No comment hides that it is unused itself.
        (path, suppression.where): [
            other for its_path, other in whole_file if its_path == path and other != suppression
        ]
        for path, suppression in suppressions
        if whole_file
    }


def _undecided(scan: Scan, facts: Facts, selection: RuleSelection) -> set[_PlacedSuppression]:
    """Return the comments of which this run cannot know whether they hide something.

    They name a rule that does not run on their file, or an online rule where no registry told the
    status, or they stand on images that `ignore-images` names.
    """
    undecided = {
        (path, suppression)
        for path, suppression in scan.suppressions
        if ALL_RULES.difference(selection(path)).intersection(suppression.rules)
    }
    for each in scan.occurrences:
        for suppression in each.suppressions:
            is_told = facts.statuses is not None and each.target in facts.statuses
            if each.image_ignored or (not is_told and _ONLINE.intersection(suppression.rules)):
                undecided.add(_placed(suppression, each.path))
    return undecided


def assemble_report(
    scan: Scan,
    findings: Iterable[Finding] = (),
    suppressed: Iterable[Suppressed] = (),
    *,
    unchecked: Iterable[Unchecked] = (),
    changes: Iterable[Change] = (),
    kept: Iterable[Kept] = (),
    switched_off: int = 0,
) -> Report:
    """Return the report of a run, sorted by path and position, and counted.

    `switched_off` is the number of findings of rules that do not run.
    """
    # Counted afterwards from what it holds, so that no count can say anything else.
    result = Report(
        summary=Summary(files=0, references=0, pinned=0, findings=0, unchecked=0),
        findings=tuple(sorted(findings, key=lambda finding: (finding.path, finding.where, finding.rule))),
        unchecked=tuple(sorted(unchecked)),
        errors=tuple(sorted(scan.failures, key=lambda failure: (failure.path, failure.line or 0))),
        changes=tuple(sorted(changes, key=lambda change: (change.path, change.where))),
        suppressed=tuple(suppressed),
        kept=tuple(sorted(kept)),
        sources={path: file.source for path, file in scan.files.items()},
    )
    return result._replace(summary=_count(result, scan, switched_off))


def _count(result: Report, scan: Scan, switched_off: int) -> Summary:
    unchecked = {(each.path, each.where) for each in result.unchecked}
    with_digest = [
        each
        for each in scan.occurrences
        if isinstance(each.target, Reference) and each.target.digest is not None and not each.image_ignored
    ]
    # A file in which something is wrong may have been read all the same: it counts once.
    unread = {*(failure.path for failure in scan.failures), *scan.unknown} - scan.files.keys()
    return Summary(
        files=len(scan.files) + len(unread),
        references=sum(each.built is None for each in scan.occurrences),
        pinned=sum(each.built is None and (each.path, each.where) not in unchecked for each in with_digest),
        findings=len(result.findings),
        unchecked=len(result.unchecked),
        ignored=len(result.suppressed) + switched_off + sum(each.image_ignored for each in scan.occurrences),
        changed=len(result.changes),
        kept=len(result.kept) - len(result.refused),
        refused=len(result.refused),
        excluded=scan.excluded,
    )

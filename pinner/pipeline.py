"""Scan, check, resolve, fix: the only place where the parts are put together."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from pinner.checking.linter import assemble_report, lint, suppression_for
from pinner.checking.rule_selection import DEFAULT_SELECTION, RuleSelection
from pinner.fixing.fixer import EditedFile, Fixed, Plan, edit_file, fix, rescan
from pinner.model.changes import Explanation, Kept
from pinner.model.occurrence import Occurrence, is_decided_elsewhere
from pinner.model.reference import Reference, is_digest
from pinner.model.report import Report, Unchecked
from pinner.model.resolution import PinState, PinStatus, Resolution, Unresolved
from pinner.rules import missing_digest, platform_digest, stale_digest, unpinned
from pinner.scanning.scan import Scan

if TYPE_CHECKING:
    from pinner.updating.decisions import OptionsOf
    from pinner.updating.pin_status import Examination
    from pinner.updating.updater import Update

Examine = Callable[[Iterable[Reference]], "Mapping[Reference, Examination]"]
Answered = Callable[[Reference, Resolution], None]
Resolve = Callable[[Iterable[Reference], Answered], Mapping[Reference, Resolution]]
"""Returns all answers, and meanwhile tells some of them."""
FindUpdates = Callable[[Mapping[Reference, tuple[str, ...]]], "Mapping[Reference, Update | Unresolved]"]

_RULES_OF_STATES = {
    PinState.STALE: stale_digest.ID,
    PinState.GONE: missing_digest.ID,
    PinState.PLATFORM: platform_digest.ID,
}


class Outcome(NamedTuple):
    """A report, and the files' new bytes: written, or with `--diff` only shown."""

    report: Report
    fixed: Fixed


def check(
    scan: Scan,
    examine: Examine | None = None,
    *,
    selection: RuleSelection = DEFAULT_SELECTION,
    is_wanted: Callable[[Occurrence], bool] | None = None,
) -> Report:
    """Lint everything that was read, with `examine` also by what registries say; what gives no answer is unchecked.

    Registries are asked about the occurrences that are wanted, without `is_wanted` about all.
    """
    if examine is None:
        return lint(scan, selection=selection)
    statuses, unchecked = pin_statuses(scan, examine, is_wanted)
    return lint(scan, selection=selection, statuses=statuses, unchecked=unchecked)


def pin(
    scan: Scan, resolve: Resolve, *, write: bool, reuse: bool = False, selection: RuleSelection = DEFAULT_SELECTION
) -> Outcome:
    """Add the missing digests where they count as missing, and lint what is left.

    With `reuse` a tag that is pinned to one digest elsewhere in the scan gets that, and no registry is asked.
    """
    # What cannot be written is left to the lint, which says why and what to do by hand.
    wanted = list(filter(can_pin, _without_digest(scan, selection)))
    known = _pins(scan) if reuse else {}
    # In the order of the files: so the first of them are edited while what the last ones need is asked for.
    asked = dict.fromkeys(tag for each in wanted if (tag := _target(each).by_tag()) not in known)
    early = _EarlyEdits(scan, wanted, known)
    answers = resolve(asked, early.answered) if asked else {}
    plans, unchecked, statuses = _plan(wanted, known, answers)
    return _fix_and_lint(
        scan, plans, write, selection, unchecked=unchecked, statuses=statuses or None, edited=early.edited
    )


def update(
    scan: Scan,
    find_updates: FindUpdates,
    options_of: "OptionsOf",
    *,
    write: bool,
    add: bool = False,
    is_wanted: Callable[[Reference], bool] | None = None,
    selection: RuleSelection = DEFAULT_SELECTION,
) -> Outcome:
    """Give the pins that have a tag the digest of what it names now, and lint what is left.

    What has no digest is left alone and listed, unless it is to be added. With `is_wanted` nothing but the pins of the
    images that are wanted is looked at.
    """
    # Imported here: a check, which is what hooks run, needs nothing of updates.
    from pinner.updating.decisions import UNPINNED, platforms_in_use

    without_digest = [] if is_wanted else _without_digest(scan, selection)
    wanted = [each for each in scan.occurrences if _has_pin_and_tag(each)]
    wanted = [each for each in wanted if not is_wanted or is_wanted(_target(each))]
    wanted += [each for each in without_digest if add and can_pin(each)]
    updates = find_updates(platforms_in_use(wanted, options_of))
    steps = [_step(each, updates[_target(each)]) for each in wanted]
    if not add:
        steps += [_kept(each, UNPINNED, "it has no digest, and --add gives it one") for each in without_digest]
    plans = [step for step in steps if isinstance(step, Plan)]
    kept = [step for step in steps if isinstance(step, Kept)]
    unchecked = [step for step in steps if isinstance(step, Unchecked)]
    return _fix_and_lint(
        scan, plans, write, selection, unchecked=unchecked, kept=kept, statuses=_remaining_statuses(wanted, updates)
    )


def unpin(scan: Scan, *, write: bool, only_built: bool = False) -> Outcome:
    """Take all digests away. Nothing is judged: that nothing is pinned is what was asked for."""
    plans = [Plan(each, None) for each in scan.occurrences if can_unpin(each) and not each.image_ignored]
    if only_built:
        plans = [plan for plan in plans if plan.occurrence.built is not None]
    fixed = fix(scan, plans, write=write)
    return Outcome(assemble_report(rescan(scan, fixed), changes=fixed.changes), fixed)


def can_pin(occurrence: Occurrence) -> bool:
    """Return whether `pin` may write a digest there."""
    return occurrence.place is not None and not occurrence.place.holds_digest


def can_unpin(occurrence: Occurrence) -> bool:
    """Return whether `unpin` may take a digest away there."""
    return occurrence.place is not None and occurrence.place.holds_digest


def image_of(occurrence: Occurrence) -> Reference | None:
    """Return the image about which a registry may be asked, None where there is none.

    A stage that was meant is none, nor what a comment or the configuration lets go unpinned, or the repository builds:
    that may be on no registry at all.
    """
    target = occurrence.target
    is_pulled = occurrence.stage is None and occurrence.built is None
    if occurrence.image_ignored or not is_pulled or not isinstance(target, Reference):
        return None
    if target.digest:
        return target
    is_without_tag = occurrence.is_partial or is_decided_elsewhere(occurrence)
    return None if is_without_tag or suppression_for(unpinned.ID, occurrence.suppressions) else target


def pin_statuses(
    scan: Scan, examine: Examine, is_wanted: Callable[[Occurrence], bool] | None = None
) -> tuple[dict[Reference, PinStatus], list[Unchecked]]:
    """Return the statuses of the images of a scan, each asked for once, and the places of those without an answer."""
    wanted = filter(is_wanted, scan.occurrences) if is_wanted else scan.occurrences
    images = [(each, image) for each in wanted if (image := image_of(each))]
    answers = examine(dict.fromkeys(image for _, image in images)) if images else {}
    statuses = {image: answer for image, answer in answers.items() if isinstance(answer, PinStatus)}
    unanswered = ((each, answers[image]) for each, image in images)
    return statuses, [_unchecked(each, answer) for each, answer in unanswered if not isinstance(answer, PinStatus)]


def _fix_and_lint(
    scan: Scan,
    plans: Sequence[Plan],
    write: bool,
    selection: RuleSelection,
    *,
    unchecked: Sequence[Unchecked],
    kept: Sequence[Kept] = (),
    statuses: Mapping[Reference, PinStatus] | None = None,
    edited: Mapping[str, EditedFile] = MappingProxyType({}),
) -> Outcome:
    """Make the edits and lint the result. What the report says of a place beforehand is not `unpinned` as well."""
    fixed = fix(scan, plans, write=write, edited=edited)
    excused = {(each.path, each.where) for each in unchecked} | {(each.path, each.where) for each in kept}
    # Linted is what the edited files say, not what was planned: a file that could not be written keeps its findings.
    after = rescan(scan, fixed)
    report = lint(
        after,
        selection=selection,
        statuses=statuses,
        excused=excused,
        unchecked=unchecked,
        changes=fixed.changes,
        kept=kept,
    )
    return Outcome(report, fixed)


class _EarlyEdits:
    """Edits files, and reads them again, as soon as all their tags have an answer: others are waited for meanwhile.

    Files that belong together are left to the end. `known` are the digests that need no answer.
    """

    def __init__(self, scan: Scan, wanted: Iterable[Occurrence], known: Mapping[Reference, str]) -> None:
        self.edited: dict[str, EditedFile] = {}
        self._scan = scan
        self._known = known
        self._answers: dict[Reference, Resolution] = {}
        self._wanted: defaultdict[str, list[Occurrence]] = defaultdict(list)
        self._missing: defaultdict[str, set[Reference]] = defaultdict(set)
        self._paths: defaultdict[Reference, list[str]] = defaultdict(list)
        for each in wanted:
            if each.path not in scan.groups and not scan.files[each.path].reading.problems:
                self._wanted[each.path].append(each)
                tag = _target(each).by_tag()
                if tag not in known and tag not in self._missing[each.path]:
                    self._missing[each.path].add(tag)
                    self._paths[tag].append(each.path)

    def answered(self, tag: Reference, answer: Resolution) -> None:
        """Take an answer, and edit the files that have waited for no other."""
        self._answers[tag] = answer
        for path in self._paths[tag]:
            self._missing[path].remove(tag)
            if not self._missing[path]:
                plans, _, _ = _plan(self._wanted[path], self._known, self._answers)
                if plans:
                    self.edited[path] = edit_file(self._scan.files[path], plans)


def _target(occurrence: Occurrence) -> Reference:
    assert isinstance(occurrence.target, Reference)
    return occurrence.target


def _without_digest(scan: Scan, selection: RuleSelection) -> list[Occurrence]:
    """Return the occurrences without a digest on which `unpinned` runs."""
    images = ((each, image_of(each)) for each in scan.occurrences if unpinned.ID in selection(each.path))
    return [each for each, image in images if image is not None and image.digest is None]


def _has_pin_and_tag(occurrence: Occurrence) -> bool:
    image = image_of(occurrence)
    return image is not None and image.digest is not None and image.tag is not None


def _pins(scan: Scan) -> dict[Reference, str]:
    """Return the digest of every tag that is pinned to just one."""
    pins: dict[Reference, set[str]] = {}
    for occurrence in scan.occurrences:
        image = image_of(occurrence)
        if image and image.tag and is_digest(image.digest or ""):
            pins.setdefault(image.by_tag(), set()).add(image.digest or "")
    return {tag: digests.pop() for tag, digests in pins.items() if len(digests) == 1}


def _plan(
    wanted: Iterable[Occurrence], known: Mapping[Reference, str], answers: Mapping[Reference, Resolution]
) -> tuple[list[Plan], list[Unchecked], dict[Reference, PinStatus]]:
    """Return what to write, what could not be asked, and the statuses of what is no image."""
    plans: list[Plan] = []
    unchecked: list[Unchecked] = []
    statuses: dict[Reference, PinStatus] = {}
    for occurrence in wanted:
        tag = _target(occurrence).by_tag()
        answer = answers.get(tag)
        if isinstance(answer, Unresolved) and not answer.is_image:
            statuses[_target(occurrence)] = PinStatus(PinState.UNPINNED, None, broken=answer.detail)
        elif isinstance(answer, Unresolved):
            unchecked.append(_unchecked(occurrence, answer))
        else:
            explanation = Explanation(current=answer is not None)
            plans.append(Plan(occurrence, answer.digest if answer else known[tag], explanation=explanation))
    return plans, unchecked, statuses


def _step(occurrence: Occurrence, update: "Update | Unresolved") -> Plan | Kept | Unchecked | None:
    """Decide what an update does at one place, None where there is nothing to do."""
    from pinner.updating.decisions import IGNORED, UNWRITABLE, Move, Stay

    if isinstance(update, Unresolved):
        return _unchecked(occurrence, update)
    if update.decision is None:
        return None
    if isinstance(update.decision, Unresolved):
        return _unchecked(occurrence, update.decision)
    # A comment on the finding that the pin would have keeps the pin as it is.
    suppression = suppression_for(_RULES_OF_STATES.get(update.status.state, unpinned.ID), occurrence.suppressions)
    if suppression:
        return _kept(occurrence, IGNORED, f"a comment says so: {suppression.reason or suppression.text}")
    match update.decision:
        case Stay() as stay:
            return _kept(occurrence, stay.reason, stay.detail, stay.refused)
        case Move() as move if occurrence.place:
            return Plan(occurrence=occurrence, digest=move.digest, note=move.note, explanation=move.explanation)
        case Move():
            return _kept(occurrence, UNWRITABLE, occurrence.unwritable or "pinner cannot write here")


def _remaining_statuses(
    wanted: Iterable[Occurrence], updates: "Mapping[Reference, Update | Unresolved]"
) -> dict[Reference, PinStatus]:
    """Return the statuses that rules see after an update. That a pin is stale is told by why it was kept."""
    from pinner.updating.updater import Update

    ignored = {_target(each) for each in wanted if suppression_for(stale_digest.ID, each.suppressions)}
    judged = {reference: each.judged for reference, each in updates.items() if isinstance(each, Update)}
    return {
        each: status
        for each, status in judged.items()
        if isinstance(status, PinStatus) and (status.state is not PinState.STALE or each in ignored)
    }


def _kept(occurrence: Occurrence, reason: str, detail: str, refused: bool = False) -> Kept:
    image = _target(occurrence)._replace(digest=None).familiar
    return Kept(
        path=occurrence.path, where=occurrence.where, image=image, reason=reason, detail=detail, refused=refused
    )


def _unchecked(occurrence: Occurrence, answer: Unresolved) -> Unchecked:
    return Unchecked(
        path=occurrence.path,
        where=occurrence.where,
        text=occurrence.text,
        context=occurrence.context,
        reason=answer.reason,
        detail=answer.detail,
    )

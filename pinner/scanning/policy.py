"""What a revision lets go in the change that `check --policy-from` judges: comments, markers, and images built here."""

from collections import Counter

from pinner.formats import COMPOSE, DOTENV
from pinner.model.occurrence import Decider, Reading
from pinner.scanning.decisions import decided
from pinner.scanning.readings import ScannedFile
from pinner.scanning.revision import Revision
from pinner.scanning.scan import Scan, readings_of
from pinner.scanning.suppressions import as_allowed, identity, places_of


def with_suppressions_of(scan: Scan, revision: Revision) -> Scan:
    """Return a scan in which what lets images go counts where the revision has it as well.

    That is ignore comments, the markers of image policies, builders and kustomizations. Raises UsageError.
    """
    judged = {path: file for path, file in {**scan.builders, **scan.files}.items() if _lets_go(file.reading)}
    earlier = _with_unread(readings_of(scan, revision.read_checked(judged)), scan, revision)
    allowed = {path: _restricted(file, earlier.get(path, Reading(())), scan) for path, file in judged.items()}
    files = {path: allowed.get(path, file) for path, file in scan.files.items()}
    # Kustomizations that decide nothing lead to what others decide on.
    builders = {path: allowed.get(path, file) for path, file in scan.builders.items()}
    return scan._replace(files=decided(files, builders), builders=builders)


def _lets_go(reading: Reading) -> bool:
    """Return whether anything in a file may let an image go, in this file or in another."""
    # A comment may stand in another file than the value that it is about: in a Dockerfile, and the value in `.env`.
    has_comments = reading.suppressions or any(each.suppressions for each in places_of(reading))
    return bool(has_comments or reading.decisions or any(each.decision for each in reading.occurrences))


def _with_unread(earlier: dict[str, Reading], scan: Scan, revision: Revision) -> dict[str, Reading]:
    """Return earlier readings with the files that Compose files named in the revision and that are not read."""
    if not any(unread.suppressions for _, unread in scan.unread):
        return earlier
    # What a Compose file names may depend on a value in another file, which the change may have brought.
    together = [path for path in scan.groups if path in scan.files and scan.files[path].format in (COMPOSE, DOTENV)]
    contents = revision.read_checked(together)
    project = scan.read_again({path: contents.get(path, b"") for path in together})
    unread = {path: file.reading.unread for path, file in project.files.items()} if project else {}
    return {path: reading._replace(unread=unread.get(path, ())) for path, reading in earlier.items()}


def _restricted(file: ScannedFile, earlier: Reading, scan: Scan) -> ScannedFile:
    """Return a file in which what the earlier reading has counts: what is built is not pinned.

    What a kustomization names anew has another name all the same.
    """
    known = {(each.by, each.name, each.tag) for each in earlier.decisions if not each.keeps_tag}
    decisions = tuple(
        each if (each.by, each.name, each.tag) in known else each._replace(keeps_tag=True)
        for each in file.reading.decisions
        if each.by is Decider.KUSTOMIZATION or (each.by, each.name, each.tag) in known
    )
    reading = as_allowed(file.reading._replace(decisions=decisions), earlier)
    return file._replace(reading=scan.kind_settings.apply(_without_new_markers(reading, earlier)))


def _without_new_markers(reading: Reading, earlier: Reading) -> Reading:
    """Return a reading in which a marker counts if the same one was on the same reference, as often as there."""
    marked = [each for each in earlier.occurrences if each.decision and each.decision.by is Decider.IMAGE_POLICY]
    left = Counter((each.decision and each.decision.name, identity(each)) for each in marked)
    occurrences = []
    for each in reading.occurrences:
        if each.decision is not None and each.decision.by is Decider.IMAGE_POLICY:
            known = each.decision.name, identity(each)
            left[known] -= 1
            if left[known] < 0:
                each = each._replace(decision=None, place=each.decision.place, unwritable=each.decision.unwritable)
        occurrences.append(each)
    return reading._replace(occurrences=tuple(occurrences))

"""What a revision lets go in the change that `check --policy-from` judges: comments, markers, and images built here."""

from collections import Counter

from pinner.formats import COMPOSE, DOCKERFILE, DOTENV, Places
from pinner.model.occurrence import Decider, Reading
from pinner.model.reference import Reference
from pinner.model.source import Location
from pinner.scanning.decisions import decided
from pinner.scanning.earlier import readings_in, readings_of
from pinner.scanning.readings import ScannedFile
from pinner.scanning.revision import Revision
from pinner.scanning.scan import Scan
from pinner.scanning.suppressions import as_allowed, identity, places_of


def with_suppressions_of(scan: Scan, revision: Revision) -> Scan:
    """Return a scan in which what lets images go counts where the revision has it as well.

    That is ignore comments, the markers of image policies, builders, kustomizations and the names of build contexts.
    Raises UsageError.
    """
    scan = _without_new_contexts(scan, revision)
    judged = {path: file for path, file in {**scan.builders, **scan.files}.items() if _lets_go(file.reading)}
    earlier = readings_in(revision, scan, judged)
    allowed = {path: _restricted(file, earlier.get(path, Reading(())), scan) for path, file in judged.items()}
    files = {path: allowed.get(path, file) for path, file in scan.files.items()}
    # Kustomizations that decide nothing lead to what others decide on.
    builders = {path: allowed.get(path, file) for path, file in scan.builders.items()}
    return scan._replace(files=decided(files, builders), builders=builders)


def _without_new_contexts(scan: Scan, revision: Revision) -> Scan:
    """Return a scan in which a name counts as an image where only the change makes it a build context.

    The real build of a Dockerfile need not use the file that names the context, nor the name that leads to it now.
    """
    formats = {path: scan.files[path].format if path in scan.files else COMPOSE for path in scan.groups}
    dockerfiles = {path: file for path, file in scan.files.items() if formats.get(path) is DOCKERFILE}
    if not dockerfiles:
        return scan
    naming = [path for path, each in formats.items() if each in (COMPOSE, DOTENV) or isinstance(each, Places)]
    contents = dict.fromkeys(naming, b"") | revision.read_checked(naming)
    now = {path: file.source.data for path, file in {**scan.builders, **scan.files}.items()}
    gone = revision.names_without_file()
    if not gone and all(data == now.get(path) for path, data in contents.items()):
        return scan
    # What a name led to in the revision is there, so that it leads to no other Dockerfile.
    there = dict.fromkeys(gone, b"")
    earlier = readings_of(scan, there | contents | {path: file.source.data for path, file in dockerfiles.items()})
    # A value in another file stands for the place that uses it.
    used = {(use.path, use.where) for each in scan.occurrences for use in each.used_at}
    files = dict(scan.files)
    for path, file in dockerfiles.items():
        files[path] = file._replace(reading=_with_images_of(earlier[path], file, used))
    return scan._replace(files=files)


def _with_images_of(earlier: Reading, file: ScannedFile, used: set[tuple[str, Location]]) -> Reading:
    """Return the reading of a file with the images that only the earlier reading has, except at places in `used`."""
    path = file.source.path
    known = used | {(path, each.where) for each in file.reading.occurrences}
    images = [each for each in earlier.occurrences if isinstance(each.target, Reference)]
    new = [each for each in images if each.path == path and (path, each.where) not in known]
    occurrences = tuple(sorted((*file.reading.occurrences, *new), key=lambda each: each.span))
    return file.reading._replace(occurrences=occurrences)


def _lets_go(reading: Reading) -> bool:
    """Return whether anything in a file may let an image go, in this file or in another."""
    # A comment may stand in another file than the value that it is about: in a Dockerfile, and the value in `.env`.
    has_comments = reading.suppressions or any(each.suppressions for each in places_of(reading))
    return bool(has_comments or reading.decisions or any(each.decision for each in reading.occurrences))


def _restricted(file: ScannedFile, earlier: Reading, scan: Scan) -> ScannedFile:
    """Return a file whose comments, markers and decisions count only where the earlier reading has them as well.

    A new entry of a kustomization still changes the name of an image: later entries look for that name.
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

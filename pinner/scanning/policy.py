"""What a revision lets go in the change that `check --policy-from` judges: comments, and images that are built here."""

from pinner.model.occurrence import Decider, Reading
from pinner.scanning.decisions import decided
from pinner.scanning.readings import ScannedFile
from pinner.scanning.revision import Revision
from pinner.scanning.scan import Scan, readings_of
from pinner.scanning.suppressions import as_allowed


def with_suppressions_of(scan: Scan, revision: Revision) -> Scan:
    """Return a scan in which the ignore comments and the builders count that the revision has as well.

    Raises UsageError.
    """
    # A comment may stand in another file than the value that it is about: in a Dockerfile, and the value in `.env`.
    commented = {
        path: file
        for path, file in scan.files.items()
        if file.reading.suppressions or any(each.suppressions for each in file.reading.occurrences)
    }
    earlier = readings_of(scan, revision.read_checked(commented))
    restricted = {
        path: file._replace(reading=as_allowed(file.reading, earlier.get(path, Reading(()))))
        for path, file in commented.items()
    }
    files = {**scan.files, **restricted}
    building = {path: file for path, file in {**scan.builders, **files}.items() if file.reading.decisions}
    earlier = readings_of(scan, revision.read_checked(building))
    allowed = {path: _as_decided(file, earlier.get(path, Reading(()))) for path, file in building.items()}
    files |= {path: file for path, file in allowed.items() if path in files}
    # Kustomizations that decide nothing lead to what others decide on.
    builders = {path: allowed.get(path, file) for path, file in scan.builders.items()}
    return scan._replace(files=decided(files, builders), builders=builders)


def _as_decided(file: ScannedFile, earlier: Reading) -> ScannedFile:
    """Return a file that decides on no more than it did: what is built is not pinned.

    What a kustomization names anew has another name all the same.
    """
    known = {(each.by, each.name, each.tag) for each in earlier.decisions if not each.keeps_tag}
    decisions = tuple(
        each if (each.by, each.name, each.tag) in known else each._replace(keeps_tag=True)
        for each in file.reading.decisions
        if each.by is Decider.KUSTOMIZATION or (each.by, each.name, each.tag) in known
    )
    return file._replace(reading=file.reading._replace(decisions=decisions))

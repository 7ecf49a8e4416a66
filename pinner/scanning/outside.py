"""Files behind links that lead out of what is checked: whether they may pass. Nothing of them is told."""

from collections.abc import Iterable, Mapping

from pinner.formats import COMPOSE, DOCKERFILE
from pinner.model.reference import Reference
from pinner.scanning.readings import ScannedFile


def pins_of(files: Iterable[ScannedFile]) -> dict[Reference, str]:
    """Return the digests of tags, one of each."""
    targets = (occurrence.target for file in files for occurrence in file.reading.occurrences)
    return {each.by_tag(): each.digest for each in targets if isinstance(each, Reference) and each.digest}


def refuse_outside(file: ScannedFile, pins: Mapping[Reference, str] | None) -> str:
    """Return why a file behind a link cannot pass, empty if it can. None of its content is told: it may be secret.

    With `pins` it can if a check would find nothing: all is pinned under a tag, and to the digests in `pins`.
    """
    if file.reading.problems:
        return f", and its target is no {file.format.NAME}"
    targets = [each.target for each in file.reading.occurrences]
    # What it names is not followed, nor told.
    names_files = any(link.kind in (DOCKERFILE.NAME, COMPOSE.NAME) for link in file.reading.links)
    if not names_files and (not targets or (pins is not None and all(_is_pinned(each, pins) for each in targets))):
        return ""
    return ": its references were left alone; name it to follow it"


def _is_pinned(target: object, pins: Mapping[Reference, str]) -> bool:
    if not (isinstance(target, Reference) and target.tag and target.digest):
        return False
    return pins.get(target.by_tag(), target.digest) == target.digest

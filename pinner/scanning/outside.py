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
    are_pinned = pins is not None and all(
        isinstance(each, Reference) and each.tag and each.digest and pins.get(each.by_tag(), each.digest) == each.digest
        for each in targets
    )
    # What it names is not followed, nor told.
    names_files = any(link.kind in (DOCKERFILE.NAME, COMPOSE.NAME) for link in file.reading.links)
    if not names_files and (not targets or are_pinned):
        return ""
    return ": its references were left alone; name it to follow it"

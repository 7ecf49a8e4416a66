"""What files decide on images that other files name: builders of the repository, and kustomizations. Pure."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping

from pinner.model.occurrence import Decider, Decision, Occurrence, Reading
from pinner.model.reference import Reference
from pinner.scanning.readings import ScannedFile

_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml")
_BY_FILES = (Decider.BUILDER, Decider.KUSTOMIZATION)


def decided(files: Mapping[str, ScannedFile], builders: Mapping[str, ScannedFile]) -> dict[str, ScannedFile]:
    """Return the files with what all of them, and the `builders` beside them, decide at each occurrence."""
    everything = {**builders, **files}
    made = _Built(decision for file in everything.values() for decision in file.reading.decisions)
    overrides = _overrides_by_path(files)
    earlier = any(each.decision for file in files.values() for each in file.reading.occurrences)
    if not (made.decisions or overrides or earlier):
        return dict(files)
    return {
        path: file._replace(reading=_with_decisions(file.reading, made, overrides.get(_normal(path), {})))
        for path, file in files.items()
    }


class _Built:
    """The images that builders of the run make."""

    def __init__(self, decisions: Iterable[Decision]) -> None:
        self.decisions: dict[tuple[str, str | None], Decision] = {}
        for each in decisions:
            if each.by is Decider.BUILDER:
                self.decisions.setdefault((each.name, each.tag), each)

    def of(self, image: Reference) -> Decision | None:
        """Return what builds an image. A digest comes from a registry: what has one was not built here."""
        if image.digest is not None:
            return None
        tagged = self.decisions.get((image.name, image.by_tag().tag))
        return tagged or self.decisions.get((image.name, None))


def _with_decisions(reading: Reading, built: _Built, overrides: Mapping[str, Decision]) -> Reading:
    def with_decision(occurrence: Occurrence) -> Occurrence:
        if occurrence.decision is not None and occurrence.decision.by not in _BY_FILES:
            return occurrence
        decision = None
        if occurrence.built is None and isinstance(occurrence.target, Reference):
            override = overrides.get(_written_name(occurrence.text)) if occurrence.kind != "kustomize" else None
            decision = override or built.of(occurrence.target)
        return occurrence._replace(decision=decision)

    return reading._replace(occurrences=tuple(map(with_decision, reading.occurrences)))


def _written_name(text: str) -> str:
    """Return a reference as it is written, without tag and digest: Kustomize compares names so."""
    name = text.partition("@")[0]
    before, colon, tag = name.rpartition(":")
    return before if colon and "/" not in tag else name


def _overrides_by_path(files: Mapping[str, ScannedFile]) -> dict[str, dict[str, Decision]]:
    """Return what kustomizations decide by name, for every file that one of them leads to."""
    readings = {_normal(path): file.reading for path, file in files.items()}
    overrides: dict[str, dict[str, Decision]] = {}
    for path, reading in readings.items():
        decisions = [each for each in reading.decisions if each.by is Decider.KUSTOMIZATION]
        for resource in _resources(path, readings) if decisions else ():
            for each in decisions:
                overrides.setdefault(resource, {}).setdefault(each.name, each)
    return overrides


def _resources(start: str, readings: Mapping[str, Reading]) -> Iterator[str]:
    """Yield the files of the run that a kustomization leads to, through folders with kustomizations of their own."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        yield path
        for link in readings[path].links:
            target = _normal(posixpath.join(posixpath.dirname(path), link.path))
            names = (target, *(posixpath.join(target, name) for name in _KUSTOMIZATIONS))
            waiting += [name for name in names if name in readings]


def _normal(path: str) -> str:
    return posixpath.normpath(path.replace("\\", "/"))
